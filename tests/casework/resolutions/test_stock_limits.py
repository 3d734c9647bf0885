"""Stock is written off by one table of limits: in a case, by a feed of the API, and on the page where people work on it."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.accounts.models import Role
from apps.casework.approvals.errors import ApprovalVoided
from apps.casework.models import ApprovalRequest, ResolutionRule
from apps.casework.services import ensure_casework
from apps.inventory.models import StockLevel
from tests.api.front_door import Answer, Door
from tests.api.staff_door import StaffDoor
from tests.casework.approvals.people import decide, person
from tests.factories import SkuFactory, UserFactory, make_key, make_policy, make_stock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop() -> None:
    """A manager writes off up to 500.00; units of A and B cost 10.00 each, of C nobody knows even the price."""
    ensure_casework()
    make_policy()
    make_stock(N1={"A": 100, "B": 100, "C": 100})
    for code, cost in (("A", 10_00), ("B", 10_00), ("C", 0)):
        sku = SkuFactory(code=code)
        sku.cost_minor, sku.price_minor, sku.currency = cost, cost and 20_00, "GBP"
        sku.save()


def feed(role: str = Role.MANAGER, **units: int) -> Answer:
    items = [{"node": "N1", "sku": sku, "on_hand": on_hand} for sku, on_hand in units.items()]
    return Door(make_key(role=role)).post("inventory/levels/bulk", {"reason": "stocktake", "items": items})


def on_hand() -> dict[str, int]:
    return dict(StockLevel.objects.order_by("sku__code").values_list("sku__code", "on_hand"))


def test_a_feed_writes_off_what_its_sender_may_and_proposes_the_rest_level_by_level():
    answer = feed(A=60, B=40)

    small, large = answer.data["items"]
    assert (small["ok"], large["ok"], large["code"]) == (True, False, "needs_approval")
    assert "£600.00, with £400.00 in the last 24 hours, is over the limit of £500.00." in large["detail"]
    assert on_hand() == {"A": 60, "B": 100, "C": 100}
    row = ApprovalRequest.objects.get()
    assert row.public_id in large["detail"]

    assert decide(row, person(Role.LEAD)).state == "approved"
    assert on_hand() == {"A": 60, "B": 40, "C": 100}


def test_a_level_written_off_in_small_steps_adds_up():
    assert feed(A=60).data["items"][0]["ok"]

    assert feed(A=40).data["items"][0]["code"] == "needs_approval"
    assert on_hand()["A"] == 60


def test_a_loss_is_not_made_small_by_splitting_it_over_levels():
    answer = feed(A=60, B=60)

    assert [one["ok"] for one in answer.data["items"]] == [True, False]
    assert on_hand() == {"A": 60, "B": 100, "C": 100}


def test_nor_by_splitting_it_over_calls_and_pages(client: Client):
    manager = UserFactory(role=Role.MANAGER)
    door = StaffDoor(manager)
    rows = [{"node": "N1", "sku": "A", "on_hand": 60}]
    assert door.post("inventory/levels/bulk", {"reason": "stocktake", "items": rows}).data["items"][0]["ok"]

    rows = [{"node": "N1", "sku": "B", "on_hand": 60}]
    again = door.post("inventory/levels/bulk", {"reason": "stocktake", "items": rows})
    client.force_login(manager)
    form = {"work": "count", "node": "N1", "lines": "B 60", "reason": "Stocktake"}
    seen = client.post("/stock/work/preview/", form).context["seen"]
    client.post("/stock/work/book/", {**form, "seen": seen})

    assert again.data["items"][0]["code"] == "needs_approval"
    assert on_hand() == {"A": 60, "B": 100, "C": 100}
    assert ApprovalRequest.objects.filter(kind="stock_count").exists()
    assert feed(B=60).data["items"][0]["ok"], "what one has written off is not another's"


def test_what_costs_nobody_knows_what_needs_approval():
    assert feed(C=99).data["items"][0]["code"] == "needs_approval"
    assert on_hand()["C"] == 100


def test_what_comes_in_needs_nobody():
    assert feed(A=5_000).data["items"][0]["ok"]


def test_a_warehouse_counts_without_limit_until_it_is_given_one():
    assert feed(Role.INTEGRATOR, A=0, C=0).data["items"][0]["ok"]

    ResolutionRule.objects.filter(resolution="count_level", role=Role.INTEGRATOR).update(most_minor=100_00)
    assert feed(Role.INTEGRATOR, B=80).data["items"][0]["code"] == "needs_approval"


def test_a_role_without_the_rule_counts_nothing_down():
    ResolutionRule.objects.filter(resolution="count_level", role=Role.MANAGER).delete()

    assert feed(A=99).data["items"][0]["code"] == "beyond_limits"
    assert on_hand()["A"] == 100


def test_a_count_that_was_proposed_is_void_once_goods_have_come():
    feed(B=40)
    feed(Role.OPERATIONS, B=1_000)

    with pytest.raises(ApprovalVoided):
        decide(ApprovalRequest.objects.get(), person(Role.LEAD))
    assert on_hand()["B"] == 1_000


def test_rows_that_contradict_each_other_hide_no_loss():
    items = [{"node": "N1", "sku": "b", "on_hand": 10}, {"node": "N1", "sku": "B", "on_hand": 100}]

    Door(make_key(role=Role.MANAGER)).post("inventory/levels/bulk", {"reason": "stocktake", "items": items})

    assert on_hand()["B"] == 100
