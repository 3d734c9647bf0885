"""Lists inside a message that name lines of the order by id: refunds, fulfillments. For the transforms of adapters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from apps.channels.mapping.scope import UNREADABLE, Blocked, CannotConvert, Scope, is_empty
from apps.channels.mapping.transforms.text import identifier_text
from apps.core.text import Text

UNUSUAL = "quantity_unusual"
Read = TypeVar("Read")


def own_id(scope: Scope) -> str:
    """The id of the line in hand; where it can't be read, its own rule says so."""
    value = scope.record.get("id")
    try:
        return "" if is_empty(value) else identifier_text(value)
    except CannotConvert:
        raise Blocked from None


def read_or_hold(read: Callable[[Any], Read], value: Any, scope: Scope, what: str) -> Read | None:
    """What a refund, a fulfillment or a count beside the ordered one says. Where that can't be read, the sale comes in and
    is held for a person."""
    try:
        return read(value)
    except CannotConvert as refusal:
        scope.hold(UNUSUAL, UNREADABLE, Text.joined(" ", (what, refusal.problem)))
        return None


def records_in(holder: Any, key: str) -> list[dict[str, Any]]:
    """The objects in the list under a key; none where there is no such list."""
    found = holder.get(key) if isinstance(holder, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
