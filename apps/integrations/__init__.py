"""Integrations: the partners that fulfill for us, over HTTP.

Owns adapters, what is asked of partners and what they call back with.
Does not decide what to do with an answer; services of fulfillment do.
"""
