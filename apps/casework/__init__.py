"""Casework: problems put before a person.

Owns exception cases: what is wrong, with which order, how grave, and how it ended.
Does not find problems; steps and services report them here.
"""
