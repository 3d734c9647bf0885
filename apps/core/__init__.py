"""Core: the vocabulary every other app speaks.

Owns the event log (outbox), idempotency keys, actors, the clock, money, public ids, refusals and API plumbing.
Knows no order, no stock and no screen; everything above imports it, it imports nothing above.
"""
