"""Proposals to decide."""
