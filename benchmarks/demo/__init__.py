"""`python -m benchmarks.demo [--json]`: what the bundled model answers to prompts it has not seen."""
