"""Who may come in, and how often."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client
from structlog.testing import capture_logs

from apps.accounts.api import throttling
from apps.accounts.errors import KeyRefused
from apps.accounts.models import ApiKey
from apps.accounts.services import revoke_api_key
from apps.core import clock
from apps.core.actor import SYSTEM
from apps.core.models import Event
from apps.core.process_cache import clear_process_cache
from apps.orders.models import Order
from tests.api.front_door import Door, order_body
from tests.factories import UserFactory, make_key, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]


def test_without_a_key_it_is_401_and_says_how():
    answer = Door().get("orders")

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("header", ["Bearer oy_wrong", "Bearer ", "Bearer", "Basic dTpw", "oy_x", "Bearer \u00fc"])
def test_a_key_nobody_knows_is_401(header):
    assert Door().get("orders", authorization=header).status_code == 401


def test_bad_input_34_a_revoked_key_is_401():
    text = make_key()
    assert Door(text).get("orders").status_code == 200

    revoke_api_key(ApiKey.objects.get().public_id, why="lost", actor=SYSTEM)

    assert Door(text).get("orders").status_code == 401


def test_bad_input_34_an_expired_key_is_401():
    text = make_key(expires_at=clock.now() + timedelta(hours=1))
    assert Door(text).get("orders").status_code == 200

    with clock.moved(timedelta(hours=2)):
        ApiKey.objects.update(expires_at=clock.now() - timedelta(hours=1))
        clear_process_cache()
        assert Door(text).get("orders").status_code == 401


@pytest.mark.parametrize("name", ["api_key", "access_token", "token", "key"])
def test_bad_input_34_a_key_in_the_address_is_refused(name):
    text = make_key()

    assert Door().get(f"orders?{name}={text}").status_code == 400
    assert Door(text).get(f"orders?{name}={text}").status_code == 400


def test_only_a_hash_of_a_key_is_kept():
    text = make_key()

    assert text not in str(ApiKey.objects.values().get())


@pytest.mark.parametrize(
    ("method", "path", "body", "scope"),
    [
        ("POST", "orders", {}, "orders:write"),
        ("POST", "inventory/levels/bulk", {}, "inventory:write"),
        ("PATCH", "nodes/N1", {}, "network:write"),
        ("POST", "skus/bulk", {}, "catalog:write"),
    ],
)
def test_a_scope_the_role_lacks_is_403_and_named(door, method, path, body, scope):
    answer = door(role="agent").send(method, path, body, key="k", match="*")

    assert (answer.status_code, answer.data["code"], answer.data["permission"]) == (403, "not_allowed", scope)


def test_a_key_may_hold_fewer_scopes_than_its_role(door):
    reader = door(role="integrator", scopes=["orders:read"])

    assert reader.get("orders").status_code == 200
    assert reader.post("orders", order_body()).status_code == 403
    assert not Order.objects.exists()


def test_naming_a_scope_the_role_lacks_gives_nothing():
    text = make_key(role="agent")
    ApiKey.objects.update(scopes=["orders:write"])

    assert Door(text).post("orders", order_body()).status_code == 403
    with pytest.raises(KeyRefused):
        make_key(role="agent", scopes=["orders:write"])


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_a_method_a_resource_does_not_have_is_405(api, method):
    answer = api.send(method, "orders")

    assert (answer.status_code, answer.headers["Content-Type"]) == (405, "application/problem+json")
    assert answer.headers["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_head_is_get_without_its_body(api, door):
    order = make_order()

    answer = api.send("HEAD", f"orders/{order.public_id}")

    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (200, b"", '"1"')
    assert door(scopes=["cases:read"]).send("HEAD", f"orders/{order.public_id}").status_code == 403


@pytest.mark.parametrize("path", ["nothing", "orders/", "orders/x/y/z", "", "jobs", "orders/ord_1/holds/"])
def test_an_address_that_is_none_is_404_as_a_problem(path):
    answer = Door().get(path)

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_bad_input_33_over_the_quota_is_429_with_retry_after_and_others_go_on(door):
    busy, other = door(quota_per_minute=3), door(quota_per_minute=3)

    answers = [busy.post("orders", order_body()) for _ in range(5)]

    refused = [answer for answer in answers if answer.status_code == 429]
    # A minute may turn in between, which starts a new window.
    assert len(refused) in (1, 2)
    assert 1 <= int(refused[0].headers["Retry-After"]) <= 61
    assert Order.objects.count() == 5 - len(refused)
    assert other.get("orders").status_code == 200


def test_without_a_quota_nothing_is_counted(door, monkeypatch):
    def boom(name: str) -> int:
        raise AssertionError("asked")

    monkeypatch.setattr(throttling, "count_in_minute", boom)

    assert door(quota_per_minute=0).get("orders").status_code == 200


def test_fault_10_without_valkey_all_may_pass_and_it_is_not_asked_again_at_once(door, monkeypatch, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    throttling._client.cache_clear()
    monkeypatch.setattr(throttling, "_silent_until", 0.0)
    busy = door(quota_per_minute=1)

    assert [busy.get("orders").status_code for _ in range(3)] == [200, 200, 200]

    assert throttling._silent_until > 0
    throttling._client.cache_clear()


def test_staff_come_in_by_their_session_with_their_roles_scopes():
    client = Client()
    client.force_login(UserFactory(role="agent"))

    assert client.get("/api/v1/orders").status_code == 200
    assert client.get("/api/v1/jobs/job_x").status_code == 403


def test_bad_input_35_a_session_without_the_csrf_token_writes_nothing():
    order = make_order()
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(role="agent"))

    answer = client.post(f"/api/v1/orders/{order.public_id}/cancel", '{"reason": "x"}', content_type="application/json")

    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json")
    assert Order.objects.get().state == "received"


def test_a_member_of_staff_who_left_is_401():
    client, user = Client(), UserFactory(role="admin")
    client.force_login(user)
    user.is_active = False
    user.save()

    assert client.get("/api/v1/orders").status_code in (401, 403)


@pytest.mark.parametrize("where", ["apps.accounts.api.authentication._caller", "apps.api.v1.visibility.find_order"])
def test_fault_13_a_database_that_is_away_is_503_with_retry_after(api, monkeypatch, where):
    order = make_order()

    def gone(*args: object) -> None:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(where, gone)
    answer = api.get(f"orders/{order.public_id}")

    assert (answer.status_code, answer.data["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert "closed" not in answer.content.decode()


def test_a_fault_is_a_problem_with_the_request_id_and_without_its_insides(api, monkeypatch):
    def broken(*args: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("apps.api.v1.visibility.find_order", broken)
    answer = api.get("orders/ord_x")

    assert (answer.status_code, answer.data["code"]) == (500, "fault")
    assert len(answer.data["request_id"]) > 8
    assert "secret" not in answer.content.decode()


def test_create_api_key_shows_the_text_once_and_the_key_works():
    out, err = StringIO(), StringIO()

    call_command("create_api_key", "shop", "--channel", "api", "--scope", "orders:write", stdout=out, stderr=err)

    text = out.getvalue().strip()
    assert Door(text).post("orders", order_body()).status_code == 201
    assert Door(text).get("orders").status_code == 403
    assert ApiKey.objects.get().channels == ["api"]
    assert text not in err.getvalue()


def test_create_api_key_refuses_a_scope_the_role_lacks():
    with pytest.raises(CommandError, match="orders:write"):
        call_command("create_api_key", "shop", "--role", "agent", "--scope", "orders:write")

    assert not ApiKey.objects.exists()


def test_the_request_id_travels_into_the_events_and_back(api):
    ours = api.post("orders", order_body())
    theirs = api.post("orders", order_body(), **{"X-Request-ID": "checkout-4711"})
    forged = api.post("orders", order_body(), **{"X-Request-ID": "x" * 300})

    kept = [Event.objects.get(stream=answer.data["id"]).correlation_id for answer in (ours, theirs, forged)]
    assert [answer.headers["X-Request-ID"] for answer in (ours, theirs, forged)] == kept
    assert kept[1] == "checkout-4711"
    assert len(kept[0]) == len(kept[2]) == 32


def test_what_stands_in_the_query_is_not_logged(api, caplog):
    caplog.set_level("INFO", "django_structlog.middlewares.request")
    with capture_logs() as log:
        api.get("orders?q=pat@canary.test&colour=x")

    assert "GET /api/v1/orders" in str(log)
    assert "canary" not in str(log)
