"""What each answer of a partner to a fulfillment order makes of it, and what a person may say in the partner's place."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.core import clock
from apps.core.models import Event
from apps.fulfillment.errors import FulfillmentNotAllowed
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import call_off_order
from apps.integrations.errors import PartnerNotConfigured, PartnerQuiet
from apps.integrations.framework.base import PartnerResponse, Refused, Submitted
from apps.integrations.models import Partner
from apps.integrations.selectors import client_of, partner_request
from apps.integrations.services.submitting import confirm_not_received, confirm_received, find, look_for, submit
from apps.orders.services import place_hold
from apps.outbound.health import RETRY_COSTS, WINDOW_BRINGS
from apps.outbound.models import Breaker, CallLog
from orchestrator.sandbox import Sandbox
from tests.driving import work_it_off
from tests.factories import AGENT
from tests.partnering import fresh, later, make_partner, operations, requested_order, submitted_order, taken

pytestmark = pytest.mark.django_db(transaction=True)


def answering(monkeypatch: pytest.MonkeyPatch, response: PartnerResponse) -> None:
    """Whatever is sent to the partner, this is its answer."""
    client = type(client_of(Partner.objects.get()))
    monkeypatch.setattr(client, "submit", lambda self, message, *, key: response)


def told(row: FulfillmentOrder) -> list[str]:
    rows = Event.objects.filter(subject_ref=row.public_id).order_by("pk")
    return list(rows.values_list("name", flat=True))


@pytest.mark.parametrize("status", [401, 403, 404, 405, 407])
def test_an_answer_about_us_is_no_word_about_the_order(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, status: int):
    make_partner(sandbox)
    _, row = requested_order()
    answering(monkeypatch, Refused(status, "no_stock"))

    with pytest.raises(PartnerNotConfigured, match=f"it answers {status} to us"):
        submit(row.pk, actor=AGENT)

    assert (fresh(row).state, fresh(row).request_state) == ("open", "unsubmitted")


@pytest.mark.parametrize("status", [400, 402, 406, 408, 409, 422])
def test_an_answer_about_the_order_rejects_it(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, status: int):
    make_partner(sandbox)
    _, row = requested_order()
    answering(monkeypatch, Refused(status, "no_stock"))

    submit(row.pk, actor=AGENT)

    assert (fresh(row).state, fresh(row).reject_reason, fresh(row).reject_note) == ("rejected", "no_stock", "no_stock")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("received", ("open", "submitted")),
        ("accepted", ("accepted", "accepted")),
        ("shipped", ("accepted", "accepted")),
        ("rejected", ("rejected", "rejected")),
        ("cancelled", ("rejected", "rejected")),
    ],
)
def test_the_state_the_partner_answers_with_is_believed(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, theirs: str, ours: tuple[str, str]
):
    make_partner(sandbox)
    _, row = requested_order()
    answering(monkeypatch, Submitted(201, "P1", theirs))  # type: ignore[arg-type]

    submit(row.pk, actor=AGENT)

    assert (fresh(row).state, fresh(row).request_state) == ours
    if ours[0] == "rejected":
        assert (fresh(row).reject_reason, fresh(row).reject_note) == ("other", f"{theirs}_by_partner")
    else:
        assert fresh(row).partner_reference == "P1"


def test_on_hold_it_is_looked_at_again_in_a_minute_and_nobody_calls_the_partner_sick(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = requested_order()
    place_hold(order.pk, reason="manual", actor=AGENT)
    at = clock.now()

    with clock.frozen(at), pytest.raises(PartnerQuiet) as quiet:
        submit(row.pk, actor=AGENT)

    assert (quiet.value.until, quiet.value.sick) == (at + timedelta(seconds=60), False)
    assert (operations(sandbox), fresh(row).request_state) == ([], "unsubmitted")


def test_while_a_call_about_it_is_under_way_no_second_one_is_made(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = requested_order()
    CallLog.objects.create(
        kind="partner",
        counterpart="acme",
        operation="submit",
        stream=order.public_id,
        reference=row.public_id,
        outcome="unknown",
        detail="under way",
    )

    with pytest.raises(PartnerQuiet) as quiet:
        submit(row.pk, actor=AGENT)

    assert quiet.value.sick is False
    assert quiet.value.until > clock.now()
    assert operations(sandbox) == []


def test_calls_say_which_attempt_they_are(sandbox: Sandbox):
    make_partner(sandbox)
    requested_order()
    sandbox.misbehave("acme", "fail", times=1, only="submit")
    work_it_off()
    later(120)

    calls = CallLog.objects.order_by("pk").values_list("operation", "attempt", "outcome")
    assert list(calls) == [("submit", 1, "failed"), ("look_up", 1, "ok"), ("submit", 2, "ok")]


def purse() -> tuple[int, int]:
    """Retry tokens left for the partner's node, and how many calls of this window were retries."""
    return Breaker.objects.values_list("retry_tokens", "retries").get()


def test_a_first_call_is_no_retry_and_its_success_brings_one_token(sandbox: Sandbox):
    make_partner(sandbox)
    submitted_order()
    Breaker.objects.update(retry_tokens=100)

    submitted_order()

    assert purse() == (101, 0)


def test_looking_and_sending_again_are_retries_that_are_paid_for_once_and_paid_back_by_success(sandbox: Sandbox):
    make_partner(sandbox)
    requested_order()
    sandbox.misbehave("acme", "fail", times=1, only="submit")
    work_it_off()
    Breaker.objects.update(retry_tokens=100)

    later(120)

    # Asking costs a retry and brings one for having gone well; sending brings the retry back.
    assert purse() == (100 + WINDOW_BRINGS - RETRY_COSTS + 1 + RETRY_COSTS, 2)


def test_asking_because_somebody_wants_to_know_takes_no_retry_token(sandbox: Sandbox):
    make_partner(sandbox)
    _, row = requested_order()
    sandbox.misbehave("acme", "lose_ack", times=1)
    work_it_off()
    Breaker.objects.update(retry_tokens=100)

    assert find(partner_request(row.pk), actor=AGENT) is True

    assert purse()[0] == 101
    look_for(partner_request(row.pk))
    assert purse()[0] == 102
    assert fresh(row).request_state == "submitted"


def in_doubt(sandbox: Sandbox, *capabilities: str) -> FulfillmentOrder:
    """The partner took it, and nobody here knows."""
    make_partner(sandbox, capabilities=capabilities)
    _, row = requested_order()
    sandbox.misbehave("acme", "lose_ack", times=1)
    work_it_off()
    assert fresh(row).request_state == "outcome_unknown"
    return row


@pytest.mark.parametrize(
    ("capabilities", "state"), [(("accept_reject", "cancel"), "submitted"), (("cancel",), "accepted")]
)
def test_a_person_who_heard_that_it_is_there_says_so_once(sandbox: Sandbox, capabilities: tuple[str, ...], state: str):
    row = in_doubt(sandbox, *capabilities)

    confirm_received(row.pk, reference="THEIRS", actor=AGENT)
    after_the_first = told(row)
    confirm_received(row.pk, reference="OTHER", actor=AGENT)
    work_it_off()

    assert (fresh(row).request_state, fresh(row).partner_reference) == (state, "THEIRS")
    assert operations(sandbox) == ["submit"]
    assert [name for name in told(row) if name == "fulfillment.submitted"] == ["fulfillment.submitted"]
    assert after_the_first.count("fulfillment.submitted") == 1


def test_a_person_who_heard_that_it_never_came_has_it_sent_again_under_the_same_key(sandbox: Sandbox):
    row = in_doubt(sandbox, "accept_reject", "cancel")

    confirm_not_received(row.pk, actor=AGENT)
    assert CallLog.objects.values_list("outcome", "detail").get() == ("failed", "a person says it never arrived")
    work_it_off()

    assert operations(sandbox) == ["submit", "submit"]
    assert fresh(row).request_state == "submitted"
    assert len(taken(sandbox, row)) == 1


def test_of_what_was_called_off_nobody_says_whether_it_came(sandbox: Sandbox):
    make_partner(sandbox, capabilities=["accept_reject"])
    order, row = requested_order()
    call_off_order(order.pk, reason="changed my mind", actor=AGENT)
    before, said = fresh(row), told(row)

    with pytest.raises(FulfillmentNotAllowed):
        confirm_received(row.pk, reference="THEIRS", actor=AGENT)
    with pytest.raises(FulfillmentNotAllowed):
        confirm_not_received(row.pk, actor=AGENT)

    after = fresh(row)
    assert (after.state, after.request_state, after.partner_reference) == (
        before.state,
        before.request_state,
        before.partner_reference,
    )
    assert told(row) == said
