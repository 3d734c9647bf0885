"""What goes wrong with orders and figures, at every shop that gives orders: each ends in the right stored order or in a case in words."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.casework.models import ExceptionCase
from apps.channels.adapters.amazon import calls
from apps.channels.adapters.etsy import inventory
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapter_of, kinds_with
from apps.channels.framework.stock import Article, Figure, FigureResult
from apps.channels.mapping.facts import external_id_of
from apps.channels.models import Channel, InboxMessage
from apps.channels.services.connecting import shop_of
from apps.channels.tasks import poll_all
from apps.core import clock
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.services import Parcel, ship_fulfillment_order
from apps.inventory.models import StockLevel
from apps.orders.models import Hold, Order, OrderLine
from apps.outbound.health import Limits
from orchestrator.sandbox.exchange import Request, Response
from tests.channels.every_shop import CANT, KINDS, Kind, articles
from tests.channels.simulated import Simulated, simulated
from tests.channels.what_shops_write import SINCE
from tests.driving import work_it_off
from tests.factories import AGENT, make_counted_stock, make_policy

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class World:
    """One shop with its channel. ``after_reading``: what happens there after each answer to a question."""

    name: str
    kind: Kind
    server: Simulated[Any]
    channel: Channel
    after_reading: Callable[[], None] = lambda: None

    @property
    def shop(self) -> Any:
        return self.server.shop

    def bring(self, number: int = 1, **minutes: int) -> dict[str, Any]:
        order = self.kind.order(number, SINCE + timedelta(hours=9, minutes=number))
        self.shop.put(order)
        return order

    def send(self, figures: list[Figure]) -> list[FigureResult]:
        limits = adapter_of(self.name).stock
        assert limits is not None
        return [
            result
            for start in range(0, len(figures), limits.batch)
            for result in shop_of(self.channel).send_stock(figures[start : start + limits.batch])
        ]


@pytest.fixture
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    name: str = request.param
    kind = KINDS[name]
    # These tests ask faster than vendors let anybody.
    monkeypatch.setattr(calls, "PLANS", dict.fromkeys(calls.PLANS, (1000.0, 1000)))
    monkeypatch.setattr(inventory, "LIMITS", Limits(per_second=1000.0, burst=1000))
    make_policy()
    make_counted_stock(N1={"A": 100})
    with ExitStack() as stack:
        server = stack.enter_context(simulated(kind.shop))
        if hasattr(server.shop, "strict"):
            server.shop.strict = True
        if name == "shopify":
            server.shop.restores = server.shop.most_in_bucket = server.shop.bucket = 1e6
        made = World(name, kind, server, kind.channel(server.url))
        respond = server.sandbox.respond

        def responding(asked: Request) -> Response:
            # As it is written: what happens afterwards does not change what was said.
            answer = copy.deepcopy(respond(asked))
            if asked.path.startswith(f"/{server.shop.name}/") and server.shop.operation(asked) == "read":
                made.after_reading()
            return answer

        server.sandbox.respond = responding  # type: ignore[method-assign]
        yield made


def every(row: str) -> pytest.MarkDecorator:
    """Each shop, but for those whose contract can't bring it."""
    return pytest.mark.parametrize("world", [name for name in KINDS if (row, name) not in CANT], indirect=True)


def poll() -> None:
    poll_all()
    work_it_off()


def just_now() -> datetime:
    return clock.now() + timedelta(seconds=1)


def shipped(world: World) -> None:
    ship_fulfillment_order(FulfillmentOrder.objects.get().pk, external_id="S", parcels=[Parcel("T1")], actor=AGENT)
    work_it_off()


def on_hand() -> int:
    return StockLevel.objects.get(sku__code="A").on_hand


def cases() -> list[str]:
    return [str(one.sentence) for one in ExceptionCase.objects.exclude(state="resolved")]


def test_the_table_has_every_shop_and_a_reason_for_every_gap():
    """Shops that are asked for orders; files, tills and our own form bring none by themselves."""
    assert sorted(KINDS) == sorted(set(kinds_with(Capability.POLLING)))
    gaps = {(row, name) for row in ("none_left", "refund", "extras", "other_currency") for name, kind in KINDS.items()
            if getattr(kind, row) is None}  # fmt: skip
    assert gaps == {key for key in CANT if key[0] != "duplicate_sku"}
    assert all(len(why.split()) > 5 for why in CANT.values())


@pytest.mark.parametrize("world", KINDS, indirect=True)
def test_pages_that_overlap_and_skip_while_orders_change_lose_none(world: World):
    orders = [world.bring(number) for number in range(1, 8)]
    world.server.page_size = 3
    left = list(orders)

    def change() -> None:
        if left:
            # Moves to the end of the list, so that every page behind it moves forward.
            world.kind.edit(left.pop(0), just_now())

    world.after_reading = change
    poll()
    world.after_reading = lambda: None
    with clock.moved(timedelta(minutes=6)):
        poll()

    assert Order.objects.count() + _never_needed() == 7
    assert {one.external_id for one in Order.objects.all()} <= {_id(world, one) for one in orders}
    field, wanted = world.kind.edit(orders[0], just_now())
    changed = Order.objects.exclude(external_id__in=[_id(world, one) for one in left])
    assert {str(_of(one, field)) for one in changed} == {str(wanted)}


@pytest.mark.parametrize("world", KINDS, indirect=True)
def test_more_orders_of_one_second_than_pages_hold_all_come_in(world: World):
    world.server.page_size = 2
    for number in range(1, 8):
        world.shop.put(world.kind.order(number, SINCE + timedelta(hours=9)))
    poll()

    assert Order.objects.count() == 7
    assert len([one for one, _ in world.server.requests]) < 40


def _never_needed() -> int:
    """Orders that were cancelled before they were read are no orders here."""
    came = InboxMessage.objects.filter(reason="it came cancelled already; there is nothing to fulfill")
    return came.exclude(external_id__in=Order.objects.values("external_id")).values("external_id").distinct().count()


def _id(world: World, order: dict[str, Any]) -> str:
    messages = adapter_of(world.name).messages
    return external_id_of(messages, order) or str(order.get("receipt_id"))


def _of(order: Order, field: str) -> object:
    return order.state if field == "state" else order.lines.get().quantity


@pytest.mark.parametrize("world", KINDS, indirect=True)
def test_an_order_edited_between_list_and_fetch_ends_as_it_was_edited(world: World):
    order, told = world.bring(), list[tuple[str, object]]()
    world.after_reading = lambda: None if told else told.append(world.kind.edit(order, just_now()))
    poll()
    with clock.moved(timedelta(minutes=6)):
        poll()

    ((field, wanted),) = told
    if not Order.objects.exists():
        # It was gone before anything of it was read.
        assert (field, wanted, _never_needed()) == ("state", "cancelled", 1)
        return
    if cases():
        # Read before it was edited, and released meanwhile.
        assert cases() == ["1 × A was added after the order was released; not sent."]
    else:
        assert _of(Order.objects.get(), field) == wanted


@every("other_currency")
def test_what_the_shopper_saw_in_another_currency_is_kept_in_the_shops(world: World):
    assert world.kind.other_currency is not None
    order = world.bring()
    world.kind.other_currency(order)
    poll()

    kept = Order.objects.get()
    if kept.currency == "GBP":
        assert (kept.total_minor, kept.state, cases()) == (2000, "released", [])
        return
    # A shop that writes the whole order in the shopper's: nothing is converted, and a person looks.
    assert (kept.currency, kept.total_minor, kept.state) == ("USD", 2000, "received")
    assert [one.reason for one in Hold.objects.all()] == ["currency_unexpected"]
    assert "USD" in cases()[0]


@every("none_left")
def test_a_line_taken_to_nothing_after_it_left_undoes_nothing(world: World):
    assert world.kind.none_left is not None
    order = world.bring()
    poll()
    shipped(world)
    world.kind.none_left(order, just_now())
    with clock.moved(timedelta(minutes=6)):
        poll()

    assert (Order.objects.get().state, OrderLine.objects.get().quantity, on_hand()) == ("shipped", 2, 98)
    assert FulfillmentLine.objects.get().shipped_quantity == 2


@every("refund")
def test_a_refund_after_shipment_without_restock_leaves_the_stock_alone(world: World):
    assert world.kind.refund is not None
    order = world.bring()
    poll()
    shipped(world)
    world.kind.refund(order, just_now())
    with clock.moved(timedelta(minutes=6)):
        poll()

    kept = Order.objects.get()
    assert (kept.state, kept.payment_state, on_hand()) == ("shipped", "partially_refunded", 98)


@every("refund")
def test_a_refund_before_shipment_ships_no_more_than_is_paid_for_or_asks(world: World):
    assert world.kind.refund is not None
    order = world.bring()
    poll()
    world.kind.refund(order, just_now())
    with clock.moved(timedelta(minutes=6)):
        poll()

    assert on_hand() == 100
    if OrderLine.objects.get().open_quantity == 1:
        assert cases() == []
    else:
        assert Hold.objects.filter(released_at=None, reason="payment_problem").exists()
        assert "given back" in cases()[0]


@every("extras")
def test_gift_cards_and_tips_add_up_and_are_not_picked(world: World):
    assert world.kind.extras is not None
    order = world.bring()
    total = world.kind.extras(order)
    poll()

    kept = Order.objects.get()
    assert (kept.state, kept.total_minor, cases()) == ("released", total, [])
    assert [(one.sku.code, one.quantity) for one in FulfillmentLine.objects.all()] == [("A", 2)]


@pytest.mark.parametrize("world", KINDS, indirect=True)
def test_ids_of_64_bits_come_in_and_go_back_whole(world: World):
    order = world.kind.order(1, SINCE + timedelta(hours=9))
    external_id, line_id = world.kind.big(order)
    world.shop.put(order)
    poll()
    assert (Order.objects.get().external_id, OrderLine.objects.get().line_id) == (external_id, line_id)
    shipped(world)

    assert "T1" in world.server.told()
    assert cases() == []


@pytest.mark.parametrize("world", KINDS, indirect=True)
def test_a_variant_deleted_there_is_refused_in_words_keeps_no_other_waiting_and_its_orders_come_in(world: World):
    gone, there = (world.kind.sell(world.shop, sku, 3) for sku in ("A", "B"))
    world.kind.drop(world.shop, gone)
    world.bring()
    poll()

    results = {one.article.code: one for one in world.send(_figures([gone, there]))}
    assert (results["A"].taken, bool(results["A"].refusal), results["B"].taken) == (False, True, True)
    assert [one.available for one in shop_of(world.channel).read_stock([gone, there])] == [None, 7]
    assert (Order.objects.get().state, cases()) == ("released", [])


@every("duplicate_sku")
def test_two_listings_of_one_sku_show_their_own_figure_each(world: World):
    first, second = world.kind.sell(world.shop, "A", 3), world.kind.sell(world.shop, "A", 3)
    results = world.send([*_figures([first], 4), *_figures([second], 6)])

    assert [one.taken for one in results] == [True, True]
    assert [one.available for one in shop_of(world.channel).read_stock([first, second])] == [4, 6]


@pytest.mark.parametrize("world", KINDS, indirect=True)
def test_one_figure_of_a_hundred_that_is_refused_keeps_no_other_from_being_shown(world: World):
    sold = articles(world.kind, world.shop, 100)
    world.kind.drop(world.shop, sold[42])

    results = world.send(_figures(sold))

    assert [one.article.code for one in results if not one.taken] == ["S042"]
    assert next(one.refusal for one in results if not one.taken)
    shown = [one.available for one in shop_of(world.channel).read_stock(sold[30:50])]
    assert (shown.count(7), shown[12]) == (19, None)


def _figures(found: list[Article] | Any, units: int = 7) -> list[Figure]:
    return [Figure(article=one, available=units, shown=3, ref=f"{one.external_id}-{units}") for one in found]
