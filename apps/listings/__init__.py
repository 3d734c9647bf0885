"""Listings: what each channel sells of the catalog, and how much of it the channel may show.

Owns listings, the rules of how much a channel may sell, what each channel was last told and shows, and catalog imports.
"""
