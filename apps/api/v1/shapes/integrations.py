"""How other systems are, from outside."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from apps.api.v1.base import PageOf, Shape
from apps.orchestration.integration_health import CounterpartHealth
from apps.outbound.models import CallLog


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


class CallOut(Shape):
    """One call made for an order. ``request`` and ``response`` as they are kept: names of fields, code words and ids, all else a dot,
    2,000 characters at most; or only how long the body was. ``outcome`` ``unknown``: sent, and no whole answer came."""

    id: str
    kind: Literal["shop", "partner", "webhook"]
    code: str
    name: str
    operation: str
    attempt: int
    idempotency_key: str
    subject: str
    method: str
    path: str
    outcome: Literal["ok", "refused", "failed", "unknown", "skipped"]
    status: int | None
    detail: str
    started_at: datetime
    took_ms: int
    request: str
    response: str


class CallPage(PageOf[CallOut]):
    """Calls, oldest first."""


def call_out(row: CallLog) -> CallOut:
    return CallOut(
        id=f"call_{row.pk}",
        kind=row.kind,
        code=row.counterpart,
        name=row.name,
        operation=row.operation,
        attempt=row.attempt,
        idempotency_key=row.idempotency_key,
        subject=row.reference,
        method=row.method,
        path=row.path,
        outcome=row.outcome,
        status=row.status,
        detail=row.detail,
        started_at=row.started_at,
        took_ms=row.took_ms,
        request=row.request,
        response=row.response,
    )
