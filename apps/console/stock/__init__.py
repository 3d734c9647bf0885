"""Levels of stock, and work on them."""
