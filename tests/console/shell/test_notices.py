"""The bell and what it leads to."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.casework.models import CaseComment
from apps.casework.services import comment_case
from apps.notifications.models import StaffNotice
from apps.notifications.services import notify_people
from tests.casework.cases import actor_of, make_case
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import AGENT, UserFactory

pytestmark = pytest.mark.django_db


def tell(user: User, text: str = "Dana mentioned you.") -> StaffNotice:
    return notify_people([user], text=text, link="/exceptions/", kind="mention", actor=AGENT)[0]


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


def test_a_mention_carries_what_was_written_and_leaves_it_where_it_stands():
    case, dana, sam = make_case(), UserFactory(username="dana", role="agent"), UserFactory(username="sam")
    comment_case(case.pk, body="@dana: is the blue\none the same? <b>", actor=actor_of(sam))
    work_it_off()

    text = logged_in(dana).get("/notices/").content.decode()

    assert "@dana: is the blue one the same? &lt;b&gt;" in text
    assert "blue" not in StaffNotice.objects.get(user=dana).text
    CaseComment.objects.update(body="")
    assert "is the blue" not in logged_in(dana).get("/notices/").content.decode()


def test_notices_about_one_thing_stand_together_and_are_read_together():
    user = UserFactory()
    for number in range(3):
        tell(user, text=f"Dana mentioned you {number}.")
    notify_people([user], text="Another case.", link="/exceptions/other/", kind="mention", actor=AGENT)
    client = logged_in(user)

    text = client.get("/notices/").content.decode()

    assert 'aria-label="Notices, 2 unread"' in text
    assert "Dana mentioned you 2." in text
    assert "Dana mentioned you 1." not in text
    assert "and 2 notices before it" in text
    client.get(f"/notices/{StaffNotice.objects.get(text='Dana mentioned you 2.').public_id}/")
    assert [row.text for row in StaffNotice.objects.filter(read_at=None)] == ["Another case."]
