"""The model room: the only place that knows checkpoints, tokens, caches and generation."""
