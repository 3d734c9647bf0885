"""Whoever is limited to channels or places changes nothing that is set up for the whole shop, through whichever door."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from apps.accounts.caller import caller_of_key, caller_of_user
from apps.accounts.models import ApiKey, Role
from apps.accounts.permissions import ALL_SCOPES, OF_PLACES, WHOLE_SHOP
from apps.api.urls import urlpatterns
from apps.console.urls import urlpatterns as pages
from apps.sla.models import SlaPolicyVersion
from tests.api.front_door import Door
from tests.console.conftest import LogIn
from tests.factories import NodeFactory, UserFactory, make_key

pytestmark = pytest.mark.django_db
# What concerns one order, case, place or message: each door looks whose it is.
BY_ROW = {
    "orders:write", "orders:hold", "orders:release", "orders:cancel", "cases:write", "fulfillment:write", "inventory:write",
    "approvals:decide", "inbox:replay", "steps:retry", "network:write",
}  # fmt: skip
LIMITS = [{"nodes": ["N1"]}, {"channels": ["api"]}, {"nodes": ["N1"], "channels": ["api"]}]
OPERATIONS = [
    (str(one.pattern), method, scope)
    for one in urlpatterns
    for method, scope in getattr(one.callback.view_class, "scopes", {}).items()
    if scope in WHOLE_SHOP
]


def test_every_scope_that_changes_something_is_one_or_the_other():
    changing = {scope for scope in ALL_SCOPES if not scope.endswith(":read")}

    assert changing == WHOLE_SHOP | BY_ROW
    assert not WHOLE_SHOP & BY_ROW
    assert OF_PLACES <= BY_ROW


@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_a_limited_key_holds_none_of_it_whatever_its_role(limits: dict[str, list[str]]):
    make_key(role=Role.ADMIN, **limits)

    of_places = frozenset() if "nodes" in limits else OF_PLACES
    assert caller_of_key(ApiKey.objects.get()).scopes == ALL_SCOPES - WHOLE_SHOP - of_places


def test_a_key_of_one_channel_shuts_no_place_and_changes_none():
    node = NodeFactory(code="N1", priority=7)
    door = Door(make_key(role=Role.OPERATIONS, channels=["api"]))
    closed = {"starts_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-02T00:00:00Z", "reason": "x"}

    changed = door.send("PATCH", "nodes/N1", {"priority": 1}, key="k1")
    shut = door.send("POST", "nodes/N1/downtime", closed, key="k2")

    assert (changed.status_code, shut.status_code) == (403, 403)
    node.refresh_from_db()
    assert (node.priority, node.downtimes.count()) == (7, 0)


@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_no_operation_of_the_api_that_is_for_the_whole_shop_takes_a_limited_key(limits: dict[str, list[str]]):
    NodeFactory(code="N1")
    limited, free = Door(make_key(**limits)), Door(make_key())

    assert len(OPERATIONS) > 5
    for path, method, _ in OPERATIONS:
        address = re.sub("<int:[a-z_]+>", "1", re.sub("<(ref|channel):[a-z_]+>", "whk_1", path))
        answer = limited.send(method, address, {}, key="k1")
        assert (answer.status_code, "no limits" in answer.data["detail"]) == (403, True), (method, address)
        assert free.send(method, address, {}, key="k2").status_code != 403, (method, address)


def test_a_limited_key_publishes_no_sla_policy():
    body = {"content": {"rules": {}}, "retime": False}

    assert Door(make_key(nodes=["N1"])).post("sla/policies", body).status_code == 403
    assert not SlaPolicyVersion.objects.exists()


@pytest.mark.parametrize("role", [Role.OPERATIONS, Role.ADMIN])
def test_somebody_of_one_store_holds_none_of_it(role: str):
    scopes = caller_of_user(UserFactory(role=role, nodes=["N1"])).scopes

    assert not scopes & (WHOLE_SHOP | OF_PLACES)


@pytest.mark.parametrize("role", [Role.OPERATIONS, Role.ADMIN])
@pytest.mark.parametrize("superuser", [False, True])
def test_no_configuration_screen_lets_somebody_of_one_store_change_anything(role: str, superuser: bool):
    request = RequestFactory().get("/")
    request.user = UserFactory(role=role, nodes=["N1"], is_superuser=superuser)
    ours = [shown for model, shown in admin.site._registry.items() if model.__module__.startswith("apps.")]

    open_ones = [
        shown.model._meta.label
        for shown in ours
        if shown.has_add_permission(request)
        or shown.has_change_permission(request)
        or shown.has_delete_permission(request)
    ]

    assert len(ours) > 20
    assert open_ones == []


def test_no_page_of_the_console_that_is_for_the_whole_shop_lets_them_press_its_buttons(log_in: LogIn):
    client = log_in(Role.OPERATIONS, nodes=["N1"])
    free = log_in(Role.OPERATIONS)
    prefixes = ("sla/policy/draft/", "configuration/")
    buttons = [str(one.pattern) for one in pages if str(one.pattern).startswith(prefixes)]

    assert len(buttons) > 8
    for pattern in buttons:
        address = "/" + pattern.replace("<str:", "").replace("<int:pk>", "1").replace(">", "")
        if free.post(address).status_code == 405:
            continue
        assert client.post(address).status_code == 403, address


def test_a_key_of_one_place_still_changes_its_own():
    NodeFactory(code="N1")
    NodeFactory(code="N2")
    door = Door(make_key(nodes=["N1"]))

    assert door.patch("nodes/N1", {"priority": 5}, match='"1"').status_code == 200
    assert door.patch("nodes/N2", {"priority": 5}, match='"1"').status_code == 404


def test_the_administrator_of_everything_still_opens_every_screen(log_in: LogIn):
    client = log_in(Role.ADMIN)

    assert client.get(reverse("admin:webhooks_webhookendpoint_add")).status_code == 200
    assert client.get(reverse("admin:accounts_apikey_add")).status_code == 200
    assert isinstance(get_resolver(), URLResolver)
    assert all(isinstance(one, URLPattern) for one in pages)
