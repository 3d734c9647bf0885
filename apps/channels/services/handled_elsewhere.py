"""What somebody else delivers of an order: another fulfillment service, a counter, the shop itself. We leave it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from apps.channels.mapping.results import HoldRequest, Mapped
from apps.channels.models import Channel
from apps.channels.services.shop_updates import units_shipped
from apps.core.text import Text
from apps.orders.canonical import CanonicalOrder, Line, OrderStatus
from apps.orders.models import Order, OrderLine
from apps.orders.states import HoldReason


def with_completed_reopened(channel: Channel, reading: Mapped) -> Mapped:
    """The reading of a completed order for a channel that takes such: all of it is still to be shipped."""
    order = reading.order
    if order.status != OrderStatus.COMPLETED or not channel.typed_settings.takes_completed:
        return reading
    lines = [line.model_copy(update={"handled_elsewhere": 0}) for line in order.lines]
    order = order.model_copy(update={"status": OrderStatus.OPEN, "lines": lines})
    return replace(reading, order=order)


def without_own_shipments(order: Order, canonical: CanonicalOrder, *, whole: bool = False) -> CanonicalOrder:
    """A later version without what we shipped ourselves: a shop that was updated counts that as handled, too; with ``whole`` the
    entire order, whatever was left of it."""
    if canonical.status == OrderStatus.OPEN and not any(line.handled_elsewhere for line in canonical.lines):
        return canonical
    ours = units_shipped(order)
    if whole and canonical.status == OrderStatus.COMPLETED and any(ours.values()):
        ours = {line.line_id: line.quantity for line in canonical.lines}
    lines = [
        line.model_copy(update={"handled_elsewhere": max(_handled(line, canonical) - ours.get(line.line_id, 0), 0)})
        for line in canonical.lines
    ]
    doubts = [] if canonical.status == OrderStatus.COMPLETED else canonical.doubts
    payment = canonical.payment
    if canonical.status == OrderStatus.COMPLETED:
        payment = payment.model_copy(update={"refund_explained": True})
    changes = {"status": OrderStatus.OPEN, "lines": lines, "doubts": doubts, "payment": payment}
    return canonical.model_copy(update=changes)


def _handled(line: Line, canonical: CanonicalOrder) -> int:
    return line.quantity if canonical.status == OrderStatus.COMPLETED else line.handled_elsewhere


def handled_meanwhile(order: Order, lines: Sequence[OrderLine], canonical: CanonicalOrder) -> list[HoldRequest]:
    """A hold where somebody else handled units that are still to leave here, so that nobody ships them a second time.

    ``canonical`` is the later version without what we shipped.
    """
    reported = {line.line_id: line.handled_elsewhere for line in canonical.lines}
    if not any(reported.get(line.line_id, 0) > line.elsewhere_quantity for line in lines):
        return []
    ours = units_shipped(order)
    units = sum(_twice(line, reported, ours) for line in lines if line.physical)
    if not units:
        return []
    note = Text.counted(
        "The channel says that {count} unit of it that we have not shipped was fulfilled there; release it only if it is still to be shipped.",
        "The channel says that {count} units of it that we have not shipped were fulfilled there; release it only if they are still to be shipped.",
        units,
    )
    return [HoldRequest(HoldReason.MANUAL, "status", note)]


def _twice(line: OrderLine, reported: Mapping[str, int], ours: Mapping[str, int]) -> int:
    more = reported.get(line.line_id, 0) - line.elsewhere_quantity
    return max(min(more, line.open_quantity - ours.get(line.line_id, 0)), 0)
