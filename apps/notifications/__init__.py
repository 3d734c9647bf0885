"""Notifications: telling people.

Owns the notices staff see in the console and get by mail, and what customers are told.
Does not decide that somebody has to know; events and policies do.
"""
