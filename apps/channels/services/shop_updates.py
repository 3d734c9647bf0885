"""Reporting to shops what happened to their orders: each thing once, whatever breaks on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import F

from apps.catalog.models import BundleComponent
from apps.channels import events
from apps.channels.errors import ShopBusy, ShopNotReady, ShopRefused, ShopUnreachable, ShopWorking
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapter_of, kinds_with
from apps.channels.framework.shop import OrderNote, Parcel, ShipmentReport, Shop
from apps.channels.models import Channel, ChannelNotice, NoticeEffect, NoticeState
from apps.channels.selectors import lock_paused
from apps.channels.services.connecting import shop_of
from apps.core import clock
from apps.core.actor import Actor
from apps.core.ids import event_ref as public_event_ref
from apps.core.models import Event
from apps.core.money import show
from apps.core.outbox import record
from apps.core.transactions import in_transaction, service
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder, Package, Shipment
from apps.orders.models import Order, OrderLine
from apps.orders.selectors import held_order_ids, lines_by_order
from apps.orders.states import HoldReason
from apps.outbound.call_context import calls_about

# What a channel must be able to take for an effect to be reported to it.
_NEEDED = {
    NoticeEffect.SHIPPED: Capability.SHIPMENTS,
    NoticeEffect.CANCELLED: Capability.CANCELLATIONS,
    NoticeEffect.SUBSTITUTED: Capability.SUBSTITUTIONS,
    NoticeEffect.REDUCED: Capability.PARTIAL_CANCELLATIONS,
    NoticeEffect.HELD: Capability.HOLDS,
    NoticeEffect.RESUMED: Capability.HOLDS,
    NoticeEffect.READY: Capability.PICKUP_READY,
}


@dataclass(frozen=True, slots=True)
class ShopUpdate:
    """``effect`` of ``NoticeEffect`` on the order with public id ``order_ref``; ``subject_ref`` is what it is about."""

    effect: str
    order_ref: str
    subject_ref: str


@service
def queue_updates(updates: Sequence[ShopUpdate], *, actor: Actor) -> list[ChannelNotice]:
    """Write down what has to be reported to channels that can be; returns the new notices.

    Where no channel can be, that is the only question asked.
    """
    kinds = kinds_with(*_NEEDED.values())
    channels = {c.code: c for c in Channel.objects.exclude(base_url="").filter(active=True, kind__in=kinds)}
    if not channels or not updates:
        return []
    orders = Order.objects.filter(public_id__in={one.order_ref for one in updates}, channel__in=channels)
    channel_of = {ref: channels[code] for ref, code in orders.values_list("public_id", "channel")}
    refs = {one.subject_ref for one in updates}
    known = set(ChannelNotice.objects.filter(subject_ref__in=refs).values_list("effect", "subject_ref"))
    wanted = {(one.effect, one.subject_ref): one for one in updates if one.order_ref in channel_of}
    notices = ChannelNotice.objects.bulk_create(
        ChannelNotice(channel=channel_of[one.order_ref], effect=one.effect, subject_ref=ref, stream=one.order_ref)
        for (effect, ref), one in wanted.items()
        if (effect, ref) not in known and _accepts(channel_of[one.order_ref], effect)
    )
    record(*[events.notice_fact(notice) for notice in notices], actor=actor)
    return notices


def _accepts(channel: Channel, effect: str) -> bool:
    return adapter_of(channel.kind).can(_NEEDED[NoticeEffect(effect)])


def send_update(notice_id: int) -> None:
    """Send one update to its shop, unless it was sent. Must run outside any transaction: the attempt is counted first.

    Raises ShopBusy, ShopNotReady, ShopRefused, ShopUnreachable.
    """
    notice = ChannelNotice.objects.select_related("channel").get(pk=notice_id)
    if notice.state == NoticeState.SENT:
        return
    row = ChannelNotice.objects.filter(pk=notice_id)
    if notice.channel.paused_at is not None and in_transaction(lambda: _left_waiting(notice)):
        return
    if not notice.channel.speaks:
        row.update(detail="the channel can't be called any more")
        return
    if not notice.ticket:
        row.update(attempts=F("attempts") + 1)
    try:
        with calls_about(notice.stream, notice.subject_ref, attempt=notice.attempts + 1):
            detail = _outcome(notice)
    except ShopWorking as working:
        row.update(ticket=working.ticket, detail=str(working)[:300])
        raise
    except ShopNotReady as refusal:
        row.update(reported_units=dict(refusal.reported), detail=refusal.sentence[:300])
        raise
    except ShopRefused as refusal:
        row.update(state=NoticeState.REFUSED, detail=refusal.sentence[:300])
        raise
    except (ShopBusy, ShopUnreachable) as trouble:
        row.update(detail=str(trouble)[:300])
        raise
    row.update(state=NoticeState.SENT, detail=detail, sent_at=clock.now())


def _outcome(notice: ChannelNotice) -> str:
    if notice.ticket:
        return shop_of(notice.channel).result_of(notice.ticket)
    return _send(notice, check_first=notice.attempts > 0)


def _left_waiting(notice: ChannelNotice) -> bool:
    """Whether its channel is still paused: whoever resumes it has it sent."""
    if not lock_paused([notice.channel_id]):
        return False
    pending = ChannelNotice.objects.filter(pk=notice.pk, state=NoticeState.PENDING)
    return bool(pending.update(state=NoticeState.WAITING, detail="the channel is paused"))


def _send(notice: ChannelNotice, *, check_first: bool) -> str:
    order = Order.objects.get(public_id=notice.stream)
    shop = shop_of(notice.channel)
    if notice.effect == NoticeEffect.CANCELLED:
        return shop.report_cancellation(order.external_id, check_first=check_first)
    if notice.effect == NoticeEffect.SUBSTITUTED:
        return shop.add_note(substituted_of(order, notice.subject_ref), check_first=check_first)
    if notice.effect == NoticeEffect.REDUCED:
        return shop.add_note(reduced_of(order, notice.subject_ref), check_first=check_first)
    if notice.effect in (NoticeEffect.HELD, NoticeEffect.RESUMED):
        return _send_hold(shop, order, notice, check_first=check_first)
    if notice.effect == NoticeEffect.READY:
        return shop.report_ready_for_pickup(ready_of(order, notice.subject_ref), check_first=check_first)
    shipped = replace(shipped_of(order, notice.subject_ref), reported=notice.reported_units)
    return shop.report_shipment(shipped, check_first=check_first)


def _send_hold(shop: Shop, order: Order, notice: ChannelNotice, *, check_first: bool) -> str:
    """By what holds now: a hold that took long to report may be over, and one that ended may have been followed by another."""
    held = notice.effect == NoticeEffect.HELD
    if held != bool(held_order_ids([order.pk])):
        return "it is no longer so"
    return shop.report_hold(held_of(order, notice.subject_ref), held=held, check_first=check_first)


def held_of(order: Order, event_ref: str) -> OrderNote:
    """Why an order waits, by a code word's label. ``event_ref``: ``event:`` and the pk of the event that said so."""
    pk = int(event_ref.removeprefix("event:"))
    data: dict[str, str] = Event.objects.values_list("data", flat=True).get(pk=pk)
    reason = data.get("reason", "")
    label = HoldReason(reason).label if reason in HoldReason else "On hold"
    return OrderNote(public_event_ref(pk), order.external_id, f"Orderyard: {label}.")


def ready_of(order: Order, fulfillment_ref: str) -> ShipmentReport:
    """What waits at the counter, in the terms of the order's channel."""
    row = FulfillmentOrder.objects.select_related("node").get(public_id=fulfillment_ref)
    lines = lines_by_order([order.pk])[order.pk]
    packed = {
        (order_line, sku): units
        for order_line, sku, units in FulfillmentLine.objects.filter(fulfillment_order=row).values_list(
            "order_line_id", "sku_id", "quantity"
        )
    }
    units = _in_their_lines(lines, _units_of(lines, packed))
    return ShipmentReport(row.public_id, order.external_id, units, [], complete=False, node=row.node.code)


def substituted_of(order: Order, line_ref: str) -> OrderNote:
    """One substitution, in words that the customer understands too. ``line_ref``: ``line:`` and the new line's pk."""
    new = OrderLine.objects.select_related("substitutes").get(order=order, pk=int(line_ref.removeprefix("line:")))
    old = new.substitutes
    assert old is not None
    each = show(new.unit_price_minor, order.currency)
    sentence = f"{new.quantity} x {new.title or new.sku_code} instead of {old.title or old.sku_code}, at {each} each"
    return OrderNote(new.line_id, order.external_id, sentence)


def reduced_of(order: Order, event_ref: str) -> OrderNote:
    """Units that were cancelled while the rest goes on. ``event_ref``: ``event:`` and the pk of the event that said so."""
    pk = int(event_ref.removeprefix("event:"))
    units: dict[str, int] = Event.objects.values_list("data", flat=True).get(pk=pk)["lines"]
    of_order = lines_by_order([order.pk])[order.pk]
    lines = {line.line_id: line for line in of_order}
    gone = [f"{count} x {lines[ref].title or lines[ref].sku_code}" for ref, count in units.items() if ref in lines]
    complete = _all_left(order, of_order)
    rest = "All that is left of the order has been sent." if complete else "The rest of the order goes on."
    return OrderNote(public_event_ref(pk), order.external_id, f"Cancelled: {', '.join(gone)}. {rest}", complete)


def _all_left(order: Order, lines: Sequence[OrderLine]) -> bool:
    """Whether something has left, and nothing more is to."""
    parcels = list(Package.objects.filter(shipment__fulfillment_order__order=order))
    units = _whole_units(lines, parcels)
    return bool(parcels) and all(units[line.pk] >= line.open_quantity for line in lines if line.physical)


def shipped_of(order: Order, shipment_ref: str) -> ShipmentReport:
    """One shipment in the terms of the order's channel: its lines and how many of each, not our bundles' parts."""
    shipment = Shipment.objects.select_related("fulfillment_order__node").get(public_id=shipment_ref)
    lines = lines_by_order([order.pk])[order.pk]
    mine = list(Package.objects.filter(shipment__fulfillment_order__order=order).order_by("pk"))
    until = _whole_units(lines, [package for package in mine if package.shipment_id <= shipment.pk])
    before = _whole_units(lines, [package for package in mine if package.shipment_id < shipment.pk])
    return ShipmentReport(
        ref=shipment.public_id,
        external_id=order.external_id,
        units=_in_their_lines(lines, {line.pk: until[line.pk] - before[line.pk] for line in lines}),
        before=_in_their_lines(lines, before),
        parcels=[
            Parcel(
                shipment.carrier,
                package.tracking_number,
                package.tracking_url,
                _in_their_lines(lines, _whole_units(lines, [package])),
            )
            for package in mine
            if package.shipment_id == shipment.pk
        ],
        complete=all(until[line.pk] >= line.open_quantity for line in lines if line.physical),
        shipped_at=shipment.shipped_at,
        node=shipment.fulfillment_order.node.code,
    )


def units_shipped(order: Order) -> dict[str, int]:
    """By the source's line id, how many whole units have left here."""
    lines = lines_by_order([order.pk])[order.pk]
    mine = list(Package.objects.filter(shipment__fulfillment_order__order=order))
    return _in_their_lines(lines, _whole_units(lines, mine)) if mine else {}


def _in_their_lines(lines: Sequence[OrderLine], units: Mapping[int, int]) -> dict[str, int]:
    """By the source's line id: it knows nothing of substitutes, so those count as what was ordered."""
    by_pk, units_of = {line.pk: line for line in lines}, dict[str, int]()
    for line in lines:
        ordered = line
        while ordered.substitutes_id is not None:
            ordered = by_pk[ordered.substitutes_id]
        if units[line.pk]:
            units_of[ordered.line_id] = units_of.get(ordered.line_id, 0) + units[line.pk]
    return units_of


def _whole_units(lines: Sequence[OrderLine], packages: Sequence[Package]) -> dict[int, int]:
    """By order line, how many units are whole in these packages; a bundle is, once each of its parts is there."""
    order_line_of = {
        pk: (order_line, sku)
        for pk, order_line, sku in FulfillmentLine.objects.filter(order_line__in=lines).values_list(
            "pk", "order_line_id", "sku_id"
        )
    }
    packed: dict[tuple[int, int], int] = {}
    for item in (item for package in packages for item in package.contents):
        key = order_line_of[item["line"]]
        packed[key] = packed.get(key, 0) + item["quantity"]
    return _units_of(lines, packed)


def _units_of(lines: Sequence[OrderLine], packed: Mapping[tuple[int, int], int]) -> dict[int, int]:
    """By order line, how many units are whole in ``packed``, which counts by order line and SKU."""
    parts = _parts({line.sku_id for line in lines if line.sku_id})
    units = {}
    for line in lines:
        needed = parts.get(line.sku_id or 0) or {line.sku_id or 0: 1}
        units[line.pk] = min(packed.get((line.pk, sku), 0) // count for sku, count in needed.items())
    return units


def _parts(sku_ids: set[int]) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {}
    for bundle, component, count in BundleComponent.objects.filter(bundle_id__in=sku_ids).values_list(
        "bundle_id", "component_id", "quantity"
    ):
        found.setdefault(bundle, {})[component] = count
    return found
