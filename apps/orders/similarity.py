"""Whether two orders look like one, placed twice: the same goods, by the same person. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from apps.core.text import Text
from apps.orders.models import OrderContact, OrderLine

SHORTEST_NUMBER = 7
NUMBER_COMPARED = 9


@dataclass(frozen=True, slots=True)
class SimilarOrder:
    """Another order like this one. ``same``: what of the person is the same, in words."""

    ref: str
    number: str
    minutes: int
    same: tuple[str, ...]


def person_key(name: str, line1: str, postal_code: str) -> str:
    """The same for one name at one address, however it is written; empty where either is missing."""
    who, where = _letters(name), _letters(line1) + _letters(postal_code)
    return blake2b(f"{who}|{where}".encode(), digest_size=8).hexdigest() if who and where else ""


def phone_key(phone: str) -> str:
    """The last digits, which a country prefix leaves alone; empty where there are too few to distinguish people."""
    digits = "".join(filter(str.isdigit, phone))
    return digits[-NUMBER_COMPARED:] if len(digits) >= SHORTEST_NUMBER else ""


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def same_person(one: OrderContact, other: OrderContact) -> tuple[str, ...]:
    """What is the same, in words, where it is enough to take both for one person; else nothing.

    A mail address, number or customer account alone is not: a shop sends for many under its own, a family shares one.
    """
    strong = [
        word
        for word, a, b in (
            (Text("e-mail"), one.email.casefold(), other.email.casefold()),
            (Text("phone number"), phone_key(one.phone), phone_key(other.phone)),
            (Text("customer account"), one.customer_reference, other.customer_reference),
        )
        if a and a == b
    ]
    name = _letters(one.name) == _letters(other.name)
    at, there = (_letters(row.line1) + _letters(row.postal_code) for row in (one, other))
    place = at == there
    found = [*strong, *([Text("name")] if name and one.name else []), *([Text("address")] if place and at else [])]
    if strong:
        return tuple(found) if name or place else ()
    # A counter's or an office's own name and address stand in many orders that say nothing else of anybody.
    said = all(row.email or phone_key(row.phone) for row in (one, other))
    return tuple(found) if said and name and place and one.name and at else ()


def basket(lines: Iterable[OrderLine]) -> list[tuple[str, int]]:
    """What is ordered, whatever the sequence of its lines."""
    units: dict[str, int] = {}
    for line in lines:
        code = line.sku_code.casefold()
        units[code] = units.get(code, 0) + line.quantity
    return sorted(units.items())


def twin_sentence(twins: Sequence[SimilarOrder]) -> str:
    first = twins[0]
    when = Text("at the same time")
    if first.minutes:
        when = Text.counted("{count} minute apart", "{count} minutes apart", first.minutes)
    said = Text.listed(first.same)
    if len(twins) == 1:
        return Text(
            "The same goods as order {number}, {when}, with the same {same}.", number=first.number, when=when, same=said
        )
    return Text(
        "The same goods as order {number}, and {count} more, {when}, with the same {same}.",
        number=first.number,
        count=len(twins) - 1,
        when=when,
        same=said,
    )
