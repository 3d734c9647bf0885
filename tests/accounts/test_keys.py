"""A key says who answers for it, who made it, when it was last used, and who took it away and why."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import RequestFactory
from django.urls import reverse
from django.utils.html import strip_tags

from apps.accounts.api.authentication import _caller
from apps.accounts.errors import KeyRefused, ReasonMissing
from apps.accounts.models import ApiKey, Role, User
from apps.accounts.services import create_api_key, hash_key, revoke_api_key
from apps.core import clock
from apps.core.actor import SYSTEM
from apps.core.client_address import remote_of
from apps.core.models import Event
from apps.core.process_cache import clear_process_cache
from tests.api.front_door import Door
from tests.console.conftest import LogIn
from tests.factories import UserFactory, make_key

pytestmark = pytest.mark.django_db


def fields(who: User, **changes: object) -> dict[str, object]:
    return {
        "name": "ERP", "owner": who.pk, "role": "integrator", "scopes": [], "channels": [], "nodes": [],
        "quota_per_minute": "60", "expires_at_0": "", "expires_at_1": "", **changes,
    }  # fmt: skip


def test_a_key_made_on_the_page_knows_who_made_it_and_who_answers_for_it(log_in: LogIn):
    client, owner = log_in(Role.ADMIN, username="ada"), UserFactory(first_name="Omar", last_name="Owner")

    client.post(reverse("admin:accounts_apikey_add"), fields(owner))

    key, maker = ApiKey.objects.get(), User.objects.get(username="ada")
    assert (key.owner, key.created_by) == (owner, f"staff:{maker.public_id}")
    assert Event.objects.get(name="key.made").actor == f"staff:{maker.public_id}"
    assert "Omar Owner" in client.get(reverse("admin:accounts_apikey_changelist")).content.decode()
    shown = strip_tags(client.get(reverse("admin:accounts_apikey_change", args=[key.pk])).content.decode())
    assert str(maker) in shown


@pytest.mark.parametrize(
    "wrong",
    [
        {"owner": ""},
        {"role": "agent", "scopes": ["orders:write"]},
        {"expires_at_0": "2020-01-01", "expires_at_1": "00:00:00"},
    ],
)
def test_a_key_of_nobody_or_for_nothing_or_over_before_it_began_is_not_made(log_in: LogIn, wrong: dict[str, object]):
    client = log_in(Role.ADMIN)

    answer = client.post(reverse("admin:accounts_apikey_add"), fields(UserFactory(), **wrong))

    assert answer.status_code == 200
    assert not ApiKey.objects.exists()


def test_somebody_who_has_left_can_not_answer_for_a_new_key(log_in: LogIn):
    client = log_in(Role.ADMIN)

    client.post(reverse("admin:accounts_apikey_add"), fields(UserFactory(is_active=False)))

    assert not ApiKey.objects.exists()


def test_the_command_names_the_owner():
    owner = UserFactory(username="omar")

    call_command("create_api_key", "ERP", "--owner", "omar", stdout=StringIO(), stderr=StringIO())

    key = ApiKey.objects.get()
    assert (key.owner, key.created_by) == (owner, "system:command line")
    with pytest.raises(CommandError, match="nobody-here"):
        call_command("create_api_key", "ERP", "--owner", "nobody-here", stdout=StringIO(), stderr=StringIO())
    with pytest.raises(CommandError, match="counts from 1"):
        call_command("create_api_key", "ERP", "--days", "0", stdout=StringIO(), stderr=StringIO())
    assert ApiKey.objects.count() == 1


def test_a_caller_with_a_key_says_who_is_behind_it():
    owner = UserFactory()
    caller = _caller(hash_key(make_key(owner=owner)))

    assert caller is not None
    assert caller.owner == owner.public_id


def test_revoking_keeps_who_when_why_and_from_where(log_in: LogIn):
    client, text = log_in(Role.ADMIN, username="ada"), make_key()
    key = ApiKey.objects.get()
    address = reverse("admin:accounts_apikey_revoke", args=[key.pk])

    assert "Say why" in client.post(address, {"why": "  "}).content.decode()
    assert ApiKey.objects.get().revoked_at is None
    client.post(address, {"why": "found in a chat"}, REMOTE_ADDR="198.51.100.7")

    key.refresh_from_db()
    maker = User.objects.get(username="ada")
    assert key.revoked_at is not None
    assert (key.revoked_by, key.revoked_because, key.revoked_from) == (
        f"staff:{maker.public_id}",
        "found in a chat",
        "198.51.100.7",
    )
    told = Event.objects.get(name="key.revoked")
    assert (told.subject_ref, told.actor) == (key.public_id, key.revoked_by)
    assert "found in a chat" in client.get(reverse("admin:accounts_apikey_change", args=[key.pk])).content.decode()
    clear_process_cache()
    assert Door(text).get("orders").status_code == 401


def test_revoking_again_changes_nothing_that_was_written_down():
    make_key()
    ref = ApiKey.objects.get().public_id
    revoke_api_key(ref, why="first", actor=SYSTEM)
    before = ApiKey.objects.values().get()

    revoke_api_key(ref, why="second", actor=SYSTEM)

    assert ApiKey.objects.values().get() == before
    assert Event.objects.filter(name="key.revoked").count() == 1


def test_the_service_asks_for_a_reason_too():
    make_key()

    with pytest.raises(ReasonMissing):
        revoke_api_key(ApiKey.objects.get().public_id, why="", actor=SYSTEM)


def test_the_service_makes_no_key_that_has_expired():
    with pytest.raises(KeyRefused):
        create_api_key(name="ERP", expires_at=clock.now() - timedelta(seconds=1))

    assert not ApiKey.objects.exists()


def test_use_is_noted_to_the_minute_and_costs_one_write(django_assert_num_queries):
    hashed = hash_key(make_key())

    _caller(hashed)
    first = ApiKey.objects.get().last_used_at
    with django_assert_num_queries(1):
        _caller(hashed)

    assert first is not None
    with clock.moved(timedelta(minutes=2)):
        _caller(hashed)
    assert ApiKey.objects.get().last_used_at > first


def test_an_expired_key_is_shown_as_expired(log_in: LogIn):
    client = log_in(Role.ADMIN)
    make_key(expires_at=clock.now() + timedelta(hours=1))
    ApiKey.objects.update(expires_at=clock.now() - timedelta(hours=1))

    assert "Expired" in client.get(reverse("admin:accounts_apikey_changelist")).content.decode()


@pytest.mark.parametrize(
    ("behind", "told", "seen"),
    [
        (False, "203.0.113.9", "10.0.0.1"),
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (True, "<script>", "10.0.0.1"),
        (True, "", "10.0.0.1"),
    ],
)
def test_only_the_proxy_is_believed_about_the_callers_address(settings, behind: bool, told: str, seen: str):
    settings.BEHIND_PROXY = behind
    request = RequestFactory().get("/", headers={"X-Forwarded-For": told}, REMOTE_ADDR="10.0.0.1")

    assert remote_of(request) == seen
