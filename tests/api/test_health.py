"""/health, /metrics and the API's own description."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client

from apps.api import health
from apps.core import clock
from apps.orchestration import housekeeping
from apps.orchestration.models import Canary

pytestmark = pytest.mark.django_db


def test_live_asks_nobody(django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = Client().get("/health/live")

    assert (answer.status_code, answer.json()) == (200, {"status": "live"})


def test_not_ready_before_a_worker_was_heard_of():
    answer = Client().get("/health/ready")

    assert (answer.status_code, answer.json()["reasons"]) == (503, ["no worker has reported yet"])


def test_ready_once_the_canary_came_back():
    Canary.objects.create(sent_at=clock.now(), returned_at=clock.now())

    assert Client().get("/health/ready").status_code == 200


def test_fault_12_not_ready_when_the_canary_is_stale():
    Canary.objects.create(sent_at=clock.now(), returned_at=clock.now())

    with clock.moved(housekeeping.CANARY_STALE + timedelta(seconds=1)):
        answer = Client().get("/health/ready")

    assert answer.status_code == 503
    assert "not reported for 91 s" in answer.json()["reasons"][0]
    assert answer.headers["Retry-After"] == "5"


def test_fault_13_not_ready_while_the_database_is_away(monkeypatch):
    def gone() -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(health, "canary_age", gone)
    answer = Client().get("/health/ready")

    assert (answer.status_code, answer.json()["reasons"]) == (503, ["the database does not answer"])


def test_not_ready_before_the_migrations_are_applied(monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda self, targets: [("one", False)])

    answer = Client().get("/health/ready")

    assert (answer.status_code, answer.json()["reasons"]) == (503, ["1 migrations are not applied"])


def test_without_metrics_set_there_is_no_metrics_page():
    assert Client().get("/metrics").status_code in (302, 404)


def test_the_docs_ask_no_other_host():
    answer = Client().get("/api/docs/")

    assert answer.status_code == 200
    links = re.findall(r'(?:src|href)="([^"]+)"', answer.content.decode())
    assert links
    assert all(link.startswith(("/", "data:")) for link in links), links
    for link in links:
        if link.startswith("/static/"):
            asset = Client().get(link)
            assert asset.status_code == 200, link
            asset.close()
