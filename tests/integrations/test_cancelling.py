"""Taking fulfillment orders back from partners."""

from __future__ import annotations

import pytest

from apps.casework.models import ExceptionCase
from apps.compensation.models import ExternalEffect
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import call_off_order, reject_fulfillment_order
from apps.inventory.models import StockLevel
from apps.orchestration.models import StepRun
from apps.orders.models import Order
from orchestrator.sandbox import Sandbox
from orchestrator.sandbox.callbacks import signed
from tests.driving import again, work_it_off
from tests.factories import AGENT, make_order
from tests.partnering import (
    SECRET,
    deliver_news,
    fresh,
    in_a_while,
    keep,
    make_partner,
    operations,
    post,
    requested_order,
    submitted_order,
    taken,
)

pytestmark = pytest.mark.django_db(transaction=True)


def call_off(order: Order) -> None:
    call_off_order(order.pk, reason="changed my mind", actor=AGENT)
    work_it_off()


def nothing_claimed() -> bool:
    level = StockLevel.objects.get()
    return (level.on_hand, level.reserved) == (10, 0)


def test_what_the_partner_never_heard_of_is_cancelled_without_asking(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = requested_order()
    call_off(order)

    assert fresh(row).state == "cancelled"
    assert not operations(sandbox)
    assert not ExternalEffect.objects.exists()
    assert nothing_claimed()


@pytest.mark.parametrize("accepted", [False, True])
def test_the_partner_is_asked_to_stop(sandbox: Sandbox, accepted: bool):
    make_partner(sandbox)
    order, row = submitted_order()
    [theirs] = taken(sandbox, row)
    if accepted:
        sandbox.three_pl.accept(theirs.reference)
        deliver_news(sandbox)
    call_off(order)

    assert theirs.state == "cancelled"
    assert (fresh(row).state, fresh(row).request_state) == ("cancelled", "cancel_accepted")
    assert ExternalEffect.objects.get().state == "compensated"
    assert nothing_claimed()
    assert not ExceptionCase.objects.exists()
    assert StepRun.objects.get(step="ask_partner_to_cancel").state == "done"


def test_a_partner_that_will_not_stop_goes_before_a_person(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = submitted_order()
    sandbox.misbehave("acme", "refuse_cancel")
    call_off(order)

    case = ExceptionCase.objects.get()
    assert (case.type, case.subject_ref, case.order_id) == ("cancel_after_ship", row.public_id, order.pk)
    assert fresh(row).request_state == "cancel_rejected"
    assert ExternalEffect.objects.get().state == "succeeded"
    in_a_while()
    assert operations(sandbox).count("cancel") == 1


def test_a_partner_that_takes_no_cancellations_is_to_be_called(sandbox: Sandbox):
    make_partner(sandbox, capabilities=["accept_reject", "look_up"])
    order, _ = submitted_order()
    call_off(order)

    case = ExceptionCase.objects.get()
    assert case.type == "cancel_after_ship"
    assert "it takes no cancellations" in case.sentence
    assert "cancel" not in operations(sandbox)


def test_the_answer_may_come_by_callback(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = submitted_order()
    sandbox.misbehave("acme", "fail", only="cancel")
    call_off(order)
    assert fresh(row).request_state == "cancel_requested"

    news = signed("acme", "fulfillment.cancelled", {"fulfillment_order": row.public_id}, secret=SECRET)
    assert post(news).status_code == 200
    assert post(news).status_code == 200
    in_a_while()
    assert fresh(row).state == "cancelled"
    assert ExternalEffect.objects.get().state == "compensated"
    assert not ExceptionCase.objects.exists()


def test_a_late_rejection_of_a_cancelled_order_is_as_good_as_a_yes(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = submitted_order()
    sandbox.misbehave("acme", "fail", only="cancel")
    call_off(order)
    sandbox.three_pl.reject(taken(sandbox, row)[0].reference)

    assert deliver_news(sandbox) == [200]
    in_a_while()
    assert fresh(row).state == "cancelled"
    assert again(order).state == "cancelled"
    assert FulfillmentOrder.objects.count() == 1


def test_one_partners_trouble_does_not_touch_another(sandbox: Sandbox):
    make_partner(sandbox, nodes=("P1",), stock={"A": 5})
    make_partner(sandbox, "beta", nodes=("P2",), stock={"B": 5})
    order, _ = submitted_order_of_two(sandbox)
    sandbox.misbehave("acme", "fail", only="cancel", times=2)
    call_off(order)
    in_a_while()

    cancels = [r["partner"] for r in sandbox.three_pl.requests if r["operation"] == "cancel"]
    assert (cancels.count("acme"), cancels.count("beta")) == (3, 1)
    assert {row.state for row in FulfillmentOrder.objects.all()} == {"cancelled"}
    assert set(ExternalEffect.objects.values_list("state", flat=True)) == {"compensated"}


def submitted_order_of_two(sandbox: Sandbox) -> tuple[Order, list[FulfillmentOrder]]:
    order = make_order(lines={"A": 1, "B": 1})
    work_it_off()
    return order, list(FulfillmentOrder.objects.filter(order=order).order_by("pk"))


def take_away(row: FulfillmentOrder) -> None:
    """Someone here gives the partner's work to another node."""
    reject_fulfillment_order(row.pk, reason="other", note="too slow", actor=AGENT)
    work_it_off()


def test_what_is_taken_away_from_a_partner_is_stopped_there(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = submitted_order()
    keep("OWN", {"A": 5})
    take_away(row)

    assert taken(sandbox, row)[0].state == "cancelled"
    assert FulfillmentOrder.objects.filter(order=order, state="accepted").count() == 1
    assert ExternalEffect.objects.get().state == "compensated"
    assert not ExceptionCase.objects.exists()


def test_what_is_taken_away_too_late_goes_before_a_person(sandbox: Sandbox):
    make_partner(sandbox)
    _, row = submitted_order()
    keep("OWN", {"A": 5})
    sandbox.three_pl.ship(taken(sandbox, row)[0].reference)
    take_away(row)
    case = ExceptionCase.objects.get()
    assert (case.type, case.subject_ref) == ("cancel_after_ship", row.public_id)

    # The news that it has left comes after that, and is the truth all the same.
    assert deliver_news(sandbox) == [200]
    work_it_off()
    assert ExceptionCase.objects.get().occurrences == 2
    assert fresh(row).state == "rejected"


def test_taking_away_is_tried_until_it_works(sandbox: Sandbox):
    make_partner(sandbox)
    _, row = submitted_order()
    keep("OWN", {"A": 5})
    sandbox.misbehave("acme", "fail", only="cancel", times=2)
    take_away(row)
    in_a_while()

    assert taken(sandbox, row)[0].state == "cancelled"
    assert (ExternalEffect.objects.get().state, ExternalEffect.objects.get().attempts) == ("compensated", 2)


def test_what_the_partner_gave_back_itself_is_not_taken_away(sandbox: Sandbox):
    make_partner(sandbox)
    _, row = submitted_order()
    sandbox.three_pl.reject(taken(sandbox, row)[0].reference)
    assert deliver_news(sandbox) == [200]
    work_it_off()

    assert operations(sandbox) == ["submit"]
    effect = ExternalEffect.objects.get()
    assert (effect.state, effect.attempts) == ("compensated", 0)
