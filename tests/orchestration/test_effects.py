"""The ledger of an order: what was done for it outside its row, what was undone, and what is still open, in one answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apps.accounts.models import Role
from apps.casework.services import ensure_casework
from apps.compensation.states import EffectKind, EffectState
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel, call_off_order, ship_fulfillment_order
from apps.orchestration.effects.kinds import UNDO, Kind, Strength
from apps.orchestration.effects.ledger import Standing
from apps.orchestration.subscriptions import SUBSCRIPTIONS
from apps.orders.models import Order
from orchestrator.sandbox import Sandbox
from tests.api.front_door import Door
from tests.driving import work_it_off
from tests.factories import AGENT, make_counted_stock, make_key, make_order, make_policy
from tests.partnering import keep, later, make_partner, running_sandbox, submitted_order

pytestmark = pytest.mark.django_db(transaction=True)

# Steps of the lane of calls that are about no order, or read and set nothing off.
NO_EFFECT = {
    "poll_channel",
    "reconcile_channel",
    "check_webhooks",
    "read_refunds",
    "fetch_order",
    "prove_channels",
    "prove_partners",
    "fetch_partner_updates",
    "read_channel_stock",
    "read_catalog",
    "mail_staff",
    "mail_password_link",
    "answer_privacy",
}


@pytest.fixture
def sandbox(transactional_db: None) -> Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


def ledger(order: Order, **narrowed: Any) -> Any:
    answer = Door(make_key(**narrowed)).get(f"orders/{order.public_id}/effects")
    assert answer.status_code == 200, answer.data
    return answer.data


def states(order: Order) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in ledger(order)["items"]:
        found.setdefault(one["kind"], []).append(one["state"])
    return found


def one_of(order: Order, kind: str) -> Any:
    [found] = [one for one in ledger(order)["items"] if one["kind"] == kind]
    return found


def call_off(order: Order) -> None:
    call_off_order(order.pk, reason="changed my mind", actor=AGENT)


def test_every_step_that_calls_another_system_about_an_order_registers_its_undo():
    calls = {step.name for steps in SUBSCRIPTIONS.values() for step in steps if step.lane == "partners"}
    steps = {step.name for steps in SUBSCRIPTIONS.values() for step in steps}
    registered = {name for undo in UNDO.values() for name in undo.steps}

    assert calls - NO_EFFECT <= registered, "register it in apps/orchestration/effects/kinds.py"
    assert registered <= steps
    assert calls >= NO_EFFECT


def test_every_kind_says_how_it_is_undone_and_how_surely():
    assert set(UNDO) == set(Kind)
    assert set(EffectKind.values) <= set(Kind.values)
    assert set(EffectState.values) <= set(Standing.values)
    assert all(undo.how for undo in UNDO.values())
    # What only our own database has to agree to.
    sure = {kind for kind, undo in UNDO.items() if undo.strength == Strength.GUARANTEED}
    assert sure == {Kind.RESERVATION, Kind.NODE_WORK, Kind.CHANNEL_STOCK}


def test_at_our_own_location_what_was_done_is_undone_with_the_cancellation():
    make_policy()
    make_counted_stock(N1={"A": 5})
    order = make_order(lines={"A": 2})
    work_it_off()
    assert states(order) == {"reservation": ["succeeded"], "node_work": ["succeeded"], "payment": ["succeeded"]}

    call_off(order)
    # The moment between the cancellation and the step that gives the stock back.
    claim = one_of(order, "reservation")
    assert (claim["state"], claim["owner"], claim["next"]["step"]) == ("to_compensate", "system", "release_stock")
    work_it_off()

    assert states(order) == {"reservation": ["compensated"], "node_work": ["compensated"], "payment": ["to_compensate"]}
    found = ledger(order)
    assert (found["attempted"], found["compensated"], found["pending"], found["failed"]) == (3, 2, 1, 0)
    assert (one_of(order, "payment")["owner"], one_of(order, "payment")["owner_name"]) == ("channel", "api")
    assert one_of(order, "reservation")["settled_at"] is not None


def test_at_a_partner_that_can_not_be_reached_it_is_pending_then_stuck_with_a_case_then_undone(sandbox: Sandbox):
    ensure_casework()
    make_partner(sandbox)
    order, row = submitted_order()
    assert one_of(order, "partner_submission")["state"] == "succeeded"

    sandbox.misbehave("acme", "fail", only="cancel")
    call_off(order)
    work_it_off()
    waiting = one_of(order, "partner_submission")
    assert (waiting["state"], waiting["owner"], waiting["attempts"]) == ("to_compensate", "partner", 1)
    assert waiting["next"]["step"] == "ask_partner_to_cancel"
    assert (waiting["actions"], waiting["last_error"] != "") == (["retry"], True)
    assert one_of(order, "reservation")["owner"] == "partner"

    for minute in range(1, 6):
        later(60 * minute)
    stuck = one_of(order, "partner_submission")
    assert (stuck["state"], stuck["owner"], stuck["id"]) == ("stuck", "person", f"partner_submission:{row.public_id}")
    assert stuck["exception"].startswith("cas_")
    assert stuck["actions"] == ["retry", "undone_by_hand"]

    sandbox.misbehave("acme", "normal")
    for minute in range(1, 4):
        later(3600 + 60 * minute)
    done = one_of(order, "partner_submission")
    assert (done["state"], done["owner"], done["next"], done["exception"]) == ("compensated", "nobody", None, None)
    assert done["settled_at"] is not None
    assert one_of(order, "reservation")["state"] == "compensated"


def test_half_shipped_the_parcel_is_with_a_person_and_the_rest_undone():
    ensure_casework()
    make_policy()
    make_counted_stock(N1={"A": 5}, N2={"B": 5})
    order = make_order(lines={"A": 1, "B": 1}, shipping={"preference": "split_allowed"})
    work_it_off()
    first = FulfillmentOrder.objects.get(order=order, node__code="N1")
    ship_fulfillment_order(first.pk, external_id="S1", parcels=[Parcel(tracking_number="T1")], actor=AGENT)
    work_it_off()
    call_off(order)
    work_it_off()

    found = states(order)
    assert (sorted(found["reservation"]), sorted(found["node_work"])) == (
        ["compensated", "succeeded"],
        ["compensated", "succeeded"],
    )
    parcel = one_of(order, "parcel")
    assert (parcel["state"], parcel["owner"], parcel["strength"]) == ("to_compensate", "person", "best_effort")
    assert parcel["exception"].startswith("cas_")


def test_somebody_limited_to_a_location_reads_nothing_of_the_others(sandbox: Sandbox):
    make_partner(sandbox, stock={"A": 5})
    keep("OWN", {"B": 5})
    order = make_order(lines={"A": 1, "B": 1}, shipping={"preference": "split_allowed"})
    work_it_off()

    assert {one["node"] for one in ledger(order)["items"]} == {"P1", "OWN", ""}
    theirs = ledger(order, role=Role.AGENT, nodes=["OWN"])
    assert {one["node"] for one in theirs["items"]} == {"OWN", ""}
    assert theirs["attempted"] == len(theirs["items"])
