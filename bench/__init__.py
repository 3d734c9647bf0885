"""Benchmarks: seeded, repeatable measurements of what the project promises. Run one as `python -m bench.<name>`."""
