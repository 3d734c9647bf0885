"""Who is logged in: as long as the session lasts and the person may work here."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Role, User

pytestmark = pytest.mark.django_db
PASSWORD = "long enough to be let in 7"


@pytest.fixture
def dana() -> User:
    return User.objects.create_user("dana", password=PASSWORD, is_staff=True, role=Role.AGENT)


@pytest.fixture
def browser(dana: User) -> Client:
    browser = Client()
    browser.post("/admin/login/", {"username": "dana", "password": PASSWORD})
    assert browser.get("/").status_code == 200
    return browser


def is_sent_to_log_in(browser: Client) -> bool:
    answer = browser.get("/")
    return answer.status_code == 302 and "/login/" in answer["Location"]


def test_a_session_that_has_ended_is_nobodys(browser: Client):
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    assert is_sent_to_log_in(browser)


def test_a_session_that_nobody_began_is_nobodys(browser: Client):
    Session.objects.all().delete()

    assert is_sent_to_log_in(browser)


def test_who_is_switched_off_is_out_at_once(browser: Client, dana: User):
    User.objects.filter(pk=dana.pk).update(is_active=False)

    assert is_sent_to_log_in(browser)


def test_who_is_gone_is_out(browser: Client, dana: User):
    dana.delete()

    assert is_sent_to_log_in(browser)


def test_a_new_password_ends_the_sessions_of_the_old_one(browser: Client, dana: User):
    dana.set_password("another one that is long 8")
    dana.save()

    assert is_sent_to_log_in(browser)
