"""How other systems are, from outside."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from apps.api.v1.base import Shape
from apps.orchestration.integration_health import CounterpartHealth


class CallFiguresOut(Shape):
    """Calls of the last 24 hours, of the latest ten thousand at most (``capped``). ``success_percent`` null: there were none."""

    count: int
    capped: bool
    failed: int
    success_percent: float | None
    p50_ms: int
    p95_ms: int


class CounterpartOut(Shape):
    """One shop, partner or webhook endpoint. ``code``: of the shop or partner, the id of the endpoint.

    ``sending``: ``open`` nothing is sent, it is not well; ``quiet`` it asked for quiet; ``probing`` the next call shows whether it
    is well again; ``closed`` it is called; ``uncalled``; ``off``. ``part``: where only a part of it stands so, its name; ``until``:
    nothing is sent before. ``backlog``: what waits for it; ``dead_letters``: what was given up.
    """

    kind: Literal["shop", "partner", "webhook"]
    code: str
    name: str
    sending: Literal["open", "quiet", "probing", "closed", "uncalled", "off"]
    part: str
    until: datetime | None
    calls: CallFiguresOut
    last_good_call_at: datetime | None
    backlog: int
    backlog_since: datetime | None
    dead_letters: int
    contract: str
    contract_version: str
    deprecated_on: date | None


class IntegrationsHealth(Shape):
    """What needs somebody first, then by name."""

    items: list[CounterpartOut]


def counterpart(one: CounterpartHealth) -> CounterpartOut:
    calls, contract = one.calls, one.contract
    return CounterpartOut(
        kind=one.kind,
        code=one.code,
        name=one.name,
        sending=one.standing.value,
        part=one.part,
        until=one.until,
        calls=CallFiguresOut(
            count=calls.count,
            capped=calls.capped,
            failed=calls.failed,
            success_percent=calls.good_percent,
            p50_ms=calls.p50,
            p95_ms=calls.p95,
        ),
        last_good_call_at=calls.last_good,
        backlog=one.backlog,
        backlog_since=one.waiting_since,
        dead_letters=one.dead_letters,
        contract=contract.title if contract else "",
        contract_version=contract.version if contract else "",
        deprecated_on=contract.ends_on if contract else None,
    )
