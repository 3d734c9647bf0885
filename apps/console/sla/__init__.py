"""Deadlines at risk, and the policy they follow."""
