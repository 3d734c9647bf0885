"""Orchestration: what happens next.

Owns subscriptions.py (the one table of what follows what), the steps and the step runner.
Holds no rule of its own: a step asks a service.
"""
