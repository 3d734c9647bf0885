"""What somebody was told is looked at again whenever it is read or mailed: stores are taken away, people leave."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.casework.models import ExceptionCase
from apps.casework.services import comment_case
from apps.core.process_cache import clear_process_cache
from apps.notifications.models import StaffNotice
from apps.notifications.selectors import unread_count
from apps.notifications.services import mail_notice, notify_people
from tests.casework.cases import actor_of, make_case
from tests.driving import work_it_off
from tests.factories import AGENT, NodeFactory, UserFactory, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> ExceptionCase:
    NodeFactory(code="leeds", name="Leeds Yard")
    NodeFactory(code="york", name="York Minster")
    clear_process_cache()
    return make_case("one", node="leeds", order=make_order(), sentence="Leeds Yard has 3 left.")


def told(user: User, link: str, **fields: Any) -> StaffNotice:
    values = {"text": "Leeds Yard has 3 left.", "kind": "escalation", "mail": True, "actor": AGENT}
    return notify_people([user], link=link, **{**values, **fields})[0]


def test_a_mail_waits_no_longer_for_somebody_whose_store_was_taken_away(case: ExceptionCase, mailoutbox: list[Any]):
    user = UserFactory(role="manager", nodes=["leeds"], email="m@yard.example")
    notice = told(user, f"/exceptions/{case.public_id}/")
    User.objects.update(nodes=["york"])

    mail_notice(notice.pk)

    assert mailoutbox == []
    assert StaffNotice.objects.get().mailed_at is None


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_a_mail_does_not_go_to_somebody_who_left_meanwhile(case: ExceptionCase, mailoutbox: list[Any], change: Any):
    notice = told(UserFactory(email="m@yard.example"), f"/exceptions/{case.public_id}/")
    User.objects.update(**change)

    mail_notice(notice.pk)

    assert mailoutbox == []


def test_a_mail_says_no_more_than_its_reader_may_read_when_it_goes_out(case: ExceptionCase, mailoutbox: list[Any]):
    user = UserFactory(role="manager", email="m@yard.example")
    shared = make_case("two", node="york", sentence="Leeds Yard has 3 left.")
    notice = told(user, f"/exceptions/{shared.public_id}/")
    User.objects.update(nodes=["york"])

    mail_notice(notice.pk)

    said = mailoutbox[0].subject + mailoutbox[0].body
    assert "another location has … left." in said
    assert "Leeds" not in said


@pytest.mark.parametrize("page", ["exceptions", "orders", "approvals"])
def test_a_notice_goes_with_the_store_it_is_about(case: ExceptionCase, page: str):
    user = UserFactory(role="manager", nodes=["leeds"])
    assert case.order is not None
    refs = {"exceptions": case.public_id, "orders": case.order.public_id, "approvals": "apr_1"}
    notice = told(user, f"/{page}/{refs[page]}/")
    user.nodes = ["york"]
    user.save()
    client = Client()
    client.force_login(user)

    assert unread_count(user) == 0
    assert client.get(f"/notices/{notice.public_id}/").status_code == 404
    assert notice.public_id not in client.get("/notices/").content.decode()


def test_a_comment_is_not_quoted_to_somebody_who_may_not_open_its_case_any_more(case: ExceptionCase):
    user = UserFactory(role="manager", nodes=["leeds"], username="mo")
    comment_case(case.pk, body="@mo the vault code is 7919", actor=actor_of(UserFactory()))
    work_it_off()
    client = Client()
    client.force_login(user)
    assert "7919" in client.get("/notices/").content.decode()

    User.objects.filter(pk=user.pk).update(nodes=["york"])

    assert "7919" not in client.get("/notices/").content.decode()


def test_what_a_persons_own_store_is_about_stays(case: ExceptionCase, mailoutbox: list[Any]):
    user = UserFactory(role="manager", nodes=["leeds"], email="m@yard.example")
    notice = told(user, f"/exceptions/{case.public_id}/")
    told(user, "/exceptions/", kind="mention")

    mail_notice(notice.pk)

    assert (unread_count(user), len(mailoutbox)) == (2, 1)


def test_word_of_a_webhook_goes_to_whoever_still_sets_up_webhooks(mailoutbox: list[Any]):
    user = UserFactory(role="operations", email="m@yard.example")
    notice = told(user, "/admin/webhooks/webhookendpoint/1/change/", kind="webhook")
    User.objects.update(role="agent")

    mail_notice(notice.pk)

    assert mailoutbox == []
