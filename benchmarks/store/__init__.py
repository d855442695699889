"""What the store costs, and what it keeps: `python -m benchmarks.store`."""
