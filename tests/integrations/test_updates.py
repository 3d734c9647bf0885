"""Partners that report nothing themselves are asked what has happened."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import Settings

from apps.casework.models import ExceptionCase
from apps.core import clock
from apps.core.models import Event
from apps.fulfillment.models import Shipment
from apps.integrations.errors import PartnerUnusable
from apps.integrations.models import Partner, PartnerPoll
from apps.integrations.services import request_updates, request_updates_of, updates
from apps.orchestration.models import StepRun
from apps.outbound.models import CallLog
from orchestrator.sandbox import Sandbox
from orchestrator.sandbox.callbacks import signed
from tests.driving import again, work_it_off
from tests.factories import AGENT
from tests.partnering import SECRET, fresh, make_partner, operations, post, submitted_order, taken

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def quiet(sandbox: Sandbox, settings: Settings) -> Partner:
    settings.PARTNER_ADAPTER_PACKAGES = ["tests.integrations.polled"]
    partner = make_partner(sandbox)
    Partner.objects.update(adapter="quiet")
    return partner


def ask(minutes: float = 0) -> int:
    with clock.moved(timedelta(minutes=minutes)):
        asked = request_updates()
        work_it_off()
    return asked


def test_what_such_a_partner_has_done_is_known_when_it_is_asked(sandbox: Sandbox, quiet: Partner):
    order, row = submitted_order()
    [theirs] = taken(sandbox, row)
    sandbox.three_pl.accept(theirs.reference)
    ask()
    assert fresh(row).state == "accepted"

    sandbox.three_pl.ship(theirs.reference)
    ask()
    assert (fresh(row).state, again(order).state) == ("shipped", "shipped")
    sandbox.three_pl.deliver(theirs.reference)
    ask()
    assert again(order).state == "delivered"
    call = CallLog.objects.filter(operation="updates").latest("pk")
    assert (call.counterpart, call.outcome) == ("acme", "ok")
    assert ask() == 0, "nothing of ours is there any more"


def test_what_it_says_twice_happens_once(sandbox: Sandbox, quiet: Partner):
    _, row = submitted_order()
    sandbox.three_pl.ship(taken(sandbox, row)[0].reference)
    for _ in range(3):
        ask()

    assert Shipment.objects.count() == 1
    assert Event.objects.filter(name="fulfillment.shipped").count() == 1
    poll = PartnerPoll.objects.get()
    assert (poll.cursor, poll.upto) == ("3", 0)
    assert poll.heard_at is not None


def test_one_that_does_not_answer_is_asked_the_next_time_and_from_the_same_place(sandbox: Sandbox, quiet: Partner):
    _, row = submitted_order()
    sandbox.three_pl.ship(taken(sandbox, row)[0].reference)
    sandbox.misbehave("acme", "fail", times=1)
    ask()

    assert fresh(row).state == "open"
    assert PartnerPoll.objects.get().heard_at is None
    assert not StepRun.objects.filter(state="parked").exists()
    ask(minutes=5)
    assert fresh(row).state == "shipped"


def test_one_that_locks_us_out_is_put_before_a_person(sandbox: Sandbox, quiet: Partner):
    submitted_order()
    sandbox.misbehave("acme", "lock_out")
    ask()

    case = ExceptionCase.objects.get()
    assert (case.type, case.subject_ref) == ("dead_letter", quiet.public_id)
    assert "it answers 401" in case.sentence


def test_what_can_not_be_noted_is_put_before_a_person_and_keeps_nothing_else_back(sandbox: Sandbox, quiet: Partner):
    rows = [submitted_order()[1] for _ in range(2)]
    theirs = [taken(sandbox, row)[0].reference for row in rows]
    for reference in theirs:
        sandbox.three_pl.ship(reference)
    ask()
    # From here on, the first is said to have left a second time.
    Shipment.objects.filter(fulfillment_order=rows[0]).update(external_id="another")
    sandbox.three_pl.deliver(theirs[1])
    ask()
    ask()

    [case] = ExceptionCase.objects.all()
    assert (case.type, case.subject_ref) == ("dead_letter", rows[0].public_id)
    assert "reports what can’t be noted here" in case.sentence
    assert Shipment.objects.filter(fulfillment_order=rows[0]).count() == 1
    assert fresh(rows[1]).state == "delivered"


def test_of_many_orders_each_is_asked_about(sandbox: Sandbox, quiet: Partner, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(updates, "MOST_ASKED", 1)
    rows = [submitted_order()[1] for _ in range(3)]
    for row in rows:
        sandbox.three_pl.ship(taken(sandbox, row)[0].reference)
    ask()

    assert {fresh(row).state for row in rows} == {"shipped"}
    assert PartnerPoll.objects.get().upto == 0


def test_a_partner_that_calls_back_is_not_asked_and_one_that_is_asked_can_not_call_back(sandbox: Sandbox):
    partner = make_partner(sandbox)
    _, row = submitted_order()
    assert ask() == 0
    with pytest.raises(PartnerUnusable):
        request_updates_of(partner, actor=AGENT)
    assert "look_up" not in operations(sandbox)
    assert fresh(row).state == "open"


def test_whoever_calls_in_the_name_of_one_that_reports_nothing_is_refused(sandbox: Sandbox, quiet: Partner):
    _, row = submitted_order()
    told = {"fulfillment_order": row.public_id, "reference": row.partner_reference}

    assert post(signed("acme", "fulfillment.accepted", told, secret=SECRET)).status_code == 401
    assert fresh(row).state == row.state
