"""Listings: what each channel sells of the catalog, and how much of it the channel may show.

Owns listings, the rules of how much a channel may sell, what each channel was last sent and shows, and catalog imports.
Not stock (inventory), the shops' own contracts (channels), nor what is done when a channel takes no figure (orchestration).
"""
