"""A worker is killed around a call, or the partner's answer is lost: never a second shipment (rows 8, 9, 21)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from apps.casework.models import ExceptionCase
from apps.compensation.models import ExternalEffect
from apps.core.models import Event
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import call_off_order
from apps.integrations.services import confirm_not_received
from apps.orchestration.models import StepRun
from apps.orchestration.services import retry_run
from apps.outbound.models import CallLog
from orchestrator.sandbox import Sandbox
from tests.driving import work_it_off
from tests.factories import AGENT
from tests.partnering import (
    EVERYTHING,
    deliver_news,
    fresh,
    in_a_while,
    later,
    make_partner,
    operations,
    requested_order,
    sandbox_held_to_the_invariants,
    submitted_order,
    taken,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

NO_LOOK_UP = ("accept_reject", "cancel")
# The worker says when it is there, and stays there until it is killed.
STAY = "import time; print('there', flush=True); time.sleep(60)"
BEFORE_WRITING = (
    f"from apps.integrations.services import submitting\ndef stay(*a, **k): {STAY}\nsubmitting.call_partner = stay"
)
BEFORE_SENDING = (
    f"from apps.integrations.framework import exchange\ndef stay(*a, **k): {STAY}\nexchange.exchange = stay"
)
BEFORE_NOTING = (
    f"from apps.integrations.services import submitting\ndef stay(*a, **k): {STAY}\nsubmitting.note_taken = stay"
)


@pytest.fixture
def sandbox(transactional_db: None) -> Iterator[Sandbox]:
    yield from sandbox_held_to_the_invariants()


def worker(where: str = "") -> subprocess.Popen[str]:
    """A process of its own that works the partner lane of the test database."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
    code = f"import django; django.setup()\n{where}\nfrom apps.orchestration.runner import drain\ndrain('partners')"
    env = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "orchestrator.settings"}
    return subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True)


def kill(process: subprocess.Popen[str]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def killed_at(where: str) -> None:
    process = worker(where)
    assert process.stdout is not None
    assert process.stdout.readline() == "there\n"
    kill(process)


def killed_after_acceptance(sandbox: Sandbox, row: FulfillmentOrder) -> None:
    """The partner has taken it and is about to answer when the worker dies."""
    sandbox.misbehave("acme", "lose_ack", times=1, seconds=30)
    process = worker()
    until = time.monotonic() + 30
    while not taken(sandbox, row) and time.monotonic() < until:
        time.sleep(0.02)
    kill(process)


@pytest.mark.parametrize("where", [BEFORE_WRITING, BEFORE_SENDING], ids=["before writing", "before sending"])
def test_a_worker_killed_before_the_call_is_replaced_within_a_minute(sandbox: Sandbox, where: str):
    make_partner(sandbox)
    _, row = requested_order()
    killed_at(where)
    # A call is written down before it is made, as one whose outcome nobody knows.
    calls = CallLog.objects.values_list("outcome", "reference", "idempotency_key")
    assert list(calls) == ([("unknown", row.public_id, row.public_id)] if where == BEFORE_SENDING else [])
    work_it_off()
    assert not taken(sandbox, row)

    later(60)
    assert len(taken(sandbox, row)) == 1
    assert fresh(row).request_state == "submitted"
    assert StepRun.objects.get(step="submit_to_partner").state == "done"


def test_a_worker_killed_after_the_partner_accepted_is_replaced_by_one_that_asks(sandbox: Sandbox):
    make_partner(sandbox)
    _, row = requested_order()
    killed_after_acceptance(sandbox, row)

    later(60)
    [theirs] = taken(sandbox, row)
    assert operations(sandbox) == ["submit", "look_up"]
    assert (fresh(row).request_state, fresh(row).partner_reference) == ("submitted", theirs.reference)
    sandbox.three_pl.ship(theirs.reference)
    deliver_news(sandbox)
    sandbox.three_pl.deliver(theirs.reference)
    deliver_news(sandbox)
    later(60)
    assert fresh(row).state == "delivered"


@pytest.mark.parametrize("capabilities", [NO_LOOK_UP, EVERYTHING], ids=["cannot be asked", "can be asked"])
def test_a_worker_killed_right_after_it_got_the_answer_has_not_lost_it(sandbox: Sandbox, capabilities: tuple[str, ...]):
    make_partner(sandbox, capabilities=capabilities)
    _, row = requested_order()
    killed_at(BEFORE_NOTING)

    later(60)
    [theirs] = taken(sandbox, row)
    assert operations(sandbox) == ["submit"]
    assert (fresh(row).request_state, fresh(row).partner_reference) == ("submitted", theirs.reference)


def test_an_order_cancelled_after_the_answer_was_got_and_not_noted_is_taken_back(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = requested_order()
    killed_at(BEFORE_NOTING)
    call_off_order(order.pk, reason="changed my mind", actor=AGENT)
    later(60)

    assert fresh(row).state == taken(sandbox, row)[0].state == "cancelled"


def test_what_was_set_off_before_a_worker_was_killed_is_known_and_confirmed_or_undone(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = requested_order()
    killed_after_acceptance(sandbox, row)
    effect = ExternalEffect.objects.get()
    assert (effect.state, effect.subject_ref, effect.stream) == ("attempted", row.public_id, order.public_id)

    later(60)
    assert ExternalEffect.objects.get().state == "succeeded"
    call_off_order(order.pk, reason="changed my mind", actor=AGENT)
    later(120)
    effect.refresh_from_db()
    assert (effect.state, taken(sandbox, row)[0].state) == ("compensated", "cancelled")
    assert effect.settled_at is not None
    told = Event.objects.filter(stream=order.public_id, name__startswith="compensation.").order_by("pk")
    assert list(told.values_list("name", flat=True)) == ["compensation.wanted", "compensation.completed"]


def test_nothing_is_sent_again_to_a_partner_that_cannot_be_asked(sandbox: Sandbox):
    make_partner(sandbox, capabilities=NO_LOOK_UP)
    _, row = requested_order()
    killed_after_acceptance(sandbox, row)
    in_a_while(seconds=3600)

    assert operations(sandbox) == ["submit"]
    assert fresh(row).request_state == "outcome_unknown"
    case = ExceptionCase.objects.get()
    assert (case.type, case.severity, case.subject_ref) == ("outcome_unknown", "critical", row.public_id)


LOST = ["lose_ack", "garbage"]


@pytest.mark.parametrize("mode", LOST)
def test_a_lost_answer_is_asked_for(sandbox: Sandbox, mode: str):
    make_partner(sandbox)
    sandbox.misbehave("acme", mode, times=1)
    _, row = submitted_order()
    assert fresh(row).request_state == "unsubmitted"

    later(5)
    assert operations(sandbox) == ["submit", "look_up"]
    assert len(taken(sandbox, row)) == 1
    assert fresh(row).request_state == "submitted"
    assert not ExceptionCase.objects.exists()


@pytest.mark.parametrize("mode", LOST)
def test_a_lost_answer_of_a_partner_that_cannot_be_asked_goes_before_a_person(sandbox: Sandbox, mode: str):
    make_partner(sandbox, capabilities=NO_LOOK_UP)
    sandbox.misbehave("acme", mode, times=1)
    submitted_order()
    in_a_while(seconds=3600)

    assert operations(sandbox) == ["submit"]
    assert ExceptionCase.objects.get().type == "outcome_unknown"
    # Not even someone who starts the step again by hand makes it send twice.
    StepRun.objects.filter(step="submit_to_partner").update(state="parked")
    retry_run(StepRun.objects.get(step="submit_to_partner").pk, AGENT)
    work_it_off()
    assert operations(sandbox) == ["submit"]


def test_what_was_never_taken_is_sent_after_asking(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("apps.outbound.client.DEADLINE_S", 0.3)
    make_partner(sandbox)
    sandbox.misbehave("acme", "hang", times=1)
    _, row = submitted_order()

    later(5)
    assert operations(sandbox) == ["submit", "look_up", "submit"]
    assert len(taken(sandbox, row)) == 1
    assert fresh(row).request_state == "submitted"


def test_when_asking_fails_as_well_a_person_has_to(sandbox: Sandbox):
    make_partner(sandbox)
    sandbox.misbehave("acme", "lose_ack", times=1)
    _, row = submitted_order()
    sandbox.misbehave("acme", "fail", only="look_up")
    in_a_while()

    assert operations(sandbox) == ["submit", "look_up", "look_up", "look_up"]
    assert fresh(row).request_state == "outcome_unknown"
    assert ExceptionCase.objects.get().type == "outcome_unknown"


def test_news_from_the_partner_settles_what_was_unknown(sandbox: Sandbox):
    make_partner(sandbox, capabilities=NO_LOOK_UP)
    sandbox.misbehave("acme", "lose_ack", times=1)
    _, row = submitted_order()
    [theirs] = taken(sandbox, row)
    sandbox.three_pl.accept(theirs.reference)

    assert deliver_news(sandbox) == [200]
    work_it_off()
    assert (fresh(row).request_state, fresh(row).partner_reference) == ("accepted", theirs.reference)
    assert ExceptionCase.objects.get().state == "resolved"


def test_a_person_who_asked_can_have_it_sent_again(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("apps.outbound.client.DEADLINE_S", 0.3)
    make_partner(sandbox, capabilities=NO_LOOK_UP)
    sandbox.misbehave("acme", "hang", times=1)
    _, row = submitted_order()
    assert ExceptionCase.objects.get().type == "outcome_unknown"

    confirm_not_received(row.pk, actor=AGENT)
    work_it_off()
    [theirs] = taken(sandbox, row)
    assert (theirs.key, fresh(row).request_state) == (row.public_id, "submitted")
    assert ExceptionCase.objects.get().state == "resolved"
