"""How the business does, on Today: seven days against the seven before, for those who run the place."""

from datetime import timedelta

import pytest

from apps.accounts.models import Role
from apps.console.today.figures import COLUMNS, Row
from apps.core import clock
from apps.core.process_cache import clear_process_cache
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel, ship_fulfillment_order
from apps.orders.models import Order
from apps.orders.services import cancel_order
from apps.routing.models import RoutingDecision
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import AGENT, make_order

pytestmark = pytest.mark.django_db


def figures(row: Row) -> dict[str, tuple[str, str]]:
    return {name: (one.now, one.before) for (name, _), one in zip(COLUMNS, row.figures, strict=True)}


def ship(order: Order) -> None:
    for row in FulfillmentOrder.objects.filter(order=order):
        ship_fulfillment_order(row.pk, external_id=row.public_id, parcels=[Parcel("")], gone_already=True, actor=AGENT)


@pytest.fixture
def two_weeks(shop: None) -> None:
    """This week: one shipped in time, one split and late, one with an exception, one cancelled. The week before: one order."""
    before = make_order(placed_at=(clock.now() - timedelta(days=8)).isoformat(), lines={"A": 1})
    first = make_order(lines={"A": 2})
    second = make_order(lines={"A": 40, "B": 5})
    make_order(lines={"NOBODY-KNOWS": 1})
    cancelled = make_order(lines={"A": 1})
    work_it_off()
    cancel_order(cancelled.pk, reason="test", actor=AGENT)
    for order in (before, first, second):
        ship(order)
    FulfillmentOrder.objects.filter(order=second).update(ship_by=clock.now() - timedelta(hours=1))
    work_it_off()
    clear_process_cache()


def test_the_owner_reads_the_week_against_the_week_before(log_in: LogIn, two_weeks: None):
    answer = log_in(Role.ADMIN).get("/")

    told = figures(answer.context["business"].total)
    orders = Order.objects.order_by("pk")
    sold = sum(order.total_minor for order in orders[1:4])
    assert told["Sales"] == (f"£{sold / 100:,.2f}", f"£{orders[0].total_minor / 100:,.2f}")
    assert told["Orders"] == ("4", "1")
    assert told["On time"] == ("50.0 %", "100.0 %")
    assert told["Cancelled"] == ("25.0 %", "0.0 %")
    assert told["Split"] == ("0.0 %", "")
    assert told["Without a person"] == ("100.0 %", "100.0 %")
    cost = sum(RoutingDecision.objects.filter(order__in=orders[1:3]).values_list("cost_minor", flat=True))
    assert told["Cost per parcel"][0] == f"£{round(cost / 2) / 100:,.2f}"
    assert told["Value at risk"][0] != ""
    assert "Without a person" in answer.content.decode()


def test_each_location_is_told_its_own_parcels(log_in: LogIn, two_weeks: None):
    rows = {row.label: figures(row) for row in log_in(Role.ADMIN).get("/").context["business"].nodes}

    assert {name: told["On time"][0] for name, told in rows.items()} == {"Leeds": "50.0 %"}


def test_who_works_at_one_location_reads_of_it_alone_and_an_agent_reads_none(log_in: LogIn, two_weeks: None):
    york = log_in(Role.MANAGER, nodes=["york"]).get("/").context["business"]
    leeds = log_in(Role.MANAGER, nodes=["leeds"]).get("/").context["business"]

    assert figures(york.total)["Orders"] == ("0", "0")
    assert york.nodes == []
    assert [row.label for row in leeds.nodes] == ["Leeds"]
    assert log_in(Role.AGENT).get("/").context["business"] is None


def test_an_order_is_split_where_it_leaves_in_two_parts(log_in: LogIn, shop: None):
    make_order(lines={"A": 53})
    work_it_off()
    clear_process_cache()

    assert FulfillmentOrder.objects.count() == 2
    assert figures(log_in(Role.ADMIN).get("/").context["business"].total)["Split"] == ("100.0 %", "")
