"""Orders: the promise made to a customer.

Owns orders, their lines, contacts, totals, holds and the canonical order message.
Knows nothing of stock, nodes' choice, partners or screens; says what happened through events.
"""
