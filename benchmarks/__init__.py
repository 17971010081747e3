"""Time, memory and accuracy beside named peers: `python -m benchmarks` runs them all."""
