"""Every door that takes units off a level leaves its claims true: the newest wait for stock, and say so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F, Sum
from django.test import Client

from apps.accounts.models import Role
from apps.casework.models import ExceptionCase
from apps.casework.services import ensure_casework
from apps.catalog.models import Sku
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.services import (
    Parcel,
    pick_fulfillment_order,
    record_stray_shipment,
    reject_fulfillment_order,
    ship_fulfillment_order,
)
from apps.inventory.models import Reservation, StockLevel
from apps.inventory.services import Count, count_stock
from tests.api.front_door import Door
from tests.casework.resolutions.settling import let, settle
from tests.driving import work_it_off
from tests.factories import AGENT, UserFactory, make_counted_stock, make_key, make_order, make_policy
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db


def node_has(units: int) -> None:
    """By a feed, as the machine that counts sends it."""
    count_stock([Count("N1", "A", on_hand=units)], reason="feed", actor=AGENT)


def by_api(**said: int) -> None:
    answer = Door(make_key(role=Role.INTEGRATOR)).post(
        "inventory/levels/bulk", {"reason": "feed", "items": [{"node": "N1", "sku": "A", **said}]}
    )
    assert answer.data["applied"] == 1, answer.data


def on_page(work: str, lines: str = "", **more: object) -> None:
    client = Client()
    client.force_login(UserFactory(role=Role.OPERATIONS))
    form = {"work": work, "node": "N1", "lines": lines, "reason": "Stocktake", **more}
    shown = client.post("/stock/work/preview/", form).context
    again = {name: shown[name] for name in ("work", "seen", "reason", "reference")}
    client.post("/stock/work/book/", {**again, "lines": shown["rows_text"]}, follow=True)


def by_file() -> None:
    on_page("count", file=SimpleUploadedFile("count.csv", b"sku,units\nA,7\n"))


def by_transfer() -> None:
    """Two lie there that nobody was promised, and no more than these are moved."""
    node_has(12)
    on_page("transfer", "A 3", to_node="N2")
    on_page("transfer", "A 2", to_node="N2")


def in_a_case() -> None:
    node_has(9)
    work_it_off()
    settle(ExceptionCase.objects.get(type="oversold"), "count_level", on_hand=7)


def work() -> list[FulfillmentOrder]:
    """The oldest order's first."""
    return list(FulfillmentOrder.objects.order_by("order_id"))


def by_a_short_pick() -> None:
    node_has(8)
    line = FulfillmentLine.objects.get(fulfillment_order=work()[0])
    pick_fulfillment_order(line.fulfillment_order_id, missing={line.pk: 1}, actor=AGENT)


def by_a_rejection() -> None:
    node_has(8)
    reject_fulfillment_order(work()[1].pk, reason="no_stock", actor=AGENT)


def by_shipping() -> None:
    node_has(1)
    row = work()[1]
    pick_fulfillment_order(row.pk, actor=AGENT)
    ship_fulfillment_order(row.pk, external_id="S", parcels=[Parcel("T")], actor=AGENT)
    work_it_off()


def by_shipping_what_was_given_up() -> None:
    row = work()[1]
    reject_fulfillment_order(row.pk, reason="other", actor=AGENT)
    work_it_off()
    node_has(6)
    record_stray_shipment(row.pk, external_id="S", parcels=[Parcel("T")], actor=AGENT)


DOORS: dict[str, tuple[Callable[[], None], int, list[int]]] = {
    # What is done, what is on hand then, and the units without stock of each claim that stands, the oldest first.
    "a count by the API": (lambda: by_api(on_hand=7), 7, [0, 3]),
    "a change by the API": (lambda: by_api(delta=-3), 7, [0, 3]),
    "a change by the API to less than nothing": (lambda: by_api(delta=-30), 0, [6, 4]),
    "a feed of less than nothing": (lambda: node_has(-2), 0, [6, 4]),
    "a count on the page": (lambda: on_page("count", "A 5"), 5, [1, 4]),
    "a file on the page": (by_file, 7, [0, 3]),
    "a correction on the page": (lambda: on_page("correct", "A -3"), 7, [0, 3]),
    "a transfer": (by_transfer, 10, [0, 0]),
    "a count in a case": (in_a_case, 7, [0, 3]),
    "a short pick": (by_a_short_pick, 7, [0, 2]),
    "a rejection as not in stock": (by_a_rejection, 6, [0]),
    "shipping more than was counted": (by_shipping, 0, [6]),
    "shipping what was given up": (by_shipping_what_was_given_up, 2, [4]),
}


@pytest.fixture
def shop() -> None:
    """Of ten, an older order was promised six and a newer one four; every one may count as much as there is."""
    ensure_casework()
    let()
    make_policy()
    make_counted_stock(N1={"A": 10}, N2={"A": 0})
    Sku.objects.update(cost_minor=1)
    for units in (6, 4):
        make_order(lines={"A": units})
    work_it_off()


@pytest.mark.parametrize("door", DOORS)
def test_the_newest_claims_lose_what_is_gone_at_once_and_the_rules_hold_then_and_later(shop: None, door: str):
    go_through, on_hand, without = DOORS[door]

    go_through()

    level = StockLevel.objects.get(node__code="N1")
    live = Reservation.objects.filter(level=level, state__in=["reserved", "allocated"]).order_by("pk")
    assert level.on_hand == on_hand
    assert list(live.values_list("backordered", flat=True)) == without
    covered = live.aggregate(units=Sum(F("quantity") - F("backordered")))["units"]
    assert covered == min(level.on_hand, level.reserved)
    assert_invariants(limbo_s=60)
    work_it_off()
    assert_invariants()
    assert ExceptionCase.objects.filter(type="oversold", state="open").exists() == any(without)
