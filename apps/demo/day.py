"""A day of trouble at the made-up shop, played by its own services with the clock set to each hour: some of it still waits."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from apps.accounts.caller import Caller, caller_of_user
from apps.accounts.models import User
from apps.accounts.permissions import ALL_SCOPES
from apps.casework.models import ExceptionCase
from apps.casework.resolutions import Option, choose_resolution, options_for
from apps.casework.services import comment_case, escalate_due, take_case, wait_case
from apps.casework.states import CaseState, WaitingOn
from apps.channels.adapters.shopify.signature import SIGNING as SHOPIFY
from apps.channels.services.direct_orders import take_direct_order
from apps.channels.services.receiving import receive_message
from apps.core import clock
from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.core.outbox import record
from apps.core.transactions import in_transaction
from apps.demo import shop
from apps.demo.customers import Customers
from apps.fulfillment.models import FulfillmentOrder, Shipment
from apps.fulfillment.services import (
    Parcel,
    fail_delivery,
    pack_fulfillment_order,
    pick_fulfillment_order,
    reject_fulfillment_order,
    ship_fulfillment_order,
)
from apps.inventory.models import StockLevel
from apps.inventory.services import Count, count_stock
from apps.network.models import NodeKind
from apps.orchestration import runner
from apps.orders import events
from apps.orders.canonical import CanonicalOrder
from apps.orders.models import Order, OrderLine
from apps.sla.services import fire_due, watch

STAFF = Actor("system", "day")
CLERK = Caller(Actor("system", "day"), ALL_SCOPES)
PREFIX = "day-"
HOURS = 26
PROPOSALS = 9
TROUBLES = ("bad_address", "unknown_sku", "price_mismatch", "unpaid", "scarce", "risky")
Progress = Callable[[int, int], None]


def live_through_the_day(progress: Progress) -> bool:
    """Live the last day once; returns whether there was anything to do. ``progress`` gets how many moments are over."""
    if Order.objects.filter(external_id__startswith=PREFIX).exists():
        return False
    now = clock.now()
    day = Day(now - timedelta(hours=HOURS))
    moments = sorted(day.moments(now), key=lambda moment: moment[0])
    for done, (at, act) in enumerate(moments, 1):
        with clock.frozen(at):
            act()
            settle()
        progress(done, len(moments))
    return True


def settle() -> None:
    """Let the system do what is due at this hour."""
    for _ in range(20):
        if not runner.drain("steps"):
            break
    # As of the hour being lived through; left to itself it goes by the database's clock.
    fire_due(at=clock.now(), actor=STAFF)
    watch(actor=STAFF)
    escalate_due()
    runner.drain("steps")


class Day:
    """What customers, the floor, carriers and feeds did, hour by hour."""

    def __init__(self, start: datetime) -> None:
        self._start, self._customers = start, Customers(f"{PREFIX}{start:%m%d}", seed=11)
        self._parcels = itertools.count(1)

    def moments(self, now: datetime) -> Iterator[tuple[datetime, Callable[[], None]]]:
        for hour in range(0, HOURS - 1, 2):
            yield self._start + timedelta(hours=hour), self._orders_come
            yield self._start + timedelta(hours=hour, minutes=50), self._the_floor_works
        yield self._start + timedelta(hours=9), self._shelves_are_counted
        yield self._start + timedelta(hours=15), self._parcels_go_astray
        yield self._start + timedelta(hours=16), self._customers_change_their_minds
        yield self._start + timedelta(hours=18), self._shelves_are_counted
        yield now - timedelta(minutes=95), self._last_orders_come
        yield now - timedelta(minutes=90), self._london_wants_it_today
        yield now - timedelta(minutes=60), oxford_street_comes_short
        yield now - timedelta(minutes=40), the_desk_works
        yield now - timedelta(minutes=1), lambda: None

    def _orders_come(self) -> None:
        for _ in range(3):
            self._send(self._customers.good())
        turn = next(self._parcels)
        for kind in itertools.islice(itertools.cycle(TROUBLES), turn % 6, turn % 6 + 3):
            self._send(self._sold_out(turn) if kind == "scarce" else self._customers.trouble(kind))

    def _sold_out(self, turn: int) -> dict[str, Any]:
        """Two or three of what there is none of; every third customer would take something like it."""
        return self._wish(shop.SOLD_OUT.code, 2 + turn % 2, ("similar", "ask", "never")[turn % 3])

    def _last_orders_come(self) -> None:
        for turn, kind in enumerate(TROUBLES):
            self._send(self._sold_out(turn) if kind == "scarce" else self._customers.trouble(kind))
        twice = self._customers.good()
        self._send(twice)
        for _ in range(3):
            self._send(self._customers.again(twice))
        self._send(self._customers.of([("JUG-GRN", 400), ("CND-FIG", 1)]))
        self._send(self._wish("MUG-GRY", 600, "similar"))
        for units, wish in ((2, "similar"), (1, "ask"), (1, "never")):
            self._send(self._wish(shop.SOLD_OUT.code, units, wish))
        for number in range(3):
            self._shop_says_nonsense(number)

    def _london_wants_it_today(self) -> None:
        """Orders that only a store can serve, so that whoever runs one has something of their own to settle."""
        for lines in ([("MUG-BLU", 2)], [("CUS-MOS", 1)], [("BWL-BLU", 1), ("CND-FIG", 1)], [("THR-MOS", 1)]):
            body = self._customers.of(lines, shipping={"service_level": "same_day"})
            body["shipping_address"] |= {"city": "London", "postal_code": "W1D 3AF"}
            self._send(body)

    def _wish(self, sku: str, units: int, substitution: str) -> dict[str, Any]:
        """A customer of mugs who says what they think of substitutes."""
        line = {"line_id": "1", "sku": sku, "quantity": units, "unit_price": shop.SOLD_OUT.price}
        return self._customers.good(lines=[{**line, "properties": {"substitution": substitution}}], totals={})

    def _send(self, body: dict[str, Any]) -> None:
        raw, channel = json.dumps(body).encode(), body["channel"]
        canonical = CanonicalOrder.model_validate({name: value for name, value in body.items() if name != "channel"})
        in_transaction(lambda: take_direct_order(canonical, channel=channel, raw=raw, caller=CLERK))

    def _shop_says_nonsense(self, number: int) -> None:
        body = json.dumps(
            {"id": 880_000 + number, "line_items": "see attachment", "note": "new app, new format"}
        ).encode()
        signed = SHOPIFY.sign(shop.signing_secret(), body, message_id=f"{PREFIX}{number}", at=clock.now())
        headers = {"x-shopify-topic": "orders/create", "content-type": "application/json", **signed}
        receive_message("shopify", "shop-uk", headers, body, now=clock.now())

    def _the_floor_works(self) -> None:
        """Most is picked, packed and shipped; now and then something is missing, or the store says no, or nobody comes."""
        for place, row in enumerate(_at_our_nodes()):
            if place % 7 == 6:
                continue
            if place % 7 == 3:
                reject_fulfillment_order(row.pk, reason="no_stock", note="The shelf is empty.", actor=STAFF)
            elif place % 7 == 5:
                line = row.lines.order_by("pk").first()
                assert line is not None
                pick_fulfillment_order(row.pk, missing={line.pk: 1}, actor=STAFF)
            else:
                self._ship(row)

    def _ship(self, row: FulfillmentOrder) -> None:
        pick_fulfillment_order(row.pk, actor=STAFF)
        pack_fulfillment_order(row.pk, actor=STAFF)
        number = f"CP{next(self._parcels):09}GB"
        ship_fulfillment_order(
            row.pk,
            external_id="1",
            parcels=[Parcel(tracking_number=number)],
            carrier="coastpost",
            service="tracked-48",
            actor=STAFF,
        )

    def _parcels_go_astray(self) -> None:
        for reason, shipment in zip(
            ("nobody home three times", "address not found", "parcel damaged"), _on_the_way(), strict=False
        ):
            fail_delivery(shipment.public_id, reason=reason, actor=STAFF)

    def _customers_change_their_minds(self) -> None:
        """They cancel what has left already: the shop's message comes too late."""
        for order in Order.objects.filter(state="shipped", external_id__startswith=PREFIX).order_by("-pk")[:3]:
            fact = events.order_fact(order, events.OrderCancelCameLate(state=order.state))
            in_transaction(lambda fact=fact: record(fact, actor=STAFF))  # type: ignore[misc]

    def _shelves_are_counted(self) -> None:
        """Two shelves hold less than was promised from them."""
        short = StockLevel.objects.filter(reserved__gte=2).select_related("node", "sku").order_by("-reserved", "pk")[:2]
        counts = [
            Count(node=level.node.code, sku=level.sku.code, on_hand=max(level.reserved - 2, 0)) for level in short
        ]
        count_stock(counts, reason="cycle count", actor=STAFF)


def the_desk_works() -> None:
    """Dana takes some cases, asks Lee about one, waits for an answer on another, and proposes what is beyond her limits."""
    dana, lee = (User.objects.get(username=name) for name in shop.DESK)
    caller = caller_of_user(dana)
    waiting = list(ExceptionCase.objects.filter(state=CaseState.OPEN, order__isnull=False).order_by("pk"))
    wished = set(OrderLine.objects.filter(properties__has_key="substitution").values_list("order_id", flat=True))
    _propose(sorted(waiting, key=lambda case: (case.node != shop.MAYAS_STORE, case.order_id not in wished)), caller)
    fresh = list(ExceptionCase.objects.filter(state=CaseState.OPEN, order__isnull=False).order_by("-pk")[:6])
    for case in fresh[:4]:
        take_case(case.pk, user=dana, actor=caller.actor)
    if len(fresh) > 3:
        text = "Same street as the one from this morning. Can you look whether we know the customer, @lee?"
        comment_case(fresh[0].pk, body=text, mentions=[lee], actor=caller.actor)
        wait_case(fresh[1].pk, on=WaitingOn.CUSTOMER, until=clock.now() + timedelta(hours=20), actor=caller.actor)
    settle()


def _propose(cases: Sequence[ExceptionCase], caller: Caller) -> None:
    """A proposal for each of the first few cases where one is needed, of as many sorts as there are."""
    made: Counter[str] = Counter()
    for case in cases:
        if made.total() >= PROPOSALS:
            return
        needing = [option for option in options_for(case, caller) if option.needs_approval and _is_complete(option)]
        for option in sorted(needing, key=lambda one: 0 if one.code == "substitute" else made[one.code] + 1)[:1]:
            with contextlib.suppress(DomainError):
                choose_resolution(
                    case.pk,
                    code=option.code,
                    params={spec.name: spec.default for spec in option.params if spec.default is not None},
                    expected_version=None,
                    undo_s=0,
                    caller=caller,
                    reason="The customer asked twice; this keeps the promise.",
                )
                made[option.code] += 1


def _is_complete(option: Option) -> bool:
    return all(spec.default is not None or not spec.required for spec in option.params)


def oxford_street_comes_short() -> None:
    """Of two orders a unit is missing, and a shelf holds less than was promised from it."""
    here = FulfillmentOrder.objects.filter(state="accepted", node__code=shop.MAYAS_STORE).order_by("-pk")
    for row in here[:2]:
        line = row.lines.order_by("pk").first()
        if line is not None:
            pick_fulfillment_order(row.pk, missing={line.pk: 1}, actor=STAFF)
    promised = StockLevel.objects.filter(node__code=shop.MAYAS_STORE, reserved__gte=1).select_related("sku").first()
    if promised is not None:
        count = Count(node=shop.MAYAS_STORE, sku=promised.sku.code, on_hand=0)
        count_stock([count], reason="cycle count", actor=STAFF)


def _at_our_nodes() -> list[FulfillmentOrder]:
    rows = FulfillmentOrder.objects.filter(state="accepted", node__kind__in=[NodeKind.WAREHOUSE, NodeKind.STORE])
    return list(rows.order_by("pk")[:40])


def _on_the_way() -> list[Shipment]:
    return list(Shipment.objects.filter(state="shipped").order_by("pk")[:3])
