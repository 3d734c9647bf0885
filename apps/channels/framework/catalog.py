"""What a shop sells and where it keeps it, as it is read from there. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.channels.framework.stock import Article


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogItem:
    """One variant. Whatever the shop does not say is None (numbers) or empty.

    ``price`` and ``cost`` in whole units of ``currency``; ``options``: such as ("M", "blue"), ``option_names``: and what they are
    called, such as ("Size", "Colour"), where the shop says it; ``available``: the stock the shop shows, by its location's id, under
    "" where it keeps none apart; ``parts``: code and units of what a set is made of.
    """

    article: Article
    title: str = ""
    options: Sequence[str] = ()
    option_names: Sequence[str] = ()
    barcodes: Sequence[str] = ()
    weight_g: int | None = None
    price: Decimal | None = None
    cost: Decimal | None = None
    currency: str = ""
    picture: str = ""
    tracked: bool | None = None
    active: bool = True
    available: dict[str, int] | None = None
    parts: Sequence[tuple[str, int]] = ()
    # Customs: of a product that crosses borders.
    hs_code: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogPage:
    """``next``: a mark for the page after, empty on the last one; an import that was broken off goes on from it."""

    items: Sequence[CatalogItem]
    next: str = ""
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place of the shop's, to be matched with one of our nodes."""

    external_id: str
    name: str
    line1: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    active: bool = True
