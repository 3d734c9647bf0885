"""What rules ask of orders, fulfillment orders, cases and approvals, read in one statement each."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection

from apps.casework.models import ApprovalRequest, CaseKind, ExceptionCase
from apps.orders.selectors import ship_to
from apps.sla.active_policy import ActivePolicy, Place
from apps.sla.rules import Subject

_ORDER = "o.id, o.public_id, o.channel, o.customer_tier, o.service_level, o.shipping_method, o.state, o.entered_state_at, o.deliver_by"
_ORDERS = f"SELECT {_ORDER}, o.ship_by FROM orders_order o WHERE o.id = ANY(%s::bigint[])"
_FULFILLMENT = f"""
SELECT {_ORDER}, coalesce(f.ship_by, o.ship_by), f.id, f.public_id, f.state, f.request_state, f.waits_for_stock,
       f.entered_state_at, f.node_id
  FROM fulfillment_fulfillmentorder f JOIN orders_order o ON o.id = f.order_id WHERE f.id = ANY(%s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """One subject as it stands. ``entered_at``: since when it is in ``state``; ``stream``: public id of its order."""

    subject_id: int
    subject_ref: str
    stream: str
    order_id: int | None
    state: str
    entered_at: datetime
    subject: Subject
    place: Place | None = None
    request_state: str = ""
    waits: bool = False


def order_facts(order_ids: Collection[int], book: ActivePolicy) -> dict[int, Facts]:
    """By order pk."""
    found = {}
    for row in _rows(_ORDERS, order_ids):
        found[row[0]] = Facts(row[0], row[1], row[1], row[0], row[6], row[7], _subject(row))
    return _placed(found, book)


def fulfillment_facts(fulfillment_order_ids: Collection[int], book: ActivePolicy) -> dict[int, Facts]:
    """By fulfillment order pk."""
    found = {}
    for row in _rows(_FULFILLMENT, fulfillment_order_ids):
        place = book.places.get(row[16])
        subject = _subject(row)
        if place is not None:
            subject = replace(subject, node=place.code, cutoff=place.cutoff)
        found[row[10]] = Facts(
            row[10],
            row[11],
            row[1],
            row[0],
            row[12],
            row[15],
            subject,
            place,
            row[13],
            bool(row[14]),
        )
    return _placed(found, book)


def _subject(row: tuple[Any, ...]) -> Subject:
    return Subject(
        channel=str(row[2]), tier=str(row[3]), service_level=str(row[4]), shipping_method=str(row[5]),
        promise=row[8], ship_by=row[9],
    )  # fmt: skip


def _placed(found: dict[int, Facts], book: ActivePolicy) -> dict[int, Facts]:
    """Where the parcel goes is read only if a rule asks for it."""
    if not any(rule.countries or rule.regions for rule in book.rulebook.policy.rules):
        return found
    contacts = ship_to([one.order_id for one in found.values() if one.order_id is not None])
    for pk, one in found.items():
        contact = contacts.get(one.order_id or 0)
        if contact is not None:
            found[pk] = replace(one, subject=replace(one.subject, country=contact.country, region=contact.region))
    return found


def case_facts(cases: Iterable[ExceptionCase], stage: str) -> dict[int, Facts]:
    """By case pk; the cases come with their order and queue at hand."""
    kinds = CaseKind.objects.in_bulk(field_name="code")
    found = {}
    for case in cases:
        kind = kinds.get(case.type)
        given = None
        if kind is not None:
            given = kind.response_minutes if stage == "case_response" else kind.resolution_minutes
        subject = Subject(
            channel=case.channel, tier=case.customer_tier, country=case.country, node=case.node, kind=case.type,
            team=case.queue.code if case.queue else "", kind_minutes=given,
        )  # fmt: skip
        stream = case.order.public_id if case.order else case.public_id
        found[case.pk] = Facts(case.pk, case.public_id, stream, case.order_id, case.state, case.opened_at, subject)
    return found


def approval_facts(rows: Iterable[ApprovalRequest]) -> dict[int, Facts]:
    """By approval pk; the rows come with their order at hand."""
    found = {}
    for row in rows:
        subject = Subject(node=row.node, kind=row.kind)
        stream = row.order.public_id if row.order else row.public_id
        found[row.pk] = Facts(row.pk, row.public_id, stream, row.order_id, row.state, row.made_at, subject)
    return found


def _rows(sql: str, ids: Collection[int]) -> list[tuple[Any, ...]]:
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(ids)])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
