"""Recorded orders, sent over HTTP as their channels would, with an account of what became of each.

One file per source of orders; ``sending`` is the channel's side of HTTP, ``account`` reads what came of it.
"""
