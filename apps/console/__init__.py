"""Console: the screens staff work in.

Owns pages, navigation, search and the admin frame; reads through selectors, writes through services.
Decides nothing.
"""
