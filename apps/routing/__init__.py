"""Routing: which nodes serve which lines, and why.

Owns the planner, policy versions and the stored, replayable decisions made under them.
Holds no stock and moves none: inventory reserves what routing chose, fulfillment carries it out.
"""
