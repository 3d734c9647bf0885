"""The health of every counterpart: by page and by API, from the log of calls, the breakers and what was given up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Role
from apps.core import clock
from apps.core.models import Event
from apps.core.process_cache import clear_process_cache
from apps.fulfillment.models import FulfillmentOrder
from apps.integrations.models import Partner, PartnerNode
from apps.orchestration.models import RunState, StepRun
from apps.outbound.models import Breaker, CallLog
from apps.webhooks.models import Delivery, WebhookEndpoint
from apps.webhooks.states import DeliveryState
from tests.api.front_door import Door
from tests.driving import work_it_off
from tests.factories import ChannelFactory, NodeFactory, UserFactory, make_key, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db


def called(kind: str, code: str, **fields: Any) -> CallLog:
    return CallLog(**{"kind": kind, "counterpart": code, "name": code, "operation": "do", "outcome": "ok", **fields})


@pytest.fixture
def partner(db: None) -> Partner:
    partner = Partner.objects.create(
        code="acme", name="Acme Logistics", adapter="http_3pl", base_url="https://acme.example"
    )
    for code in ("hub", "depot"):
        PartnerNode.objects.create(partner=partner, node=NodeFactory(code=code, partner=True), partner_code=code)
    return partner


@pytest.fixture
def endpoint(db: None) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(name="ERP", url="https://erp.example/hook", secret="x")


def health(**limits: Any) -> dict[str, Any]:
    clear_process_cache()
    items = Door(make_key(**limits)).get("integrations/health").data["items"]
    return {one["name"]: one for one in items}


def give_up(step: str, subject_id: int, stream: str = "") -> StepRun:
    event = Event.objects.create(name="canary.sent", subject_id=0, actor="system:test", data={})
    run: StepRun = StepRun.objects.create(event=event, step=step, subject_id=subject_id, stream=stream)
    StepRun.objects.filter(pk=run.pk).update(
        state=RunState.PARKED, finished_at=clock.now(), error_code="attempts_spent"
    )
    return run


def test_a_row_adds_up_a_days_calls_with_what_waits_and_what_was_given_up(partner: Partner, endpoint: WebhookEndpoint):
    ChannelFactory(shopify=True, name="Web shop", base_url="https://shop.example")
    make_policy()
    make_stock(hub={"A": 9})
    make_order(lines={"A": 1})
    work_it_off(partners=False)
    fulfillment = FulfillmentOrder.objects.get()
    Delivery.objects.all().delete()
    give_up("ask_partner_to_cancel", fulfillment.pk)
    Delivery.objects.create(
        endpoint=endpoint, event="order.accepted", event_id=1, payload={}, state=DeliveryState.FAILED
    )
    Delivery.objects.create(endpoint=endpoint, event="order.accepted", event_id=2, payload={})
    yesterday = clock.now() - timedelta(days=2)
    CallLog.objects.bulk_create(
        [called("partner", "acme", took_ms=10 * n) for n in range(1, 19)]
        + [called("partner", "acme", took_ms=900, outcome="failed"), called("partner", "acme", took_ms=800, outcome="unknown")]
        + [called("partner", "acme", outcome="unknown", detail="under way"), called("partner", "acme", outcome="skipped")]
        + [called("webhook", endpoint.public_id, started_at=yesterday)]
    )  # fmt: skip

    found = health()

    acme = found["Acme Logistics"]
    assert acme["calls"] == {
        "count": 20, "capped": False, "failed": 2, "success_percent": 90.0, "p50_ms": 100, "p95_ms": 800,
    }  # fmt: skip
    assert (acme["backlog"], acme["dead_letters"]) == (1, 1)
    assert (acme["contract_version"], acme["sending"]) == ("1", "uncalled")
    erp = found["ERP"]
    assert (erp["calls"]["count"], erp["calls"]["success_percent"]) == (0, None)
    assert erp["last_good_call_at"].startswith(yesterday.date().isoformat())
    assert (erp["backlog"], erp["dead_letters"]) == (1, 1)


def test_what_is_looked_for_and_not_there_is_an_answer_and_what_is_not_there_to_be_changed_is_none(partner: Partner):
    CallLog.objects.bulk_create(
        [called("partner", "acme", outcome="refused", status=404, method=method) for method in ("GET", "GET", "POST", "PUT")]
    )  # fmt: skip

    assert health()["Acme Logistics"]["calls"]["success_percent"] == 50.0


def test_the_worst_of_its_parts_is_how_a_partner_stands_and_that_part_is_named(partner: Partner):
    now = clock.now()
    key = {"kind": "partner", "counterpart": "acme"}
    Breaker.objects.create(**key, part="hub", name="Acme Logistics · Hub")
    sick = Breaker.objects.create(
        **key, part="depot", name="Acme Logistics · Depot", open_until=now + timedelta(minutes=1)
    )

    assert (health()["Acme Logistics"]["sending"], health()["Acme Logistics"]["part"]) == ("open", "Depot")

    Breaker.objects.filter(pk=sick.pk).update(open_until=now - timedelta(seconds=1))
    assert health()["Acme Logistics"]["sending"] == "probing"
    Breaker.objects.update(open_until=None, wait_until=now + timedelta(minutes=5))
    assert (health()["Acme Logistics"]["sending"], health()["Acme Logistics"]["part"]) == ("quiet", "")
    Partner.objects.update(active=False)
    assert health()["Acme Logistics"]["sending"] == "off"


@pytest.mark.parametrize(
    ("limits", "seen"),
    [
        ({}, {"Acme Logistics", "ERP", "Web shop"}),
        ({"nodes": ["hub"]}, set()),
        ({"nodes": ["hub", "depot"]}, {"Acme Logistics"}),
        ({"channels": ["shop"]}, {"Web shop"}),
        ({"channels": ["another"]}, set()),
    ],
)
def test_whoever_is_limited_sees_only_figures_that_hold_nothing_of_others(
    partner: Partner, endpoint: WebhookEndpoint, limits: dict[str, list[str]], seen: set[str]
):
    ChannelFactory(shopify=True, name="Web shop", base_url="https://shop.example")

    assert health(**limits).keys() == seen


def test_the_page_shows_them_links_to_each_and_follows_them_by_itself(
    client: Client, partner: Partner, endpoint: WebhookEndpoint
):
    give_up("submit_to_partner", 0)
    client.force_login(UserFactory(role=Role.OPERATIONS))

    page = client.get("/integrations/").content.decode()

    assert f"/partners/{partner.code}/" in page
    assert f"/admin/webhooks/webhookendpoint/{endpoint.pk}/change/" in page
    assert 'hx-trigger="every 10s"' in page
    assert "ERP" not in client.get("/integrations/?kind=partner").content.decode()


def test_nothing_connected_is_said_and_a_full_log_counts_ten_thousand_in_few_statements(client: Client):
    client.force_login(UserFactory(role=Role.AGENT))
    assert "Nothing is connected yet" in client.get("/integrations/").content.decode()
    Partner.objects.create(code="acme", name="Acme", adapter="http_3pl", base_url="https://acme.example")
    CallLog.objects.bulk_create([called("partner", "acme", took_ms=5) for _ in range(10_050)], batch_size=5_000)
    clear_process_cache()

    with CaptureQueriesContext(connection) as asked:
        page = client.get("/integrations/").content.decode()

    assert "10,000+" in page
    assert len(asked) < 30, [one["sql"][:90] for one in asked]
