"""The whole product in one process with a clock of its own, and a world that misbehaves: seeds, faults, invariants.

Owns: plans made from a seed, faults between any two statements, the simulated network, the black-box checker. What is run is the
product itself: its API, its services and its step runner, on a real database.
Does not own: the simulated partners (orchestrator/sandbox) and the invariants (apps/orchestration/invariants.py).

`make simulate SEEDS=1000`, and `make simulate SEED=17` to see one again; docs/testing.md says more.
"""
