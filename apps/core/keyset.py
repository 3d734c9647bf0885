"""Pages by key instead of by number: the hundredth costs what the first does, and rows that appear meanwhile shift none.

A place is the values of a list's keys at one row. Every list's keys end in one that no two rows share, so the next page is
what stands beyond the last place seen. Pages and API read lists by it and hand places out signed (`write_cursor`); the console puts the
primary key in the address of lists that are sorted by nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
Place = tuple[Any, ...]


class InvalidCursor(ValueError):
    """The text is no cursor that this list has handed out."""


@dataclass(frozen=True, slots=True)
class Key:
    """One column without NULLs, or one annotation, that a list is sorted by.

    ``always``: the rows of this source all have this value, so it is compared here and not by the database.
    """

    name: str
    down: bool = False
    always: int | None = None

    def sort(self, *, back: bool) -> str:
        return f"-{self.name}" if self.down != back else self.name


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """``more``: there are further rows in the direction it was read in."""

    rows: list[Row]
    more: bool


def keys_of(*names: str) -> tuple[Key, ...]:
    """Keys as ``order_by`` names them: a leading ``-`` sorts downwards."""
    return tuple(Key(name.lstrip("-"), name.startswith("-")) for name in names)


NEWEST_FIRST = keys_of("-pk")


def ordered(rows: QuerySet[Row], keys: Sequence[Key], *, back: bool = False) -> QuerySet[Row]:
    """Sorted by the keys; ``back``: the other way round, the nearest first for somebody who looks back."""
    return rows.order_by(*(key.sort(back=back) for key in keys if key.always is None))


def beyond(keys: Sequence[Key], place: Place | None, *, back: bool = False) -> Q:
    """The rows after a place (``back``: before it); None: all of them."""
    if place is None:
        return Q()
    further, equal = list[Q](), dict[str, Any]()
    for key, value in zip(keys, place, strict=True):
        down = key.down != back
        if key.always is None:
            further.append(Q(**equal, **{f"{key.name}__{'lt' if down else 'gt'}": value}))
            equal[key.name] = value
        elif key.always != value:
            if (key.always < value) == down:
                further.append(Q(**equal))
            break
    return _any_of(further)


def page(
    rows: QuerySet[Row], keys: Sequence[Key], size: int, *, place: Place | None = None, back: bool = False
) -> Page[Row]:
    """At most ``size`` rows beyond a place, in the order of the keys whichever way it is read."""
    # One row more says whether there are further ones, for less than a count.
    found = list(ordered(rows.filter(beyond(keys, place, back=back)), keys, back=back)[: size + 1])
    shown = found[:size]
    return Page(shown[::-1] if back else shown, len(found) > size)


def chunks(rows: QuerySet[Row], keys: Sequence[Key], *, size: int, most: int) -> Iterator[list[Row]]:
    """The first ``most`` rows in lists of ``size``, so that a long export holds neither memory nor a long statement."""
    place, left = None, most
    while left > 0:
        chunk = list(ordered(rows.filter(beyond(keys, place)), keys)[: min(size, left)])
        if not chunk:
            return
        yield chunk
        place, left = place_of(chunk[-1], keys), left - len(chunk)


def place_of(row: Model, keys: Sequence[Key]) -> Place:
    return tuple(getattr(row, key.name) if key.always is None else key.always for key in keys)


def write_cursor(content: Sequence[Any], *, of: str) -> str:
    """JSON-ready values, signed. ``of``: the list; a cursor of one means nothing to another."""
    return signing.Signer(salt=of).sign_object(list(content))


def read_cursor(cursor: str, *, of: str) -> list[Any]:
    """What `write_cursor` wrote. Raises InvalidCursor."""
    try:
        content: list[Any] = signing.Signer(salt=of).unsign_object(cursor)
    except (signing.BadSignature, ValueError) as error:
        raise InvalidCursor(str(error)) from None
    return content


def _any_of(conditions: Sequence[Q]) -> Q:
    if not conditions:
        return Q(pk__in=[])
    found = conditions[0]
    for condition in conditions[1:]:
        found |= condition
    return found
