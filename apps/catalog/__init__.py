"""Catalog: what can be sold.

Owns SKUs, the aliases channels call them by, weights, categories and bundles.
Knows no stock, no price list and no order.
"""
