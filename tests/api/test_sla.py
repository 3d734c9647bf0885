"""Clocks and policies at the front door."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.core import clock
from apps.network.models import Node
from apps.sla.models import SlaPolicyVersion, SlaTimer
from apps.sla.services import ensure_sla
from tests.factories import make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]


@pytest.fixture
def active() -> SlaPolicyVersion:
    ensure_sla()
    return SlaPolicyVersion.objects.get(state="active")


def make_timer(policy: SlaPolicyVersion, **changes: object) -> SlaTimer:
    order, now = make_order(), clock.now()
    given = {
        "stage": "ship", "subject_id": order.pk, "subject_ref": order.public_id, "stream": order.public_id, "order": order,
        "policy": policy, "rule": 0, "started_at": now, "due_at": now + timedelta(hours=1), **changes,
    }  # fmt: skip
    return SlaTimer.objects.create(**given)


def test_clocks_are_found_by_stage_state_order_and_breach(api, active):
    node = Node.objects.get(code="N1")
    fine, late = make_timer(active, node=node), make_timer(active, stage="pack", breached_at=clock.now())

    def found(query: str) -> list[str]:
        return [one["order"] for one in api.get(f"sla/timers?{query}").data["items"]]

    assert set(found("state=running")) == {fine.stream, late.stream}
    assert found("breached=true") == found("stage=pack") == found(f"order={late.stream}") == [late.stream]
    assert found("breached=false") == found("node=N1") == [fine.stream]
    assert api.get("sla/timers?policy__content=x").status_code == 400


def test_bad_input_22_a_store_sees_its_own_clocks(api, active, door):
    mine = make_timer(active, node=Node.objects.get(code="N1"))
    make_timer(active, stage="pack")

    shown = door(role="manager", nodes=["N1"]).get("sla/timers").data["items"]

    assert [(one["order"], one["node"]) for one in shown] == [(mine.stream, "N1")]


def test_a_policy_is_read_and_a_new_version_published(api, active):
    shown = api.get(f"sla/policies/{active.public_id}").data
    assert shown["content"]["rules"]

    made = api.post("sla/policies", {"content": shown["content"], "retime": False, "note": "same again"})

    assert (made.status_code, made.data["state"], made.data["number"]) == (201, "active", active.number + 1)
    listed = api.get("sla/policies").data["items"]
    assert [(one["number"], one["state"]) for one in listed] == [
        (active.number + 1, "active"),
        (active.number, "retired"),
    ]


def test_bad_input_36_a_policy_that_can_not_hold_is_422_with_its_flaws(api, active):
    answer = api.post(
        "sla/policies", {"content": {"rules": [{"stage": "teleport", "by": "minutes", "minutes": 5}]}, "retime": False}
    )

    assert answer.status_code == 422
    assert answer.data["errors"]
    assert SlaPolicyVersion.objects.get(state="active").pk == active.pk


def test_only_who_may_publishes(door, active):
    lead = door(role="lead")

    assert lead.get("sla/policies").status_code == 200
    assert lead.post("sla/policies", {"content": {}, "retime": False}).status_code == 403
