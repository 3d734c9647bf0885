"""Notifications: notices to staff and mails to customers.

Owns the notices staff see in the console and get by mail, and mails to customers.
Does not decide that somebody has to know; events and policies do.
"""
