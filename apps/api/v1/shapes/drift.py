"""Where messages differ from their contracts, from outside."""

from __future__ import annotations

from datetime import datetime

from apps.api.v1.base import PageOf, Shape
from apps.contracts.models import ContractDrift


class DriftOut(Shape):
    """``before``: of an unknown word, the words that are known; of a changed type, the JSON type it was of; else in how many of how
    many messages the path was. ``now``: the word, or the type. ``first_message``: empty where it is not kept any more. ``number``: the contract's version when it was found."""

    id: str
    channel: str
    contract: str
    number: int
    kind: str
    path: str
    before: str
    now: str
    first_message: str
    count: int
    first_seen: datetime
    last_seen: datetime
    state: str
    reason: str
    settled_by: str
    settled_at: datetime | None


class DriftPage(PageOf[DriftOut]):
    """Differences from contracts."""


def drift(row: ContractDrift, message: str) -> DriftOut:
    """Needs the channel at hand."""
    return DriftOut(
        id=row.public_id,
        channel=row.channel.code,
        contract=row.contract,
        number=row.number,
        kind=row.kind,
        path=row.path,
        before=row.before,
        now=row.word,
        first_message=message,
        count=row.count,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        state=row.state,
        reason=row.reason,
        settled_by=row.settled_by,
        settled_at=row.settled_at,
    )
