"""Inventory: how much there is, how much of it is promised, and every movement that made it so.

Owns stock levels, the signed ledger and reservations; the only place where available stock is decided.
Knows no order: a reservation names its demand by id.
"""
