"""Every verb of a channel by page and by API: who may, what it does, and that a no changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from apps.accounts.models import ApiKey, Role
from apps.channels.models import Channel
from apps.core import clock
from apps.core.process_cache import clear_process_cache
from tests.api.front_door import Door
from tests.channels.fair_shop import FairShop, fair_order
from tests.console.channels.test_connecting import begin, connected, press, type_in
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import make_counted_stock, make_key, make_policy
from tests.unchanged import nothing_changes

pytestmark = pytest.mark.django_db(transaction=True)
MAY = (Role.OPERATIONS, Role.ADMIN)
OTHERS = tuple(role for role in Role.values if role not in MAY)
YESTERDAY = clock.now() - timedelta(days=1)


@dataclass(frozen=True)
class Verb:
    """``page``: the button and its fields; ``api``: method, address below the channel and body; ``live``: of a channel that is.
    ``done``: what is seen of it afterwards."""

    page: tuple[str, Mapping[str, str]]
    api: tuple[str, str, Any]
    done: Callable[[Channel], bool]
    live: bool = True
    first: Callable[[Client, Channel], object] = field(default=lambda *_: None)


def _ready(client: Client, channel: Channel) -> None:
    for step in ("catalog", "places"):
        press(client, channel, "later", step=step)
    press(client, channel, "webhooks")


VERBS = {
    "credentials": Verb(
        ("credentials", {"api_key": "new"}), ("PUT", "/credentials", {"credentials": {"api_key": "new"}}),
        lambda channel: channel.api_key == "new",
    ),
    "check": Verb(
        ("check", {}), ("POST", "/check", None),
        lambda channel: channel.setup["report"]["shop_name"] == "The Fair",
    ),
    "webhooks": Verb(
        ("webhooks", {}), ("POST", "/webhooks", None), lambda channel: len(channel.setup["hooks"]["topics"]) == 2, live=False
    ),
    "hold new orders": Verb(
        ("holding", {"hold": "on"}), ("POST", "/holding", {"hold_new": True}), lambda channel: channel.holds_new
    ),
    "pause": Verb(("pause", {}), ("POST", "/pause", None), lambda channel: channel.paused_at is not None),
    "resume": Verb(
        ("resume", {}), ("POST", "/resume", None), lambda channel: channel.paused_at is None,
        first=lambda client, channel: press(client, channel, "pause"),
    ),
    "reconcile": Verb(
        ("reconcile", {"since": f"{YESTERDAY:%Y-%m-%d}"}), ("POST", "/reconcile", {"since": YESTERDAY.isoformat()}),
        lambda channel: bool(channel.reconciling),
    ),
    "leave a step": Verb(
        ("later", {"step": "catalog"}), ("POST", "/leave-step", {"step": "catalog"}),
        lambda channel: "catalog" in channel.setup["done"], live=False,
    ),
    "go live": Verb(
        ("live", {"orders": "hold"}), ("POST", "/live", {"hold_new": True}),
        lambda channel: channel.active and channel.holds_new, live=False, first=_ready,
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


@pytest.fixture
def client(log_in: LogIn) -> Client:
    return log_in(Role.OPERATIONS)


def _used_already() -> None:
    """That a key was used at all is noted once a minute, and is no matter here."""
    ApiKey.objects.update(last_used_at=clock.now())


@pytest.mark.parametrize("door", ["page", "api"])
@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS.keys())
def test_who_may_does_it_at_either_door_and_who_may_not_changes_nothing(
    client: Client, log_in: LogIn, fair: FairShop, verb: Verb, door: str
):
    fair.keys["new"] = fair.keys["good"]
    channel = connected(client, fair) if verb.live else begin(client)
    if not verb.live:
        type_in(client, channel, fair)
    verb.first(client, channel)
    channel.refresh_from_db()
    if door == "page":
        name, fields = verb.page
        address = reverse(f"console:channel_{name}", args=[channel.code])
        people = {role: log_in(role) for role in Role.values}
        ask = {role: lambda who=who: who.post(address, fields).status_code for role, who in people.items()}  # type: ignore[misc]
    else:
        method, below, body = verb.api
        path = f"channels/{channel.public_id}{below}"
        keys = {role: Door(make_key(role=role)) for role in Role.values}
        keys["limited to it"] = Door(make_key(channels=[channel.code]))
        keys["with another scope"] = Door(make_key(scopes=["orders:write"]))
        ask = {role: lambda key=key: key.send(method, path, body).status_code for role, key in keys.items()}  # type: ignore[misc]

    _used_already()
    with nothing_changes():
        refused = {role: call() for role, call in ask.items() if role not in MAY}
    assert set(refused.values()) == {403}
    assert ask[Role.OPERATIONS]() in (200, 302)
    channel.refresh_from_db()
    assert verb.done(channel)


# --- what only the API shows, or shows once


def operations() -> Door:
    return Door(make_key(role=Role.OPERATIONS))


def test_a_shop_is_connected_by_api_alone_and_its_order_arrives(fair: FairShop):
    make_policy()
    make_counted_stock(leeds={"A": 5})
    api = operations()
    made = api.post("channels", {"kind": "fair", "name": "The Fair"}, key="connect-the-fair")
    again = api.post("channels", {"kind": "fair", "name": "The Fair"}, key="connect-the-fair")
    assert (made.status_code, again.data["id"]) == (201, made.data["id"])
    at = f"channels/{made.data['id']}"
    assert made.data["steps_left"] == ["credentials", "webhooks"]
    assert [(one["name"], one["given"]) for one in made.data["credentials"]] == [
        ("base_url", False),
        ("api_key", False),
    ]

    answer = api.send("PUT", f"{at}/credentials", {"credentials": {"base_url": fair.url, "api_key": "good"}})
    assert (answer.data["account"], answer.data["missing_scopes"]) == ("fair.example", [])
    assert "good" not in answer.content.decode()
    assert api.post(f"{at}/webhooks").data["webhooks"] == ["order-placed", "order-cancelled"]
    for step in ("catalog", "places"):
        api.post(f"{at}/leave-step", {"step": step})
    assert api.post(f"{at}/live", {"hold_new": False}).data["active"] is True
    assert fair.send(Channel.objects.get(), fair_order(1)).status_code == 200
    work_it_off()

    health = api.get(f"{at}/health").data
    assert health["last_order_at"]
    assert (health["quarantined"], health["lost_webhooks"], health["calls"]["failed"]) == (0, [], 0)


@pytest.mark.parametrize(
    ("credentials", "status", "said"),
    [
        ({"base_url": "http://127.0.0.1:9", "api_key": "good"}, 422, "gave no usable answer"),
        ({"api_key": "good"}, 409, "Type what is missing"),
        ({"token": "good"}, 422, "is none of api_key, base_url"),
    ],
    ids=["nobody there", "not whole", "unknown field"],
)
def test_credentials_that_do_not_do_are_refused_in_words(
    fair: FairShop, credentials: dict[str, str], status: int, said: str
):
    made = operations().post("channels", {"kind": "fair", "name": "The Fair"})

    answer = operations().send("PUT", f"channels/{made.data['id']}/credentials", {"credentials": credentials})

    assert answer.status_code == status
    assert said in answer.content.decode()
    assert Channel.objects.get().setup["done"] == {}
    shown = operations().get(f"channels/{made.data['id']}").data["credentials"]
    assert [one["given"] for one in shown] == [False, False]


def test_the_webhook_secret_is_changed_with_an_overlap_and_shown_once(client: Client, fair: FairShop):
    channel = connected(client, fair)
    old, at = channel.secret, f"channels/{channel.public_id}"

    answer = operations().post(f"{at}/rotate-secret", {"keep_days": 1})

    channel.refresh_from_db()
    assert (answer.status_code, answer.data["secret"], answer.headers["Cache-Control"]) == (
        200,
        channel.secret,
        "no-store",
    )
    assert channel.secret not in operations().get(at).content.decode()
    assert fair.send(channel, fair_order(1), secret=old).status_code == 200
    assert fair.send(channel, fair_order(2)).status_code == 200
    Channel.objects.update(previous_until=clock.now())
    clear_process_cache()
    assert fair.send(channel, fair_order(3), secret=old).status_code == 401


def test_a_channel_given_up_by_api_is_gone(fair: FairShop):
    made = operations().post("channels", {"kind": "fair", "name": "The Fair"})

    assert operations().post(f"channels/{made.data['id']}/give-up").data == {"removed": True}

    assert not Channel.objects.exists()


@pytest.mark.parametrize("role", OTHERS)
def test_whoever_may_not_set_channels_up_begins_none(log_in: LogIn, role: str):
    page, key = log_in(role), Door(make_key(role=role))
    _used_already()
    with nothing_changes():
        assert page.post(reverse("console:channel_begin"), {"kind": "fair", "name": "X"}).status_code == 403
        assert key.post("channels", {"kind": "fair", "name": "X"}).status_code == 403
