"""UI: what every page is drawn with.

Owns states as chips, icons, the language, dates, numbers and amounts of whoever reads, addresses, paging.
Does not know any page, nor who may see what.
"""
