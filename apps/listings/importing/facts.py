"""What a shop says of one variant, in our units, as it is kept between reading and applying. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import TypedDict

from apps.catalog.barcodes import LONGEST, tidy_barcode
from apps.channels.framework.catalog import CatalogItem
from apps.core.money import CURRENCIES, exponent
from apps.orders.canonical import normalize_sku

MOST_GRAMS, MOST_PRICE, MOST_UNITS, LONGEST_CODE = 10**8, 10**12, 10**9, 128
LONGEST_TARIFF = 14
MOST_BARCODES, MOST_PARTS, MOST_OPTIONS = 20, 200, 20


class Facts(TypedDict):
    """Money in minor units of ``currency``; None: the shop does not say. ``unreadable``: names of what it says and nobody can read."""

    external_id: str
    stock_id: str
    code: str
    title: str
    attributes: Mapping[str, str]
    barcodes: Sequence[str]
    weight_g: int | None
    price_minor: int | None
    cost_minor: int | None
    currency: str
    picture: str
    hs_code: str
    origin: str
    tracked: bool | None
    active: bool
    available: Mapping[str, int]
    parts: Sequence[Sequence[object]]
    unreadable: Sequence[str]


def facts_of(item: CatalogItem, *, currency: str) -> Facts:
    """``currency``: of the channel, where the item names none."""
    said = (item.currency or currency).upper()
    unreadable: list[str] = []
    code = _text(normalize_sku(item.article.code))
    if len(code) > LONGEST_CODE:
        unreadable.append("code")
    return Facts(
        external_id=item.article.external_id[:128],
        stock_id=item.article.stock_id[:128],
        code=code[:LONGEST_CODE],
        title=_text(item.title)[:255],
        attributes=_attributes(item),
        barcodes=_barcodes(item.barcodes, unreadable),
        weight_g=_whole(item.weight_g, MOST_GRAMS, "weight", unreadable),
        price_minor=_minor(item.price, said, "price", unreadable),
        cost_minor=_minor(item.cost, said, "cost", unreadable),
        currency=said,
        picture=item.picture if len(item.picture) <= 500 else "",
        hs_code=_customs_code(item.hs_code, unreadable),
        origin=_origin(item.origin, unreadable),
        tracked=item.tracked,
        active=item.active,
        available=_available(item.available or {}, unreadable),
        parts=_parts(item.parts, unreadable),
        unreadable=unreadable,
    )


def code_key(code: str) -> str:
    """The same for codes that differ in case and spaces only."""
    return "".join(code.split()).upper()


def _text(text: str) -> str:
    """Without line breaks and what PostgreSQL can't keep."""
    return " ".join(text.replace("\x00", "").split())


def _attributes(item: CatalogItem) -> dict[str, str]:
    names = [*item.option_names, *[f"option {n}" for n in range(len(item.option_names) + 1, len(item.options) + 1)]]
    pairs = zip(names, item.options, strict=False)
    said = {_text(name)[:64].lower(): _text(value)[:255] for name, value in pairs}
    return {name: value for name, value in list(said.items())[:MOST_OPTIONS] if name and value}


def _barcodes(codes: Sequence[str], unreadable: list[str]) -> list[str]:
    tidy = [code for code in map(tidy_barcode, codes) if code]
    if any(len(code) > LONGEST or not code.isprintable() for code in tidy):
        unreadable.append("barcode")
    return [code for code in dict.fromkeys(tidy) if len(code) <= LONGEST and code.isprintable()][:MOST_BARCODES]


def _customs_code(text: str, unreadable: list[str]) -> str:
    """The digits of a tariff number, which shops write with dots and spaces."""
    digits = "".join(text.replace(".", "").replace("-", "").split())
    if not digits or (digits.isascii() and digits.isdigit() and 4 <= len(digits) <= LONGEST_TARIFF):
        return digits
    unreadable.append("hs_code")
    return ""


def _origin(text: str, unreadable: list[str]) -> str:
    country = text.strip().upper()
    if not country or (len(country) == 2 and country.isascii() and country.isalpha()):
        return country
    unreadable.append("origin")
    return ""


def _whole(value: int | None, most: int, name: str, unreadable: list[str]) -> int | None:
    if value is None or 0 <= value <= most:
        return value
    unreadable.append(name)
    return None


def _minor(value: Decimal | None, currency: str, name: str, unreadable: list[str]) -> int | None:
    if value is None:
        return None
    if currency not in CURRENCIES or not value.is_finite() or not 0 <= value <= MOST_PRICE:
        unreadable.append(name)
        return None
    return int((value * 10 ** exponent(currency)).to_integral_value(ROUND_HALF_UP))


def _available(units: Mapping[str, int], unreadable: list[str]) -> dict[str, int]:
    """A shop that sold more than it had shows less than none, which is none."""
    if any(count > MOST_UNITS for count in units.values()):
        unreadable.append("stock")
    return {place[:128]: max(count, 0) for place, count in units.items() if count <= MOST_UNITS}


def _parts(parts: Sequence[tuple[str, int]], unreadable: list[str]) -> list[list[object]]:
    """A part named twice is needed as often as both say."""
    units: dict[str, int] = {}
    for code, count in parts:
        tidy = _text(normalize_sku(code))
        if not tidy or len(tidy) > LONGEST_CODE or not 1 <= count <= 10**6:
            unreadable.append("parts")
            return []
        units[tidy] = units.get(tidy, 0) + count
    if len(units) > MOST_PARTS:
        unreadable.append("parts")
        return []
    return [[code, count] for code, count in units.items()]
