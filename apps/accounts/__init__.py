"""Accounts: who may do what.

Owns staff, their roles and teams, and the scoped API keys partners and integrators call with.
Knows nothing of orders; what a role may do is one table in permissions.py.
"""
