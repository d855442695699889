"""`python -m benchmarks.engine`: the figures of the model room, each against a named peer in the same run."""
