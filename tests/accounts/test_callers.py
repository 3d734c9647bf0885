"""What a person or a key may do, and what they may touch."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.accounts.caller import Caller, caller_of_key, caller_of_user
from apps.accounts.errors import KeyRefused, ReasonMissing
from apps.accounts.models import ApiKey, Role
from apps.accounts.permissions import ALL_SCOPES, SCOPES, WHOLE_SHOP, scopes_of
from apps.accounts.services import create_api_key, hash_key, revoke_api_key
from apps.core import clock
from apps.core.actor import Actor
from apps.core.errors import NotAllowed
from tests.factories import AGENT, UserFactory
from tests.unchanged import nothing_changes, refused


def test_naming_scopes_narrows_a_role_and_never_widens_it():
    assert scopes_of(Role.AGENT, ["orders:read"]) == {"orders:read"}
    assert scopes_of(Role.AGENT, ["orders:read", "orders:write"]) == {"orders:read"}
    assert scopes_of(Role.AGENT, ["orders:write"]) == frozenset()
    assert scopes_of(Role.AGENT, []) == SCOPES[Role.AGENT]
    assert scopes_of("nobody") == frozenset()
    assert scopes_of(Role.ADMIN) == ALL_SCOPES


def test_nobody_but_an_administrator_gives_others_access():
    assert [role for role in SCOPES if "accounts:write" in SCOPES[role]] == [Role.ADMIN]


def test_without_limits_all_channels_and_places_are_ones_own():
    free = Caller(AGENT, frozenset())
    limited = Caller(AGENT, frozenset(), channels=frozenset({"shop"}), nodes=frozenset({"leeds"}))

    assert free.may_channel("any")
    assert free.may_node("any")
    assert [limited.may_channel(code) for code in ("shop", "api")] == [True, False]
    assert [limited.may_node(code) for code in ("leeds", "hull")] == [True, False]


def test_what_is_lacking_is_named_and_so_is_that_it_is_for_the_limits():
    caller = Caller(AGENT, frozenset({"orders:read"}), nodes=frozenset({"leeds"}))
    caller.require("orders:read")

    with pytest.raises(NotAllowed) as refusal:
        caller.require("orders:write")
    assert refusal.value.details["permission"] == "orders:write"
    with pytest.raises(NotAllowed) as refusal:
        caller.require("catalog:write")
    assert refusal.value.details["permission"] == "catalog:write, and no limits to channels or nodes"


@pytest.mark.django_db
def test_a_key_of_one_place_may_change_that_place_and_one_of_a_channel_no_place():
    def scopes(**limits: list[str]) -> frozenset[str]:
        return caller_of_key(create_api_key(name="k", role=Role.ADMIN, **limits)[0]).scopes

    assert scopes() == ALL_SCOPES
    assert scopes(nodes=["leeds"]) == ALL_SCOPES - WHOLE_SHOP
    assert scopes(channels=["shop"]) == ALL_SCOPES - WHOLE_SHOP - {"network:write"}


@pytest.mark.django_db
def test_a_person_of_one_place_changes_neither_the_shop_nor_a_place():
    free, limited = UserFactory(role=Role.OPERATIONS), UserFactory(role=Role.OPERATIONS, nodes=["leeds"])

    assert caller_of_user(free).scopes == SCOPES[Role.OPERATIONS]
    assert caller_of_user(limited).scopes == SCOPES[Role.OPERATIONS] - WHOLE_SHOP - {"network:write"}
    assert caller_of_user(UserFactory(is_superuser=True)).role == "admin"
    assert caller_of_user(free).actor == Actor("staff", free.public_id)


@pytest.mark.django_db
def test_a_key_is_shown_once_and_kept_as_a_hash():
    key, text = create_api_key(name="ERP", actor=AGENT)

    assert text.startswith("oy_")
    assert key.hash == hash_key(text) != text
    assert text not in str(ApiKey.objects.values().get())


@pytest.mark.django_db
def test_a_key_that_could_do_nothing_or_has_expired_is_refused():
    with refused(KeyRefused) as refusal:
        create_api_key(name="k", role=Role.AGENT, scopes=["orders:write", "orders:read"])
    assert "the role agent has no scope orders:write" in str(refusal.value)
    with refused(KeyRefused):
        create_api_key(name="k", expires_at=clock.now() - timedelta(seconds=1))
    create_api_key(name="k", expires_at=clock.now() + timedelta(minutes=1))


@pytest.mark.django_db
@pytest.mark.parametrize("why", ["", "  "])
def test_a_key_is_revoked_for_a_reason_and_once(why: str):
    key, _ = create_api_key(name="k")

    with refused(ReasonMissing):
        revoke_api_key(key.public_id, why=why, actor=AGENT)
    revoke_api_key(key.public_id, why=" lost ", remote="192.0.2.1", actor=AGENT)
    with nothing_changes():
        revoke_api_key(key.public_id, why="again", actor=AGENT)

    key.refresh_from_db()
    assert (key.revoked_because, key.revoked_from, key.revoked_by) == ("lost", "192.0.2.1", str(AGENT))
