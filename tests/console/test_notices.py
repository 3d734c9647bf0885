"""The bell and what it leads to."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.notifications.models import StaffNotice
from apps.notifications.services import tell_staff
from tests.console.conftest import LogIn
from tests.factories import AGENT, UserFactory

pytestmark = pytest.mark.django_db


def tell(user: User, text: str = "Dana mentioned you.") -> StaffNotice:
    return tell_staff([user], text=text, link="/exceptions/", kind="mention", actor=AGENT)[0]


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_bell_says_how_many_wait_on_every_page():
    user = UserFactory(role="operations")
    tell(user)
    client = logged_in(user)

    for address in ("/", "/notices/bell/", reverse("admin:network_node_changelist")):
        assert 'aria-label="Notices, 1 unread"' in client.get(address).content.decode(), address


def test_following_a_notice_is_reading_it():
    user = UserFactory()
    notice = tell(user)

    answer = logged_in(user).get(f"/notices/{notice.public_id}/")

    assert (answer.status_code, answer["Location"]) == (302, "/exceptions/")
    assert StaffNotice.objects.get().read_at is not None


def test_somebody_elses_notice_is_not_there_and_stays_unread(log_in: LogIn):
    notice = tell(UserFactory(), text="Not for you.")
    client = log_in()

    assert client.get(f"/notices/{notice.public_id}/").status_code == 404
    client.post("/notices/read/")
    assert "Not for you." not in client.get("/notices/").content.decode()
    assert StaffNotice.objects.get().read_at is None


def test_all_are_read_with_one_button():
    user = UserFactory()
    tell(user)
    tell(user)
    client = logged_in(user)
    client.post("/notices/read/")

    assert "You have read everything" in client.get("/notices/?unread=1").content.decode()


def test_bad_input_16_markup_in_a_notice_is_shown_as_text():
    user = UserFactory()
    tell(user, text="<script>alert(1)</script>")

    text = logged_in(user).get("/notices/").content.decode()

    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text
