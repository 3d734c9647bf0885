"""Reading what a shop's JSON says, whatever else a server may send. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def moment(text: object) -> datetime | None:
    """A shop's time; naive ones are UTC."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def dicts(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; whatever else a server may send is passed over."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
