"""Logins without a shell: invited, forgotten passwords, a person's own settings."""

import re
import secrets
import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import ApiKey, Role, User
from apps.console.shell.me_views import ANSWERED_AFTER_S
from apps.console.shell.middleware import LoginThrottle
from apps.core import clock
from apps.core.models import Event
from apps.orders.models import Order
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import UserFactory, make_key

pytestmark = pytest.mark.django_db
GOOD = "correct horse battery staple"


def link_in(mail: Any) -> str:
    return re.search(r"https?://[^/]+(/password/\S+)", mail.body)[1]  # type: ignore[index]


def set_by(link: str, password: str) -> Any:
    client = Client()
    form = client.get(link, follow=True)
    return client.post(form.request["PATH_INFO"], {"new_password1": password, "new_password2": password})


def test_an_administrator_invites_a_person_who_chooses_the_password(log_in: LogIn, mailoutbox: list[Any]):
    fields = {"username": "dana", "first_name": "Dana", "email": "dana@yard.example", "role": "agent", "is_staff": "on"}

    log_in(Role.ADMIN).post(reverse("admin:accounts_user_add"), fields)
    work_it_off()

    dana = User.objects.get(username="dana")
    assert not dana.has_usable_password()
    assert [mail.to for mail in mailoutbox] == [["dana@yard.example"]]
    assert "Your username is dana" in mailoutbox[0].body
    set_by(link_in(mailoutbox[0]), GOOD)
    assert User.objects.get(username="dana").check_password(GOOD)
    set_by(link_in(mailoutbox[0]), "another good one 77")
    assert User.objects.get(username="dana").check_password(GOOD), "a link works once"


def test_who_has_chosen_a_password_is_told_so_at_the_login_and_comes_to_the_start_page(mailoutbox: list[Any]):
    UserFactory(username="sam", email="sam@yard.example", role=Role.AGENT)
    browser = Client()
    browser.post(reverse("console:password_forgot"), {"name": "sam"})
    work_it_off()
    form = browser.get(link_in(mailoutbox[0]), follow=True)
    chosen = {"new_password1": GOOD, "new_password2": GOOD}

    login = browser.post(form.request["PATH_INFO"], chosen, follow=True).content.decode()
    next_page = re.search(r'name="next" value="([^"]*)"', login)
    assert next_page is not None
    entered = browser.post("/admin/login/", {"username": "sam", "password": GOOD, "next": next_page[1]})

    assert "At least ten characters" in form.content.decode()
    assert "Your password is saved, sam. Log in with it." in login
    assert entered["Location"] == "/"


def test_refuses_an_invitation_without_an_address(log_in: LogIn):
    log_in(Role.ADMIN).post(reverse("admin:accounts_user_add"), {"username": "dana", "role": "agent", "is_staff": "on"})

    assert not User.objects.filter(username="dana").exists()


@pytest.mark.parametrize("name", ["sam", "SAM@yard.example"])
def test_who_forgot_the_password_is_mailed_a_link(mailoutbox: list[Any], name: str):
    sam = UserFactory(username="sam", email="sam@yard.example")

    answer = Client().post(reverse("console:password_forgot"), {"name": name})
    work_it_off()

    assert "If there is such a login" in answer.content.decode()
    set_by(link_in(mailoutbox[0]), GOOD)
    assert User.objects.get(username="sam").check_password(GOOD)
    assert not Event.objects.filter(data__icontains="token").exists()
    assert sam.pk


def test_who_asks_again_and_again_or_for_nobody_learns_nothing_and_mails_nothing(mailoutbox: list[Any]):
    UserFactory(username="sam", email="sam@yard.example")
    UserFactory(username="gone", email="gone@yard.example", is_active=False)

    answers = {
        Client().post(reverse("console:password_forgot"), {"name": name}).content
        for name in ("sam", "sam", "gone", "nobody", "%", "x" * 300)
    }
    work_it_off()

    assert len(answers) == 1
    assert len(mailoutbox) == 1
    with clock.moved(timedelta(minutes=6)):
        Client().post(reverse("console:password_forgot"), {"name": "sam"})
        work_it_off()
    assert len(mailoutbox) == 2


def test_an_administrator_sends_a_link_and_no_other_role_does(log_in: LogIn, mailoutbox: list[Any]):
    sam = UserFactory(username="sam", email="sam@yard.example")
    address = reverse("admin:accounts_user_send_link", args=[sam.pk])

    for role in (Role.OPERATIONS, Role.LEAD, Role.AGENT):
        assert log_in(role).post(address).status_code == 403
    log_in(Role.ADMIN).post(address)
    work_it_off()

    assert [mail.to for mail in mailoutbox] == [["sam@yard.example"]]


def test_nobody_sends_a_link_for_a_superuser_but_another(log_in: LogIn, mailoutbox: list[Any]):
    root = UserFactory(username="root", email="root@yard.example", is_superuser=True)

    assert log_in(Role.ADMIN).post(reverse("admin:accounts_user_send_link", args=[root.pk])).status_code == 403
    work_it_off()
    assert mailoutbox == []


def test_times_are_shown_in_the_hours_and_manner_a_person_has_chosen(log_in: LogIn, released: Order):
    Order.objects.update(received_at="2026-07-01T22:30:00Z")
    client = log_in(Role.AGENT)
    page = reverse("console:order", args=[released.public_id])
    assert "1 Jul 2026, 22:30:00" in client.get(page).content.decode()

    client.post(reverse("console:me_save"), {"time_zone": "Asia/Tokyo", "locale": "ja-JP"})

    text = client.get(page).content.decode()
    assert "2026年7月2日, 7:30:00" in text
    assert 'data-own-zone="Asia/Tokyo"' in text
    assert 'data-locale="ja-JP"' in text
    assert "1 Jul 2026, 22:30:00" in log_in(Role.AGENT).get(page).content.decode(), "another's pages are as they were"


@pytest.mark.parametrize(("zone", "written"), [("Asia/Tokyo", "2 Jul 2026, 07:30 JST"), ("", "1 Jul 2026, 22:30 UTC")])
def test_configuration_writes_times_as_the_console_does_with_their_zone(log_in: LogIn, zone: str, written: str):
    client = log_in(Role.ADMIN, time_zone=zone)
    make_key()
    ApiKey.objects.update(created_at="2026-07-01T22:30:00Z")

    assert written in client.get(reverse("admin:accounts_apikey_changelist")).content.decode()


@pytest.mark.parametrize("fields", [{"time_zone": "Mars/Olympus"}, {"locale": "xx"}, {"time_zone": "../../etc/passwd"}])
def test_refuses_settings_that_are_none(log_in: LogIn, fields: dict[str, str]):
    log_in(Role.AGENT).post(reverse("console:me_save"), fields)

    assert set(User.objects.values_list("time_zone", "locale")) == {("", "")}


def test_whether_there_is_such_a_person_can_not_be_told_from_how_long_the_answer_takes():
    UserFactory(username="sam", email="sam@yard.example")
    took = {}

    for name in ("sam", "nobody"):
        began = time.monotonic()
        Client().post(reverse("console:password_forgot"), {"name": name})
        took[name] = time.monotonic() - began

    assert min(took.values()) >= ANSWERED_AFTER_S


@pytest.mark.parametrize(
    ("door", "fields"),
    [("console:password_forgot", {"name": "n%d"}), ("admin:login", {"username": "n%d", "password": "guessed-it-1"})],
)
def test_one_address_does_not_try_name_after_name(
    monkeypatch: pytest.MonkeyPatch, mailoutbox: list[Any], door: str, fields: dict[str, str]
):
    monkeypatch.setattr(LoginThrottle, "MOST_IN_A_MINUTE", 3)
    # A minute that ends between two tries begins to count anew.
    monkeypatch.setattr("apps.accounts.api.throttling.WINDOW_S", 10**6)
    UserFactory(username="n5", email="n5@yard.example")
    remote = f"2001:db8::{secrets.token_hex(2)}:{secrets.token_hex(2)}"

    def attempt(number: int, remote: str) -> Any:
        said = {name: value.replace("%d", str(number)) for name, value in fields.items()}
        return Client(REMOTE_ADDR=remote).post(reverse(door), said)

    answers = [attempt(number, remote) for number in range(6)]
    work_it_off()

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429, 429]
    assert answers[-1].headers["Retry-After"]
    assert "Too many attempts" in answers[-1].content.decode()
    assert mailoutbox == []
    assert attempt(7, "198.51.100.7").status_code == 200
