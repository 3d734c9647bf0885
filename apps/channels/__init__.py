"""Channels: where orders come from.

Owns channels, the contracts their messages are read by, the mapping to the canonical order, and the inbox.
Knows nothing of partners, nodes' choice or screens; hands a canonical order down and says no more.
"""
