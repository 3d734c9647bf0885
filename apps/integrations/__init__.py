"""Integrations: the partners that fulfill for us, over HTTP.

Owns adapters, the partner call log, retry budgets and circuit breakers, and what partners call back with.
Does not decide what to do with an answer; services of fulfillment do.
"""
