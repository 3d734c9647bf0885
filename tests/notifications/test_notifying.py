"""Who is told of what happens to cases, proposals and clocks."""

from __future__ import annotations

from typing import Any

import pytest

from apps.accounts.models import User
from apps.casework.approvals.deciding import decide_approval
from apps.casework.events import CaseEscalated, case_fact
from apps.casework.models import ExceptionCase
from apps.casework.services import assign_cases, comment_case
from apps.core.actor import SYSTEM
from apps.core.outbox import Fact, record
from apps.notifications.models import CustomerMessage, StaffNotice
from apps.sla.events import Alerts, SlaBreached, SlaWarned
from tests.casework.approvals.people import caller, person, policy, proposal
from tests.casework.cases import actor_of, make_case
from tests.casework.resolutions.settling import let, settle
from tests.driving import work_it_off
from tests.factories import ChannelFactory, NodeFactory, UserFactory, make_order

pytestmark = pytest.mark.django_db


def told(user: User) -> list[tuple[str, str]]:
    return list(StaffNotice.objects.filter(user=user).order_by("pk").values_list("kind", "link"))


def link(case: ExceptionCase) -> str:
    return f"/exceptions/{case.public_id}/"


def test_the_mentioned_are_told_by_mail_and_the_writer_is_not(mailoutbox: list[Any]):
    case, dana, sam = make_case(), UserFactory(username="dana", email="dana@yard.example"), UserFactory(username="sam")
    comment_case(case.pk, body="@dana and @sam: the secret is out", actor=actor_of(sam))
    work_it_off()

    assert (told(dana), told(sam)) == ([("mention", link(case))], [])
    assert [mail.to for mail in mailoutbox] == [["dana@yard.example"]]
    assert "secret" not in mailoutbox[0].body, "what was written may hold personal data; the mail only leads there"


def test_who_is_given_a_case_is_told_and_who_takes_one_is_not():
    case, lead, dana = make_case(), UserFactory(role="lead"), UserFactory()
    assign_cases([case.pk], owner=dana, actor=actor_of(lead))
    work_it_off()
    assert (told(dana), told(lead)) == ([("assigned", link(case))], [])

    assign_cases([case.pk], owner=lead, actor=actor_of(lead))
    work_it_off()
    assert told(lead) == []


def test_the_next_level_is_told_each_person_once():
    case, lead, owner = make_case(node="leeds"), UserFactory(role="lead"), UserFactory()
    UserFactory(role="agent")
    elsewhere = UserFactory(role="lead", nodes=["york"])
    rung = CaseEscalated(level=2, roles=["lead"], users=[owner.public_id, lead.public_id], mail=True)
    record(case_fact(case, rung), actor=SYSTEM)
    work_it_off()

    assert [told(user) for user in (lead, owner, elsewhere)] == [[("escalation", link(case))]] * 2 + [[]]


def test_deciders_are_asked_the_maker_is_not_and_hears_the_answer():
    ChannelFactory()
    policy()
    maker, lead = person("lead"), person("lead", email="lena@yard.example")
    row = proposal(maker)
    work_it_off()
    assert (told(lead), told(maker)) == ([("approval", f"/approvals/{row.public_id}/")], [])

    decide_approval(row.public_id, approve=False, reason="Too much.", user=lead, caller=caller(lead))
    work_it_off()

    notice = StaffNotice.objects.get(user=maker)
    assert (notice.kind, "Too much." in notice.text) == ("decision", True)


def test_a_clock_tells_whom_its_policy_names():
    lead, agent = UserFactory(role="lead"), UserFactory(role="agent")
    NodeFactory(code="leeds", name="Leeds DC")
    alerts: Alerts = {"roles": ["lead"], "users": [], "mail": False}
    record(
        Fact(SlaBreached(stage="ship", due_at="", node="leeds", alerts=alerts), 1, "ful_1", "ord_1"),
        Fact(SlaWarned(stage="ship", due_at=""), 1, "ful_1", "ord_1"),
        actor=SYSTEM,
    )
    work_it_off()

    assert (told(lead), told(agent)) == ([("sla", "/orders/ord_1/")], [])
    assert "Shipping at Leeds DC overdue" in StaffNotice.objects.get().text


def test_what_the_agent_read_the_customer_hears_once(mailoutbox: list[Any]):
    ChannelFactory()
    let()
    order = make_order(customer={"name": "Pat Canary", "email": "pat@canary.test"})
    case = make_case(order.public_id, order=order, type="no_stock")
    action = settle(case, "cancel_order", reason="Out of stock")
    work_it_off()

    said = action.effect["customer_message"]
    assert said
    assert [mail.to for mail in mailoutbox] == [["pat@canary.test"]]
    assert said in mailoutbox[0].body
    assert CustomerMessage.objects.get().reference == action.public_id


def test_what_is_nobodys_order_tells_no_customer(mailoutbox: list[Any]):
    let()
    settle(make_case(), "handled_outside", what="by phone")
    work_it_off()

    assert not CustomerMessage.objects.exists()
    assert mailoutbox == []
