"""The manager inbox: what waits for whom, side by side, decided with a reason, never by its maker."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role, User
from apps.casework.approvals.registry import PERFORMERS
from apps.casework.models import ApprovalRequest
from apps.console.approvals.page import pairs_of
from tests.casework.approvals.people import policy, proposal
from tests.console.conftest import LogIn
from tests.factories import ChannelFactory, UserFactory, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def maker(db: None) -> User:
    ChannelFactory()
    policy(roles=["lead", "manager"])
    return UserFactory(role=Role.AGENT, first_name="Dana", last_name="Reyes")


def put(client: Client, row: ApprovalRequest, verb: str, **fields: Any) -> str:
    posted = {"verb": verb, "version": str(row.version), **fields}
    answer = client.post(reverse("console:approval_decide", args=[row.public_id]), posted, follow=True)
    return str(answer.content.decode())


def state_of(row: ApprovalRequest) -> str:
    return str(ApprovalRequest.objects.get(pk=row.pk).state)


def test_what_waits_for_somebody_stands_in_their_inbox_and_is_counted(log_in: LogIn, maker: User):
    row = proposal(maker)
    manager = log_in(Role.MANAGER).get("/approvals/")

    assert [view.row for view in manager.context["views"]] == [row]
    assert ("", "Waiting for you", 1) in manager.context["shelves"]
    assert "It came broken." in manager.content.decode()


def test_the_card_says_what_comes_of_it_whatever_reason_the_maker_gave(log_in: LogIn, maker: User):
    said = "The order ships for the £9.00 claimed, £1.00 less than the lines come to."
    proposal(maker, effect={"sentence": said, "cost_minor": 100}, reason="The agreed price")

    text = log_in(Role.MANAGER).get("/approvals/").content.decode()

    assert said in text


@pytest.mark.parametrize(
    ("verb", "heads"),
    [
        ("", ("Outcome", "Now", "If approved")),
        ("approve", ("What came of it", "Before", "Since it was approved")),
        ("reject", ("What would have come of it", "As it was", "Had it been approved")),
    ],
)
def test_a_decided_proposal_is_no_longer_an_if(
    log_in: LogIn, maker: User, monkeypatch: pytest.MonkeyPatch, verb: str, heads: tuple[str, ...]
):
    monkeypatch.setitem(PERFORMERS, "refund", lambda row, actor: None)
    row, manager = proposal(maker, effect={"sentence": "It is paid back."}), log_in(Role.MANAGER)
    if verb:
        put(manager, row, verb, reason="Too expensive")

    text = manager.get(reverse("console:approval", args=[row.public_id])).content.decode()

    assert all(f">{head}<" in text for head in heads)
    assert ("If approved" in text) == (not verb)


def test_before_and_after_stand_side_by_side_with_money_and_dates(log_in: LogIn, maker: User):
    before = {"name": "Mug A", "unit_price_minor": 1000, "currency": "GBP", "deliver_by": "2026-11-25T10:00:00+00:00"}
    after = {**before, "name": "Mug B", "unit_price_minor": 900, "likeness": 85, "attributes": {"size": "M"}}
    row = proposal(maker, before=before, after=after)

    pairs = {pair.label: (pair.before, pair.after) for pair in pairs_of(row)}

    assert pairs["Item"] == ("Mug A", "Mug B")
    assert pairs["Price each"] == ("£10.00", "£9.00")
    assert pairs["Promise date"] == ("25 November 2026", "25 November 2026")
    assert pairs["Attributes"] == ("—", "size M")
    text = log_in(Role.MANAGER).get(reverse("console:approval", args=[row.public_id])).content.decode()
    assert "Mug B instead of Mug A" in text


def test_a_manager_approves_with_a_reason(log_in: LogIn, maker: User):
    row = proposal(maker)

    assert "Approved and done." in put(log_in(Role.MANAGER), row, "approve", reason="The customer agreed")

    row.refresh_from_db()
    assert (row.state, row.outcome) == ("approved", "The customer agreed")


def test_rejecting_needs_a_reason_from_the_list(log_in: LogIn, maker: User):
    row, client = proposal(maker), log_in(Role.LEAD)

    put(client, row, "reject")
    assert state_of(row) == "pending"
    put(client, row, "reject", reason="Too expensive", note="Half would do")

    row.refresh_from_db()
    assert (row.state, row.outcome) == ("rejected", "Too expensive: Half would do")


@pytest.mark.parametrize("superuser", [False, True])
def test_the_maker_sees_why_not_before_clicking_and_is_refused_when_posting_anyway(
    log_in: LogIn, maker: User, superuser: bool
):
    client = log_in(Role.LEAD, username="maker", is_superuser=superuser)
    row = proposal(User.objects.get(username="maker"))
    text = client.get(reverse("console:approval", args=[row.public_id])).content.decode()

    assert "You proposed this yourself" in text
    assert "approve-dialog" not in text
    assert "You proposed this yourself" in put(client, row, "approve")
    assert state_of(row) == "pending"


def test_who_may_not_decide_reads_who_may(log_in: LogIn, maker: User):
    policy(from_minor=1, roles=["operations"])
    row = proposal(maker)
    client = log_in(Role.LEAD)

    text = client.get(reverse("console:approval", args=[row.public_id])).content.decode()
    assert "This needs Operations or an administrator." in text
    put(client, row, "approve")
    assert state_of(row) == "pending"


def who_decides(client: Client, row: ApprovalRequest) -> str:
    text = client.get(reverse("console:approval", args=[row.public_id])).content.decode()
    return unescape(text.partition("<dt>Who decides</dt>")[2].partition("</dd>")[0])


def test_where_nobody_else_has_the_role_the_page_names_the_administrator_who_can(log_in: LogIn, maker: User):
    policy(from_minor=1, roles=["operations"])
    row, client = proposal(maker), log_in(Role.LEAD)
    assert "Nobody can" in who_decides(client, row)

    admin = UserFactory(role=Role.ADMIN, first_name="Ada", last_name="Brown")
    assert "Ada Brown" in who_decides(client, row)
    assert "an administrator can decide it" in who_decides(client, row)
    UserFactory(role=Role.OPERATIONS, first_name="Omar", last_name="Hill")
    assert "Omar Hill" in who_decides(client, row)
    assert "too few" not in who_decides(client, row).lower()

    client.force_login(admin)
    put(client, row, "approve")
    assert state_of(row) == "approved"


def test_a_change_of_a_mapping_is_decided_for_reasons_that_fit_one(log_in: LogIn, maker: User):
    policy("mapping", roles=["operations"])
    row = proposal(maker, kind="mapping", effect={}, amount_minor=0, currency="", order_id=None)

    text = log_in(Role.OPERATIONS).get(reverse("console:approval", args=[row.public_id])).content.decode()

    assert "Tried on the last messages" in text
    assert "It reads other messages wrong" in text
    assert "The customer agreed" not in text
    assert "Wait for the stock" not in text
    assert "effect-title" not in text


def test_an_agent_has_no_button_and_a_post_is_forbidden(log_in: LogIn, maker: User):
    row, client = proposal(maker), log_in(Role.AGENT)
    address = reverse("console:approval_decide", args=[row.public_id])

    assert client.post(address, {"verb": "approve"}).status_code == 403
    assert state_of(row) == "pending"


def test_a_stale_page_decides_nothing(log_in: LogIn, maker: User):
    row = proposal(maker)

    put(log_in(Role.MANAGER), row, "approve", version=str(row.version + 7))

    assert state_of(row) == "pending"


def test_the_second_of_two_is_told_it_is_decided(log_in: LogIn, maker: User):
    row = proposal(maker)
    put(log_in(Role.MANAGER), row, "approve")

    assert "approved already" in put(log_in(Role.LEAD), row, "reject", reason="Too expensive")
    assert state_of(row) == "approved"


def test_several_of_a_kind_are_decided_together_with_their_total(log_in: LogIn, maker: User):
    rows = [proposal(maker), proposal(maker), proposal(maker)]
    client = log_in(Role.MANAGER)
    page = client.get("/approvals/").content.decode()
    assert "£75.00" in page
    chosen = rows[:2]
    fields = {
        "approval": [row.public_id for row in chosen],
        "seen": [f"{row.public_id}:{row.version}" for row in rows],
        "verb": "approve",
    }

    text = client.post("/approvals/bulk/", fields, follow=True).content.decode()

    assert "2 proposals approved, £50.00 in all." in text
    assert [state_of(row) for row in rows] == ["approved", "approved", "pending"]


def test_different_kinds_are_not_decided_together(log_in: LogIn, maker: User):
    policy("price_override")
    first, second = proposal(maker), proposal(maker, kind="price_override", order=make_order())
    fields = {"approval": [first.public_id, second.public_id], "verb": "approve"}

    text = (
        log_in(Role.MANAGER).post("/approvals/bulk/", {**fields, "next": "/approvals/"}, follow=True).content.decode()
    )

    assert "not of one kind" in text
    assert state_of(first) == state_of(second) == "pending"


def test_the_maker_takes_it_back(log_in: LogIn, maker: User):
    client = log_in(Role.AGENT, username="maker")
    row = proposal(User.objects.get(username="maker"))

    client.post(reverse("console:approval_withdraw", args=[row.public_id]))

    assert state_of(row) == "withdrawn"


def test_what_a_proposal_says_is_text_and_its_picture_is_our_own(log_in: LogIn, maker: User):
    after = {"name": "<b>Mug</b>", "picture": "https://elsewhere.example/p.png"}
    row = proposal(maker, before={"name": "Mug A"}, after=after)

    text = log_in(Role.MANAGER).get(reverse("console:approval", args=[row.public_id])).content.decode()

    assert "&lt;b&gt;Mug" in text
    assert "elsewhere.example" not in text


def test_the_link_in_a_mail_leads_through_the_login(client: Client, maker: User):
    row = proposal(maker)
    address = reverse("console:approval", args=[row.public_id])

    answer = client.get(address)

    assert answer.status_code == 302
    assert f"next={address}" in answer["Location"]
