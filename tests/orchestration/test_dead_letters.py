"""What was given up: seen by whom it concerns, said in words, and started again no faster than whom it calls bears."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import Role
from apps.core import clock
from apps.core.models import Event
from apps.integrations.models import Partner, PartnerNode
from apps.orchestration import redriving
from apps.orchestration.models import Redrive, RunState, StepRun
from apps.orchestration.runner import run_batch
from apps.orchestration.subscriptions import retry_failed_jobs
from apps.outbound.models import Breaker, CallLog
from apps.webhooks.models import Delivery, WebhookEndpoint
from apps.webhooks.states import DeliveryState
from tests.api.front_door import Door
from tests.driving import work_it_off
from tests.factories import NodeFactory, UserFactory, make_key, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def door(db: None) -> Door:
    return Door(make_key(role=Role.OPERATIONS))


@pytest.fixture
def at_partner(db: None) -> Any:
    """A fulfillment order at a partner's node, not submitted yet."""
    partner = Partner.objects.create(code="acme", name="Acme Logistics", base_url="https://acme.example")
    PartnerNode.objects.create(partner=partner, node=NodeFactory(code="hub", partner=True), partner_code="hub")
    make_policy()
    make_stock(hub={"A": 99})
    order = make_order(lines={"A": 1})
    work_it_off(partners=False)
    StepRun.objects.exclude(state=RunState.DONE).delete()
    return order.fulfillment_orders.get()


def give_up(step: str, subject_id: int, *, stream: str = "", ref: str = "") -> StepRun:
    event = Event.objects.create(name="canary.sent", subject_id=0, subject_ref=ref, actor="system:test", data={})
    run: StepRun = StepRun.objects.create(event=event, step=step, subject_id=subject_id, stream=stream)
    gone = {"state": RunState.PARKED, "finished_at": clock.now(), "error_code": "attempts_spent", "attempts": 4}
    StepRun.objects.filter(pk=run.pk).update(**gone)
    return run


def parked() -> int:
    return StepRun.objects.filter(state=RunState.PARKED).count()


def next_part() -> None:
    StepRun.objects.filter(step="retry_failed_jobs", state=RunState.DUE).update(
        due_at=clock.now() - timedelta(seconds=1)
    )
    run_batch(retry_failed_jobs)


def test_all_of_a_partner_are_started_again_twenty_at_a_time_and_others_stay(door: Door, at_partner: Any):
    for _ in range(45):
        give_up("ask_partner_to_cancel", at_partner.pk)
    other = give_up("mail_staff", 1)

    started = door.post("dead-letters/replay", {"kind": "partner", "called": "acme"})

    assert (started.status_code, started.data["total"], started.data["sent"]) == (202, 45, 0)
    next_part()
    assert parked() == 45 + 1 - redriving.MOST_UNDER_WAY
    # None of those has come to an end, so no more are started, and no attempt of the job is spent on waiting.
    next_part()
    assert parked() == 26
    StepRun.objects.filter(step="ask_partner_to_cancel", state=RunState.DUE).update(state=RunState.DONE)
    next_part()
    StepRun.objects.filter(step="ask_partner_to_cancel", state=RunState.DUE).update(state=RunState.DONE)
    next_part()
    job = door.get(f"dead-letters/replays/{started.data['id']}").data
    assert (job["state"], job["sent"], job["outcomes"]) == ("done", 45, {"done": 40, "due": 5})
    assert list(StepRun.objects.filter(state=RunState.PARKED)) == [other]


@pytest.mark.parametrize(("column", "most"), [("open_until", 0), ("wait_until", 0), ("probing", 1)])
def test_whoever_is_left_alone_gets_none_and_whoever_is_being_tried_gets_one(
    door: Door, at_partner: Any, column: str, most: int
):
    for _ in range(5):
        give_up("ask_partner_to_cancel", at_partner.pk)
    now = clock.now()
    until = {"open_until": now - timedelta(seconds=1)} if column == "probing" else {column: now + timedelta(seconds=40)}
    Breaker.objects.create(kind="partner", counterpart="acme", name="Acme", **until)

    door.post("dead-letters/replay", {})
    next_part()

    assert parked() == 5 - most
    if not most:
        waiting = StepRun.objects.get(step="retry_failed_jobs")
        assert (waiting.state, waiting.attempts) == (RunState.DUE, 0)
        assert waiting.due_at >= now + timedelta(seconds=39)


def test_a_delivery_is_sent_again_and_one_that_was_settled_meanwhile_is_passed_over(door: Door):
    endpoint = WebhookEndpoint.objects.create(name="ERP", url="https://erp.example/hook", secret="x")
    delivery = Delivery.objects.create(
        endpoint=endpoint, event="order.accepted", event_id=1, payload={}, state=DeliveryState.FAILED, attempts=10
    )
    run = give_up("mail_staff", 1)
    [listed] = door.get("dead-letters/deliveries").data["items"]

    job = door.post("dead-letters/replay", {"ids": [listed["id"], f"run_{run.pk}"]}).data
    StepRun.objects.filter(pk=run.pk).update(state=RunState.DONE)
    next_part()

    again = Delivery.objects.get(pk=delivery.pk)
    assert (again.state, again.attempts) == (DeliveryState.PENDING, 0)
    outcomes = door.get(f"dead-letters/replays/{job['id']}").data["outcomes"]
    assert outcomes == {"pending": 1, "passed_over": 1}


def test_stopped_it_starts_no_more_and_nothing_to_retry_is_refused(door: Door):
    give_up("mail_staff", 1)
    job = door.post("dead-letters/replay", {}).data
    assert door.post("dead-letters/replay", {}).data["id"] == job["id"]

    assert door.post(f"dead-letters/replays/{job['id']}/stop").data["state"] == "stopped"
    next_part()

    assert parked() == 1
    refused = door.post("dead-letters/replay", {"step": "submit_to_partner"})
    assert (refused.status_code, refused.data["code"]) == (409, "nothing_to_retry")
    assert Redrive.objects.count() == 1


def test_whoever_may_not_retry_starts_nothing_and_whoever_is_limited_only_what_is_about_their_orders(at_partner: Any):
    mine = give_up("ask_partner_to_cancel", at_partner.pk, stream=at_partner.order.public_id)
    give_up("mail_staff", 1)
    at_other = make_key(role=Role.OPERATIONS, nodes=["elsewhere"])

    assert Door(make_key(role=Role.AGENT)).post("dead-letters/replay", {}).status_code == 403
    assert Door(at_other).get("dead-letters").data["items"] == []
    assert Door(at_other).post("dead-letters/replay", {}).status_code == 409
    seen = Door(make_key(role=Role.OPERATIONS, nodes=["hub"])).get("dead-letters").data["items"]
    assert [one["id"] for one in seen] == [f"run_{mine.pk}"]
    assert not Redrive.objects.exists()


def test_the_desk_says_whom_it_calls_how_the_last_call_went_and_what_to_do(client: Client, at_partner: Any):
    order = at_partner.order
    give_up("ask_partner_to_cancel", at_partner.pk, stream=order.public_id, ref=at_partner.public_id)
    give_up("mail_staff", 1)
    CallLog.objects.create(
        kind="partner", counterpart="acme", name="Acme Logistics", operation="cancel", stream=order.public_id,
        reference=at_partner.public_id, outcome="refused", status=401,
    )  # fmt: skip
    client.force_login(UserFactory(role=Role.OPERATIONS))

    page = client.get("/parked/").content.decode()

    assert "Last call to Acme Logistics: Refused, 401." in page
    assert "Its credentials are refused" in page
    assert "Retry all (2)" in page
    filtered = client.get("/parked/?called=partner:acme").content.decode()
    assert "Retry all that are filtered (1)" in filtered
    went = client.post("/parked/retry/all/", {"called": "partner:acme"}, follow=True).content.decode()
    assert "0 of 1 started again" in went
    next_part()
    assert "1 of 1 started again" in client.get(f"/parked/jobs/{Redrive.objects.get().public_id}/").content.decode()
