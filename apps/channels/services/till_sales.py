"""Settling what tills say: sales become orders that are over, the store's stock falls, what came back goes on the shelf.

Each receipt counts once, by till and number, whoever brings it, however often and in whatever order. One that can't be booked is
quarantined and spoils no other; it is booked when its message is replayed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from apps.catalog.models import BundleComponent, Sku
from apps.catalog.selectors import components_of, resolve_codes
from apps.channels.mapping.results import Finding, Quarantined
from apps.channels.models import Channel, InboxMessage, TillReturn, Verdict
from apps.channels.services.direct_orders import FUTURE
from apps.channels.services.reading import Reader
from apps.channels.services.till_receipts import STORE, Receipt, is_damaged, read_receipt
from apps.channels.verdict_reasons import KNOWN_ALREADY, NEW_ORDER, RETURNED
from apps.core import clock
from apps.core.actor import Actor
from apps.core.money import show
from apps.core.outbox import record
from apps.core.text import Text, within
from apps.inventory.services import BookingResult, HandedOver, hand_over
from apps.network.models import Node
from apps.network.selectors import node_codes
from apps.orders.canonical import Line
from apps.orders.events import OrderReturned, order_fact
from apps.orders.models import Order
from apps.orders.selectors import existing_orders
from apps.orders.services import CompletedSale, record_sales
from apps.orders.totals import claim_differs, recomputed_total

MOST_NOTED = 20


@dataclass(slots=True)
class TillBooking:
    """A message on its way to its verdict. ``ref``: the order's or the return's public id; ``notes``: what is worth knowing."""

    message: InboxMessage
    receipt: Receipt
    node: Node
    ref: str = ""
    notes: list[dict[str, str]] = field(default_factory=list)


def settle_receipts(channel: Channel, messages: Sequence[InboxMessage]) -> None:
    """Settle messages of tills in the order given; the caller has locked their ids and saves them."""
    reader, actor = Reader(channel), Actor("channel", channel.code)
    readings = [(message, read_receipt(reader, message)) for message in messages]
    receipts = [reading for _, reading in readings if isinstance(reading, Receipt)]
    known = _Known(channel, receipts)
    fresh: list[TillBooking] = []
    for message, reading in readings:
        problems = known.problems(reading) if isinstance(reading, Receipt) else _problems_of(reading)
        if problems:
            said = Text.joined(": ", (problems[0]["path"], problems[0]["problem"]))
            _write(message, Verdict.QUARANTINED, said, problems)
        elif not isinstance(reading, Receipt):
            _write(message, Verdict.IGNORED, reading.reason)
        elif before := known.take(reading):
            _write(message, Verdict.DUPLICATE, KNOWN_ALREADY, ref=before)
        else:
            fresh.append(TillBooking(message, reading, known.node_of(reading)))
    _book(channel, fresh, known, actor)


class _Known:
    """What the receipts are judged by, read once for all of them."""

    def __init__(self, channel: Channel, receipts: Sequence[Receipt]) -> None:
        self._channel = channel
        called = channel.typed_settings.pickup_locations
        stores = {receipt.store: called.get(receipt.store, receipt.store) for receipt in receipts}
        codes = node_codes(set(stores.values()))
        nodes = Node.objects.in_bulk(set(codes.values()), field_name="code")
        self._nodes = {store: nodes[codes[name]] for store, name in stores.items() if name in codes}
        written = {line.sku for receipt in receipts for line in receipt.canonical.lines if line.sku}
        self.skus = resolve_codes(written, channel=channel.code)
        self.parts = components_of([sku.pk for sku in self.skus.values()])
        ids = {receipt.canonical.external_id for receipt in receipts}
        self._sales = {key: order.public_id for key, order in existing_orders(channel.code, ids).items()}
        rows = TillReturn.objects.filter(channel=channel, external_id__in=ids)
        self._returns = dict(rows.values_list("external_id", "public_id"))

    def node_of(self, receipt: Receipt) -> Node:
        return self._nodes[receipt.store]

    def take(self, receipt: Receipt) -> str:
        """The public id of what was booked for this receipt before; empty for the first one, which is known from now on."""
        known, key = self._returns if receipt.returned else self._sales, receipt.canonical.external_id
        before = known.get(key, "")
        known.setdefault(key, key)
        return before

    def problems(self, receipt: Receipt) -> list[dict[str, str]]:
        """Why it can't be booked, each with what to do; then it is replayed."""
        order, found = receipt.canonical, []
        if receipt.store not in self._nodes:
            said = Text("there is no location {store}", store=receipt.store)
            todo = Text("Make the location, or name it among the channel's pickup locations; then replay the message.")
            found.append(_problem(STORE, said, todo, "unknown_location"))
        if self._channel.currencies and order.currency not in self._channel.currencies:
            said = Text("the channel does not sell in {currency}", currency=order.currency)
            todo = Text("Add the currency to the channel; then replay the message.")
            found.append(_problem("currency", said, todo, "currency_not_sold"))
        if order.placed_at > clock.now() + FUTURE:
            said = Text("it is dated more than a day ahead")
            todo = Text("Set the till's clock right; send the receipt with its true time.")
            found.append(_problem("at", said, todo, "dated_ahead"))
        return found + [
            _problem(
                f"lines[{number}].sku",
                Text("{code} is no SKU, alias or barcode that is known", code=line.sku),
                Text("Make the SKU, or give one this code as a barcode; then replay the message."),
                "unknown_sku",
            )
            for number, line in enumerate(order.lines)
            if line.sku and line.sku not in self.skus
        ]


def _problem(path: str, problem: str, what_to_do: str, code: str) -> dict[str, str]:
    return {"path": path, "problem": problem, "what_to_do": what_to_do, "code": code}


def _problems_of(reading: object) -> list[dict[str, str]]:
    findings: Sequence[Finding] = reading.findings if isinstance(reading, Quarantined) else ()
    return [_problem(one.path, one.problem, one.what_to_do, "unreadable") for one in findings]


def _book(channel: Channel, bookings: Sequence[TillBooking], known: _Known, actor: Actor) -> None:
    sales = [one for one in bookings if not one.receipt.returned]
    returned = [one for one in bookings if one.receipt.returned]
    for one, order in zip(sales, _record_sales(channel, sales, known, actor), strict=True):
        one.ref = order.public_id
        one.notes += _about_the_total(one.receipt, channel)
    rows = [_row(channel, one) for one in returned]
    for one, row in zip(returned, rows, strict=True):
        one.ref = row.public_id
    _move_stock(bookings, {row.public_id: row for row in rows}, known, actor)
    TillReturn.objects.bulk_create(rows)
    _tell_sales(channel, rows, {one.receipt.canonical.external_id for one in sales}, actor)
    for one in bookings:
        reason = RETURNED if one.receipt.returned else NEW_ORDER
        _write(one.message, Verdict.ACCEPTED, reason, one.notes[:MOST_NOTED], ref=one.ref)


def _record_sales(channel: Channel, sales: Sequence[TillBooking], known: _Known, actor: Actor) -> list[Order]:
    sold = [CompletedSale(one.receipt.canonical, known.skus, one.node.code, one.receipt.till) for one in sales]
    return record_sales(sold, channel=channel.code, actor=actor)


def _about_the_total(receipt: Receipt, channel: Channel) -> list[dict[str, str]]:
    order = receipt.canonical
    comes_to, claimed = recomputed_total(order.lines, order.totals), order.totals.total
    if not claim_differs(comes_to, claimed, refunded=0, tolerance=channel.price_tolerance_minor):
        return []
    said = Text(
        "the till took {claimed}, its lines come to {total}",
        claimed=show(claimed or 0, order.currency),
        total=show(comes_to, order.currency),
    )
    return [_problem("total", said, Text("Nothing was changed; ask at the store."), "total_differs")]


def _row(channel: Channel, one: TillBooking) -> TillReturn:
    receipt = one.receipt
    return TillReturn(
        channel=channel,
        external_id=receipt.canonical.external_id,
        node=one.node,
        sold_as=receipt.sold_as,
        returned_at=receipt.canonical.placed_at,
        currency=receipt.canonical.currency,
        refunded_minor=receipt.refunded,
    )


def _move_stock(bookings: Sequence[TillBooking], rows: Mapping[str, TillReturn], known: _Known, actor: Actor) -> None:
    """What was sold and what came back, oldest first, as the ledger is read."""
    moved = [
        (one, number, line, part)
        for one in sorted(bookings, key=lambda one: one.receipt.canonical.placed_at)
        for number, line in enumerate(one.receipt.canonical.lines)
        for part in _parts(known, line)
    ]
    taken = hand_over([_handed(one, line, *part) for one, _, line, part in moved], actor=actor)
    for (one, number, line, (sku, units)), result in zip(moved, taken, strict=True):
        if result.note:
            said = Text("{sku}: {note}", sku=sku.code, note=result.note)
            one.notes.append(_problem(f"lines[{number}]", said, "", result.code))
        if one.receipt.returned:
            rows[one.ref].lines.append(_returned(line, sku, units, result))


def _parts(known: _Known, line: Line) -> list[tuple[Sku, int]]:
    """What leaves or comes back on the shelf for a line: the counted parts of a set, or the SKU itself."""
    sku = known.skus.get(line.sku)
    if sku is None or line.gift_card:
        return []
    parts: list[BundleComponent] = known.parts.get(sku.pk, [])
    units = [(part.component, part.quantity * line.quantity) for part in parts] or [(sku, line.quantity)]
    return [(one, count) for one, count in units if one.tracked]


def _handed(one: TillBooking, line: Line, sku: Sku, units: int) -> HandedOver:
    receipt = one.receipt
    return HandedOver(
        one.node.pk,
        sku.pk,
        units,
        receipt.canonical.placed_at,
        one.ref,
        returned=receipt.returned,
        damaged=receipt.returned and is_damaged(line),
        reason=f"{receipt.canonical.external_id} damaged" if is_damaged(line) else receipt.canonical.external_id,
    )


def _returned(line: Line, sku: Sku, units: int, taken: BookingResult) -> dict[str, object]:
    return {
        "code": line.sku,
        "sku": sku.code,
        "units": units,
        "damaged": is_damaged(line),
        "unit_price": line.unit_price,
        "changed": taken.changed,
    }


def _tell_sales(channel: Channel, fresh: Sequence[TillReturn], sold: set[str], actor: Actor) -> None:
    """Say on each sale's timeline what came back of it, whichever of the two came first."""
    waiting = list(TillReturn.objects.filter(channel=channel, order__isnull=True, sold_as__in=sold)) if sold else []
    rows = [*{row.external_id: row for row in [*waiting, *fresh] if row.sold_as}.values()]
    orders = existing_orders(channel.code, {row.sold_as for row in rows}) if rows else {}
    linked = [row for row in rows if row.sold_as in orders]
    for row in linked:
        row.order = orders[row.sold_as]
    TillReturn.objects.bulk_update(linked, ["order"])
    record(*[order_fact(orders[row.sold_as], _came_back(row)) for row in linked], actor=actor)


def _came_back(row: TillReturn) -> OrderReturned:
    units: dict[str, int] = {}
    damaged: dict[str, int] = {}
    for line in row.lines:
        units[line["sku"]] = units.get(line["sku"], 0) + line["units"]
        if line["damaged"]:
            damaged[line["sku"]] = damaged.get(line["sku"], 0) + line["units"]
    return OrderReturned(
        node=row.node.code, units=units, damaged=damaged, refunded_minor=row.refunded_minor, currency=row.currency
    )


def _write(
    message: InboxMessage, verdict: Verdict, reason: str, problems: Sequence[dict[str, str]] = (), *, ref: str = ""
) -> None:
    message.verdict, message.reason, message.problems = verdict, within(reason, 500), list(problems)
    # Only orders are referred to: a return is found by its receipt.
    message.order_ref = ref if ref.startswith("ord_") else ""
    message.give_up_at, message.settled_at = None, clock.now()
