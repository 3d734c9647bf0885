"""Two ways in: machines, whose every call says who sends it, and people."""

from __future__ import annotations

import json
import logging

import pytest
from django.conf import settings
from django.test import Client
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from apps.accounts.models import Role
from apps.core.machine_calls import is_machine_call
from apps.orders.models import Order
from tests.api.front_door import Door, order_body
from tests.factories import UserFactory, make_key

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]
REQUESTS = "django_structlog.middlewares.request"


@pytest.mark.parametrize(
    ("path", "authorization", "machine"),
    [
        ("/api/v1/orders", "Bearer oy_any", True),
        ("/api/v1/orders", "bearer oy_any", True),
        ("/api/v1/orders", "", False),
        # A proxy that asks people for a password sends this with every request of theirs.
        ("/api/v1/orders", "Basic c3RhZ2luZzpzdGFnaW5n", False),
        ("/orders/", "Bearer oy_any", False),
        ("/admin/login/", "Bearer oy_any", False),
        ("/api/docs/", "Bearer oy_any", False),
        ("/hooks/shopify/shop/", "", True),
        ("/", "", False),
    ],
)
def test_a_machine_is_known_by_its_key_or_by_the_address_it_calls(path: str, authorization: str, machine: bool):
    assert is_machine_call(path, authorization) is machine


def test_a_machine_gets_what_it_needs_and_nothing_meant_for_a_browser_with_a_session():
    answer = Door(make_key()).post("orders", order_body())

    assert answer.status_code == 201
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Request-ID"]
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert not answer.cookies
    assert "Vary" not in answer.headers


def test_a_session_beside_a_bad_key_opens_nothing():
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(role=Role.ADMIN), "apps.accounts.sessions.StaffBackend")
    bearer = {"authorization": "Bearer oy_unknown"}

    assert client.get("/api/v1/orders", headers=bearer).status_code == 401
    assert client.get("/api/v1/orders").status_code == 200


def test_a_colleagues_browser_still_needs_the_token_of_its_form():
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(role=Role.ADMIN), "apps.accounts.sessions.StaffBackend")
    headers = {"idempotency-key": "from-a-browser"}

    for sent in (headers, {**headers, "authorization": "Basic c3RhZ2luZzpzdGFnaW5n"}):
        answer = client.post("/api/v1/orders", json.dumps(order_body()), "application/json", headers=sent)
        assert answer.status_code == 403
    assert not Order.objects.exists()


def test_a_host_that_is_not_ours_is_refused_at_both_doors():
    key = make_key()
    for headers in ({}, {"authorization": f"Bearer {key}"}):
        assert Client().get("/api/v1/orders", headers={"host": "evil.example", **headers}).status_code == 400


def test_people_keep_all_that_guards_them():
    answer = Client().get("/admin/login/")

    assert "Content-Security-Policy" in answer.headers
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "django.middleware.csrf.CsrfViewMiddleware" in settings.MIDDLEWARE


@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING])
def test_a_request_is_logged_under_the_id_its_answer_carries(caplog: pytest.LogCaptureFixture, level: int):
    caplog.set_level(level, REQUESTS)
    with capture_logs([merge_contextvars]) as log:
        missing = Door(make_key()).get("orders/ord_nowhere")

    said = [line for line in log if line["event"] == "request_finished"]
    assert [(line["code"], line["request"]) for line in said] == [(404, "GET /api/v1/orders/ord_nowhere")]
    assert {line["request_id"] for line in log} == {missing.headers["X-Request-ID"]}


def test_a_request_that_went_well_is_logged_where_the_log_is_asked_for_it(caplog: pytest.LogCaptureFixture):
    told = {}
    for level in (logging.INFO, logging.WARNING):
        caplog.set_level(level, REQUESTS)
        with capture_logs() as log:
            Door(make_key()).get("orders")
        told[level] = [line["event"] for line in log]

    assert told == {logging.INFO: ["request_started", "request_finished"], logging.WARNING: []}
