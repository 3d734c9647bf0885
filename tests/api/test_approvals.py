"""Four-eyes at the front door."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from apps.accounts.services import create_api_key
from apps.casework.models import ApprovalRequest
from apps.core.actor import Actor
from apps.orders.models import Order
from tests.api.staff_door import StaffDoor
from tests.casework.approvals.people import person, policy, proposal
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]
YES = {"approve": True, "reason": "Seen."}


def made(maker=None) -> ApprovalRequest:
    policy()
    return proposal(maker or person("agent"))


def tag(row: ApprovalRequest) -> str:
    return f'"{ApprovalRequest.objects.get(pk=row.pk).version}"'


def test_a_proposal_is_listed_read_and_approved():
    row, lead = made(), StaffDoor(role="lead")

    listed = lead.get("approvals?state=pending&kind=refund").data["items"]
    shown = lead.get(f"approvals/{row.public_id}")
    answer = lead.post(f"approvals/{row.public_id}/decide", YES, match=shown.headers["ETag"])

    assert [one["id"] for one in listed] == [row.public_id]
    assert (shown.data["may_decide"], shown.data["amount"], shown.data["before"]) == (True, 2500, {"paid_minor": 5000})
    assert (answer.status_code, answer.data["state"], answer.data["agreed"]) == (200, "approved", 1)


@pytest.mark.parametrize("superuser", [False, True])
def test_bad_input_26_the_maker_is_refused_superuser_included_and_it_is_written_down(superuser):
    maker = UserFactory(role="lead", is_superuser=superuser)
    row, door = made(maker), StaffDoor(maker)
    assert door.get(f"approvals/{row.public_id}").data["may_decide"] is False

    with capture_logs() as logs:
        answer = door.post(f"approvals/{row.public_id}/decide", YES, match=tag(row))

    assert (answer.status_code, answer.data["code"]) == (403, "self_approval")
    assert "self_approval_refused" in {line["event"] for line in logs}
    assert ApprovalRequest.objects.get().state == "pending"


def test_a_key_decides_nothing(api):
    row = made()

    answer = api.post(f"approvals/{row.public_id}/decide", YES, match=tag(row))

    assert (answer.status_code, answer.data["code"]) == (403, "may_not_decide")
    assert "key" in api.get(f"approvals/{row.public_id}").data["why_not"]


def test_a_role_without_the_scope_does_not_get_to_the_question():
    row = made()

    answer = StaffDoor(role="agent").post(f"approvals/{row.public_id}/decide", YES, match=tag(row))

    assert (answer.status_code, answer.data["code"]) == (403, "not_allowed")


def test_bad_input_24_deciding_needs_the_version_that_was_looked_at():
    row, lead = made(), StaffDoor(role="lead")

    assert lead.post(f"approvals/{row.public_id}/decide", YES).status_code == 428
    stale = lead.post(f"approvals/{row.public_id}/decide", YES, match='"99"')

    assert (stale.status_code, stale.headers["ETag"]) == (412, tag(row))


def test_fault_25_of_two_deciders_one_wins_and_the_other_is_told():
    row = made()
    first, second = StaffDoor(role="lead"), StaffDoor(role="manager")
    seen = tag(row)
    assert first.post(f"approvals/{row.public_id}/decide", YES, match=seen).status_code == 200

    late = second.post(f"approvals/{row.public_id}/decide", {"approve": False, "reason": "No."}, match=tag(row))

    assert (late.status_code, late.data["code"]) == (409, "approval_decided")
    assert ApprovalRequest.objects.get().state == "approved"


def test_fault_25_a_proposal_whose_target_changed_is_voided_and_stays_so():
    row, lead = made(), StaffDoor(role="lead")
    seen = tag(row)
    order = Order.objects.get(pk=row.order_id)
    Order.objects.filter(pk=order.pk).update(version=order.version + 1)

    answer = lead.post(f"approvals/{row.public_id}/decide", YES, match=seen)

    assert (answer.status_code, answer.data["code"]) == (409, "approval_voided")
    assert ApprovalRequest.objects.get().state == "voided"


def test_a_no_needs_a_reason():
    row, lead = made(), StaffDoor(role="lead")

    answer = lead.post(f"approvals/{row.public_id}/decide", {"approve": False}, match=tag(row))

    assert (answer.status_code, answer.data["code"]) == (422, "reason_needed")


def test_the_maker_takes_it_back_and_nobody_else_does():
    maker = person("agent")
    row = made(maker)

    assert StaffDoor(role="lead").post(f"approvals/{row.public_id}/withdraw").status_code == 403
    answer = StaffDoor(maker).post(f"approvals/{row.public_id}/withdraw")

    assert (answer.status_code, answer.data["state"]) == (200, "withdrawn")


@pytest.mark.parametrize("query", ["payload_hash=x", "votes__user__password=a", "state=maybe", "sort=reason"])
def test_bad_input_20_an_unknown_filter_is_400(api, query):
    assert api.get(f"approvals?{query}").status_code == 400


def test_bad_input_22_a_proposal_of_another_channel_is_404(door):
    row = made()
    stranger = door(channels=["other"])

    assert stranger.get(f"approvals/{row.public_id}").status_code == 404
    assert stranger.get("approvals").data["items"] == []


@pytest.mark.parametrize("owner", ["nobody", "another"])
def test_who_made_a_key_does_not_approve_what_it_proposed_whoever_answers_for_it(owner):
    maker = UserFactory(role="admin")
    key, _ = create_api_key(
        name="ERP",
        role="admin",
        owner=UserFactory() if owner == "another" else None,
        actor=Actor("staff", maker.public_id),
    )
    policy()
    row = proposal(maker, actor=Actor("key", key.public_id))
    door = StaffDoor(maker)

    answer = door.post(f"approvals/{row.public_id}/decide", YES, match=tag(row))

    assert (answer.status_code, answer.data["code"]) == (403, "self_approval")
    assert door.get(f"approvals/{row.public_id}").data["may_decide"] is False
    assert ApprovalRequest.objects.get().state == "pending"
    assert StaffDoor(role="lead").post(f"approvals/{row.public_id}/decide", YES, match=tag(row)).status_code == 200
