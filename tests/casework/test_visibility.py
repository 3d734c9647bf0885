"""What somebody limited to places or channels gets to see."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from apps.casework import visibility
from apps.casework.models import ExceptionCase
from apps.channels.models import InboxMessage, UploadJob
from apps.contracts.models import ReplayJob
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel, ship_fulfillment_order
from apps.inventory.models import StockLevel
from apps.orders.models import Order
from tests.casework.cases import make_case
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, UserFactory, make_counted_stock, make_order, make_policy

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Reader:
    nodes: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()


ANYBODY = Reader()
LEEDS = Reader(nodes=frozenset({"leeds"}))
HULL = Reader(nodes=frozenset({"hull"}))
SHOP = Reader(channels=frozenset({"shop"}))
SHOP_IN_HULL = Reader(nodes=frozenset({"hull"}), channels=frozenset({"shop"}))


@pytest.fixture
def orders() -> dict[str, Order]:
    """One order of each channel: the shop's is at Leeds and Hull, the other's at Leeds alone."""
    for code in ("api", "shop"):
        ChannelFactory(code=code)
    make_policy()
    make_counted_stock(leeds={"A": 5}, hull={"B": 5})
    found = {
        "shop": make_order(channel="shop", lines={"A": 1, "B": 1}),
        "api": make_order(channel="api", lines={"A": 1}),
    }
    work_it_off()
    return found


def seen(rows: object) -> set[object]:
    return set(rows)  # type: ignore[call-overload]


def test_orders_are_seen_by_their_channel_and_by_the_nodes_that_have_had_them_in_hand(orders: dict[str, Order]):
    both = set(orders.values())

    assert seen(visibility.orders(ANYBODY)) == seen(visibility.orders(LEEDS)) == both
    assert seen(visibility.orders(HULL)) == seen(visibility.orders(SHOP)) == {orders["shop"]}
    assert seen(visibility.orders(SHOP_IN_HULL)) == {orders["shop"]}
    assert seen(visibility.orders(Reader(nodes=frozenset({"hull"}), channels=frozenset({"api"})))) == set()


def test_work_and_parcels_are_seen_by_their_own_node_and_channel_alone(orders: dict[str, Order]):
    at_hull = FulfillmentOrder.objects.get(node__code="hull")
    shipment = ship_fulfillment_order(at_hull.pk, external_id="S", parcels=[Parcel("T")], actor=AGENT)
    of_shop = set(FulfillmentOrder.objects.filter(order=orders["shop"]))

    assert seen(visibility.fulfillment_orders(ANYBODY)) == set(FulfillmentOrder.objects.all())
    assert seen(visibility.fulfillment_orders(HULL)) == {at_hull}
    assert seen(visibility.fulfillment_orders(SHOP)) == of_shop
    assert [seen(visibility.shipments(reader)) for reader in (ANYBODY, HULL, SHOP)] == [{shipment}] * 3
    assert seen(visibility.shipments(LEEDS)) == set()


def test_what_of_an_order_is_another_nodes_work_is_known_by_its_ids(orders: dict[str, Order]):
    at_hull = FulfillmentOrder.objects.get(node__code="hull")
    shipment = ship_fulfillment_order(at_hull.pk, external_id="S", parcels=[Parcel("T")], actor=AGENT)

    assert visibility.others_work(LEEDS, orders["shop"]) == {at_hull.public_id, shipment.public_id}
    assert visibility.others_work(LEEDS, orders["api"]) == set()
    assert visibility.others_work(ANYBODY, orders["shop"]) == set()


def test_cases_are_seen_at_their_node_where_their_order_is_in_hand_and_by_its_channel(orders: dict[str, Order]):
    at_hull = make_case("thing-1", node="hull")
    of_the_order = make_case("thing-2", order=orders["shop"])
    of_nobody = make_case("thing-3")
    mine = {at_hull, of_the_order, of_nobody}

    def among(reader: Reader) -> set[object]:
        return seen(visibility.cases(reader)) & mine

    assert among(ANYBODY) == mine
    assert among(HULL) == {at_hull, of_the_order}
    assert among(LEEDS) == {of_the_order}
    assert among(SHOP) == {of_the_order}


def test_stock_and_nodes_are_seen_by_their_own_people(orders: dict[str, Order]):
    assert {level.node.code for level in visibility.levels(HULL)} == {"hull"}
    assert seen(visibility.levels(SHOP)) == seen(visibility.levels(ANYBODY)) == set(StockLevel.objects.all())
    assert [node.code for node in visibility.nodes(ANYBODY)] == ["hull", "leeds"]
    assert [node.code for node in visibility.nodes(LEEDS)] == ["leeds"]
    assert {channel.code for channel in visibility.channels(SHOP)} == {"shop"}


def test_messages_and_files_are_their_channels_affair_and_no_nodes():
    shop = ChannelFactory(code="shop")
    other = ChannelFactory(code="other")
    messages = [InboxMessage.objects.create(channel=one, dedupe_key=one.code, body=b"{}") for one in (shop, other)]
    jobs = [UploadJob.objects.create(channel=one, kind="csv", body=b"", state="done") for one in (shop, other)]

    assert seen(visibility.messages(ANYBODY)) == set(messages)
    assert seen(visibility.messages(SHOP)) == {messages[0]}
    assert seen(visibility.jobs(ANYBODY)) == set(jobs)
    assert seen(visibility.jobs(SHOP)) == {jobs[0]}
    for reader in (HULL, SHOP_IN_HULL):
        assert not visibility.messages(reader).exists()
        assert not visibility.jobs(reader).exists()


def test_figures_of_stock_that_channels_are_sent_are_the_sum_of_all_places_and_seen_by_who_sees_all_places():
    shop, other = ChannelFactory(code="shop"), ChannelFactory(code="other")

    assert seen(visibility.selling_channels(ANYBODY)) == {shop, other}
    assert seen(visibility.selling_channels(SHOP)) == {shop}
    for reader in (HULL, SHOP_IN_HULL):
        assert not visibility.selling_channels(reader).exists()


def test_messages_read_again_are_seen_by_their_channel_and_those_of_all_channels_by_who_sees_all():
    of_shop, of_all = (ReplayJob.objects.create(channel=code, created_by=str(AGENT)) for code in ("shop", ""))

    assert seen(visibility.replays(ANYBODY)) == {of_shop, of_all}
    assert seen(visibility.replays(SHOP)) == {of_shop}
    for reader in (HULL, SHOP_IN_HULL):
        assert not visibility.replays(reader).exists()


def test_of_the_people_those_of_a_concerned_node_and_those_without_limits_are_told(orders: dict[str, Order]):
    everywhere, leeds, hull = UserFactory(), UserFactory(nodes=["leeds"]), UserFactory(nodes=["hull"])
    people = [everywhere, leeds, hull]
    case = make_case("thing-1", order=orders["api"])
    at_hull = make_case("thing-2", node="hull", order=orders["api"])

    assert visibility.who_may_see(case, people) == [everywhere, leeds]
    assert visibility.who_may_see(at_hull, people) == people
    assert visibility.who_may_see_order(orders["shop"].pk, people) == people
    assert visibility.who_may_see_order(orders["shop"].pk, people, node="hull") == [everywhere, hull]
    assert visibility.nodes_of_case(ExceptionCase.objects.get(pk=at_hull.pk)) == {"leeds", "hull"}
    assert visibility.nodes_of_case(make_case("thing-3")) == set()


def test_where_nobody_is_limited_nobody_asks_which_nodes_are_concerned():
    def asked() -> list[str]:
        raise AssertionError("asked all the same")

    people = [UserFactory(), UserFactory()]

    assert visibility.of_nodes(people, asked) == people
