"""Orchestration: what happens next.

Owns subscriptions.py (the one table of what follows what), the steps, the step runner and the compensation ledger.
Holds no rule of its own: a step asks a service.
"""
