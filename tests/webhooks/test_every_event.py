"""Every event that can be subscribed to: what is told of it, and that it is as its schema says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from standardwebhooks.webhooks import Webhook

from apps.core import clock
from apps.core.event_types import EventData
from apps.inventory.events import StockOversold
from apps.inventory.models import StockLevel
from apps.orchestration.models import StepRun
from apps.webhooks.models import Delivery, WebhookEndpoint
from apps.webhooks.payloads import public_events, public_fields
from apps.webhooks.schemas import schema_of
from apps.webhooks.services import LoggedEvent, change_endpoint, note_events, remove_endpoint
from tests.driving import work_it_off
from tests.event_samples import sample
from tests.factories import AGENT, make_order, make_policy, make_stock
from tests.webhooks.conftest import Subscriber

pytestmark = pytest.mark.django_db
Make = Callable[..., WebhookEndpoint]
EVENTS = public_events()


def note(event: EventData) -> dict[str, Any]:
    """What an endpoint is sent."""
    note_events([LoggedEvent(1, event, "sub_1", "ord_1", clock.now())], actor=AGENT)
    payload: dict[str, Any] = Delivery.objects.get().payload
    return payload


def wrong_with(payload: dict[str, Any], kind: type[EventData]) -> list[str]:
    return [error.message for error in Draft202012Validator(schema_of(kind)).iter_errors(payload)]


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.spec.name)
def test_what_is_sent_is_as_its_schema_says_and_holds_its_public_fields_alone(kind: type[EventData], endpoint: Make):
    endpoint()

    payload = note(sample(kind))

    assert wrong_with(payload, kind) == []
    told = {public for _, public, _ in public_fields(kind)}
    assert payload["data"].keys() == {"event", "version", "subject", "order"} | told


def test_a_schema_notices_what_is_not_as_it_says(endpoint: Make):
    endpoint()
    payload = note(StockOversold(short=3))
    payload["data"]["short"] = "three"

    assert wrong_with(payload, StockOversold) == ["'three' is not of type 'integer'"]


def test_families_of_orders_goods_stock_holds_and_cases_can_be_subscribed_to():
    families = {kind.spec.family for kind in EVENTS}

    assert families == {"order", "fulfillment", "stock", "listing", "case", "approval", "sla", "contract"}
    assert {"order.held", "order.hold_released", "fulfillment.shipped"} <= {kind.spec.name for kind in EVENTS}


def told_to(subscriber: Subscriber, there: WebhookEndpoint) -> Iterator[dict[str, Any]]:
    """What arrived, each with a signature that holds."""
    for request in subscriber.got:
        Webhook(there.secret).verify(request.content, dict(request.headers))
        yield json.loads(request.content)


def test_an_order_on_its_way_is_told_step_by_step_signed_and_without_a_name(endpoint: Make, subscriber: Subscriber):
    there = endpoint(events=["order.*", "fulfillment.*"])
    make_policy()
    make_stock(leeds={"A": 5})

    order = make_order(customer={"name": "Pat Canary", "email": "pat@canary.test"})
    work_it_off()
    work_it_off()

    got = list(told_to(subscriber, there))
    kinds = {kind.spec.name: kind for kind in EVENTS}
    assert {"order.accepted", "order.validated", "order.routed", "order.released"} <= {one["type"] for one in got}
    assert [wrong_with(one, kinds[one["type"]]) for one in got if wrong_with(one, kinds[one["type"]])] == []
    assert {one["data"]["order"] for one in got} == {order.public_id}
    assert [one["data"]["node"] for one in got if one["type"].startswith("fulfillment.")] == ["leeds"]
    assert "canary" not in json.dumps(got).lower()


def test_nodes_skus_and_lines_go_out_by_the_names_others_know(endpoint: Make):
    endpoint()
    make_stock(leeds={"A": 5})
    level = StockLevel.objects.get()

    told = note(StockOversold(sku_id=level.sku_id, node_id=level.node_id, short=2))["data"]

    assert (told["node"], told["sku"], told["short"]) == ("leeds", "A", 2)


def runs() -> int:
    return StepRun.objects.filter(step="queue_webhooks").count()


def test_what_nobody_subscribed_to_makes_no_work(endpoint: Make):
    endpoint(events=["stock.*"])
    make_order()

    assert runs() == 0


@pytest.mark.parametrize("events", [[], ["order.*"], ["order.accepted"]])
def test_what_somebody_subscribed_to_does_from_that_moment_on(endpoint: Make, events: list[str]):
    make_order()
    endpoint(events=events)
    make_order()

    assert runs() == 1


def test_an_endpoint_switched_off_or_removed_makes_no_work_any_more(endpoint: Make):
    there, other = endpoint(), endpoint()
    change_endpoint(there.public_id, active=False, actor=AGENT)
    remove_endpoint(other.public_id)
    make_order()

    assert runs() == 0
