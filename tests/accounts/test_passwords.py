"""A password is held to the same rules wherever it is set."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role, User
from tests.console.conftest import LogIn
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
GOOD = "three-otters-at-noon"
WEAK = {"short": "Xy7!kq", "common": "password123", "digits": "83920174650", "like the name": "danawhitfield"}


@pytest.mark.parametrize("weak", WEAK.values(), ids=WEAK)
class TestWeak:
    def test_it_makes_nobody_on_the_page(self, log_in: LogIn, weak: str):
        fields = {"username": "danawhitfield", "role": "agent", "password1": weak, "password2": weak}

        answer = log_in(Role.ADMIN).post(reverse("admin:accounts_user_add"), fields)

        assert answer.status_code == 200
        assert not User.objects.filter(username="danawhitfield").exists()

    def test_an_administrator_gives_it_to_nobody(self, log_in: LogIn, weak: str):
        client, user = log_in(Role.ADMIN, is_superuser=True), UserFactory(username="danawhitfield")
        before = user.password

        page = reverse("admin:auth_user_password_change", args=[user.pk])
        assert client.post(page, {"password1": weak, "password2": weak}).status_code == 200

        user.refresh_from_db()
        assert user.password == before

    def test_nobody_takes_it_for_oneself(self, weak: str):
        user = UserFactory(username="danawhitfield")
        user.set_password(GOOD)
        user.save()
        client = Client()
        client.force_login(user)
        before = user.password

        fields = {"old_password": GOOD, "new_password1": weak, "new_password2": weak}
        assert client.post(reverse("admin:password_change"), fields).status_code == 200

        user.refresh_from_db()
        assert user.password == before

    def test_no_command_makes_a_superuser_with_it(self, weak: str, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", weak)
        said = {"username": "danawhitfield", "email": "dana@shop.example", "interactive": False}

        with pytest.raises(CommandError):
            call_command("createsuperuser", **said, stdout=StringIO())

        assert not User.objects.exists()

    def test_no_code_makes_anybody_with_it(self, weak: str):
        with pytest.raises(ValidationError):
            User.objects.create_user("danawhitfield", password=weak)
        with pytest.raises(ValidationError):
            User.objects.create_superuser("danawhitfield", password=weak)

        assert not User.objects.exists()


def test_a_good_one_is_taken_by_the_command(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", GOOD)

    call_command("createsuperuser", username="dana", email="d@shop.example", interactive=False, stdout=StringIO())

    assert User.objects.get().check_password(GOOD)


def test_whoever_has_no_password_is_still_made():
    assert not User.objects.create_user("invited").has_usable_password()


def test_a_login_is_locked_after_five_failures_from_one_place():
    user = UserFactory(username="dana", is_staff=True)
    user.set_password(GOOD)
    user.save()
    client = Client()
    for _ in range(5):
        client.post(reverse("admin:login"), {"username": "dana", "password": "wrong"})

    assert client.post(reverse("admin:login"), {"username": "dana", "password": GOOD}).status_code == 429
