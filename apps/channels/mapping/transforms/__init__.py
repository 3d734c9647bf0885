"""The small steps a rule may chain, each a pure function with a sentence of documentation.

Importing this package registers them all; ``registry.TRANSFORMS`` is the table.
"""

from apps.channels.mapping.transforms import checks, choices, dates, lists, money, places, quantities, text

__all__ = ["checks", "choices", "dates", "lists", "money", "places", "quantities", "text"]
