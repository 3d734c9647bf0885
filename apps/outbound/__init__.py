"""Outbound: every HTTP call to another system, whether shop, partner or webhook subscriber.

Owns which addresses may be called, the client with its deadline and limits, circuit breakers, rate limits and the call log.
Does not know what is said to whom; channels, integrations and webhooks do. Mail is not HTTP and goes its own way.
"""
