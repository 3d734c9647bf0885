"""The made-up shop: it opened before its first order, keeps hours, and one manager has a store of her own."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from apps.accounts.caller import caller_of_user
from apps.accounts.models import User
from apps.channels.models import Channel
from apps.console.shell.visibility import nodes_for
from apps.core import clock
from apps.demo.customers import Customers
from apps.demo.management.commands.demo_orders import last_number
from apps.demo.seeding import seed_shop
from apps.inventory.models import StockMovement
from apps.network.models import Node
from apps.sla.active_policy import load_calendars
from apps.sla.selectors import active_version
from tests.factories import ChannelFactory, make_order

pytestmark = pytest.mark.django_db


def test_a_seeded_shop_counted_its_shelves_and_published_its_rules_before_the_day_began():
    seed_shop()

    day_began = clock.now() - timedelta(days=1, hours=2)
    latest = StockMovement.objects.order_by("-moved_at").values_list("moved_at", flat=True).first()
    policy = active_version()
    assert latest is not None
    assert latest < day_began
    assert policy is not None
    assert policy.activated_at is not None
    assert policy.activated_at < day_began


def test_every_place_has_opening_hours_and_shipping_days_with_the_holidays_of_its_country():
    seed_shop()

    hours = load_calendars().of_node
    assert set(hours) == set(Node.objects.values_list("code", flat=True))
    assert {row.holiday_country for row in hours.values()} == {"GB"}
    assert not Node.objects.filter(calendar=None).exists()
    assert set(Node.objects.values_list("calendar__holiday_country", flat=True)) == {"GB"}


def test_seeding_twice_changes_no_hours_and_publishes_nothing_anew():
    seed_shop()
    first = active_version()

    seed_shop()

    assert active_version() == first


def test_maya_sees_her_store_and_nadia_sees_all_of_them():
    seed_shop()

    maya, nadia = (caller_of_user(User.objects.get(username=name)) for name in ("maya", "nadia"))
    assert list(nodes_for(maya).values_list("code", flat=True)) == ["london-oxford-st"]
    assert nodes_for(nadia).count() == Node.objects.count()


def test_customers_of_a_later_run_are_numbered_after_those_before():
    ChannelFactory()
    for number in ("P1044", "#1051", "MY-1"):
        make_order(external_id=number, external_number=number)

    _, body = next(Customers("later", last=last_number()).orders(1))

    assert body["external_number"] == "P1052"


def test_who_orders_the_same_again_gets_another_number_under_the_same_address():
    customers = Customers("run")
    first = customers.good()

    again = customers.again(first)

    assert again["external_number"] != first["external_number"]
    assert again["external_id"] != first["external_id"]
    assert (again["customer"], again["lines"]) == (first["customer"], first["lines"])


@pytest.mark.parametrize("guide", ["connect-shopify", "connect-woocommerce"])
def test_the_codes_that_the_guides_have_people_choose_are_free_in_the_demo(guide: str):
    seed_shop()
    text = (Path(__file__).resolve().parents[2] / f"docs/how-to/{guide}.md").read_text()
    chosen = re.findall(r"^\| Code \|.*for example `([a-z-]+)`", text, re.MULTILINE)

    assert chosen
    assert not Channel.objects.filter(code__in=chosen).exists()
