"""Integrations, the calls of an order and failed jobs in a browser: light, dark, on a phone, with long names, and sound to axe."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from apps.accounts.models import Role
from apps.core import clock
from apps.core.models import Event
from apps.integrations.models import Partner
from apps.orchestration.models import RunState, StepRun
from apps.orders.models import Order
from apps.outbound.models import Breaker, CallLog
from apps.webhooks.models import Delivery, WebhookEndpoint
from apps.webhooks.states import DeliveryState
from tests.browser.conftest import log_in
from tests.browser.test_stock_on_channels import look

pytestmark = pytest.mark.django_db(transaction=True)
LONG = "Northern Fulfillment and Warehousing Partnership of Great Britain, Wholesale"


def test_the_operators_pages_are_sound_and_a_call_opens_beside_its_arrow(page: Page, order: Order, home: str):
    now = clock.now()
    Partner.objects.create(code="acme", name=LONG, base_url="https://acme.example")
    Breaker.objects.create(kind="partner", counterpart="acme", name=LONG, open_until=now + timedelta(minutes=2))
    endpoint = WebhookEndpoint.objects.create(name="ERP", url="https://erp.example/hook", secret="x")
    Delivery.objects.create(
        endpoint=endpoint, event="order.accepted", event_id=10**9, payload={}, state=DeliveryState.FAILED
    )
    about = {"counterpart": "acme", "name": LONG, "stream": order.public_id, "reference": "ful_1", "kind": "partner"}
    CallLog.objects.create(**about, operation="submit", outcome="unknown", detail="timeout", took_ms=9500)
    CallLog.objects.create(**about, operation="look_up", outcome="failed", status=503, attempt=2, took_ms=40)
    CallLog.objects.create(
        **about, operation="submit", outcome="ok", status=201, attempt=3, took_ms=120, method="POST", path="/orders",
        request='{"lines":[{"sku":"A","quantity":2}],"deliver_to":{"name":"•"}}', response='{"state":"received"}',
    )  # fmt: skip
    event = Event.objects.create(name="canary.sent", subject_id=0, subject_ref="ful_1", actor="system:test", data={})
    run = StepRun.objects.create(
        event=event, step="prove_partners", subject_id=Partner.objects.get().pk, stream=order.public_id
    )
    gone = {
        "state": RunState.PARKED,
        "error_code": "attempts_spent",
        "last_error": "TimeoutError()",
        "finished_at": now,
    }
    StepRun.objects.filter(pk=run.pk).update(**gone)
    log_in(page, Role.OPERATIONS)

    look(page, "/integrations/")
    look(page, "/parked/")
    look(page, f"/orders/{order.public_id}/calls/")
    page.locator(".sequence-call").nth(2).click()
    expect(page.locator("#call")).to_contain_text('"quantity": 2')
    page.goto("/parked/")
    page.get_by_role("button", name="Retry all").click()
    expect(page.get_by_role("heading", name="0 of 2 started again")).to_be_visible()
    look(page, page.url.removeprefix(home))
