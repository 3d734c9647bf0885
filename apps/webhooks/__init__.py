"""Webhooks: notifying other systems.

Owns subscribers' addresses, signed deliveries and their retries.
Does not hold data of its own: a delivery carries references, and its reader asks the API.
"""
