"""The API keeps to its own description, whatever is sent."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
import schemathesis
import yaml
from django.core.management import call_command
from django.urls import get_resolver
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from orchestrator.wsgi import application
from tests.factories import ChannelFactory, make_key, make_order, make_policy, make_stock

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="session")
def description() -> dict[str, Any]:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    whole: dict[str, Any] = yaml.safe_load(out.getvalue())
    return whole


def operations(description: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, one) for path, item in description["paths"].items() for method, one in item.items()]


def test_every_operation_is_described(description):
    for path, method, one in operations(description):
        where = f"{method} {path}"
        assert one.get("summary"), where
        assert {"401", "403", "429", "503"} <= one["responses"].keys(), where
        assert all(answer["description"] for answer in one["responses"].values()), where
        good = [status for status in one["responses"] if status.startswith("2")]
        assert good, where
        if "requestBody" in one:
            assert {"409", "413", "415", "422"} <= one["responses"].keys(), where


def test_every_address_of_version_1_is_in_the_description(description):
    described = {path.removeprefix("/api/v1/") for path in description["paths"] if path.startswith("/api/v1/")}
    patterns = next(one for one in get_resolver().url_patterns if str(one.pattern) == "api/v1/").url_patterns
    addresses = {str(one.pattern) for one in patterns}
    plain = {re.sub(r"<\w+:(\w+)>", r"{\1}", one) for one in addresses}

    assert plain - described == {"", "{rest}"}


def test_operation_ids_are_unique(description):
    ids = [one["operationId"] for _, _, one in operations(description)]

    assert len(ids) == len(set(ids))


def test_what_may_be_left_out_of_a_body_is_not_required(description):
    order = description["components"]["schemas"]["NewOrder"]

    assert set(order["required"]) == {"channel", "external_id", "placed_at", "currency", "lines"}


def test_a_missing_key_of_repeats_is_described_where_the_key_is_required(description):
    keys = [
        one
        for path in description["paths"].values()
        for operation in path.values()
        for one in operation.get("parameters", [])
        if one["name"] == "Idempotency-Key"
    ]

    assert {bool(one.get("required")) for one in keys} == {True, False}
    for one in keys:
        assert ("400 `idempotency_key_missing`" in one["description"]) == bool(one.get("required"))


def test_the_stock_feed_says_when_there_is_none(description):
    feed = description["paths"]["/api/v1/channels/{channel_ref}/stock/feed"]["get"]["responses"]
    file = description["paths"]["/api/v1/channels/{channel_ref}/stock/feed.csv"]["get"]["responses"]

    assert ["stock_feed_off" in one["409"]["description"] for one in (feed, file)] == [True, True]
    assert feed["409"]["content"]["application/problem+json"]["schema"]["$ref"].endswith("/Problem")


def test_it_is_served_to_anybody(client):
    answer = client.get("/api/schema/")

    assert answer.status_code == 200
    assert answer.content.startswith(b"openapi: 3.1")


@pytest.mark.django_db(transaction=True)
def test_no_request_ends_in_a_fault_or_an_answer_the_description_does_not_know(description):
    ChannelFactory()
    make_policy()
    make_stock(N1={"A": 10})
    order, key = make_order(), make_key()
    config = SchemathesisConfig()
    config.projects.default.generation.modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    schema = schemathesis.openapi.from_dict(description, config=config)

    sent = sum(fuzz(found.ok(), order.public_id, key) for found in schema.get_all_operations())

    assert sent > 100


def fuzz(operation: Any, order_ref: str, key: str) -> int:
    """A few generated requests of one operation, good and bad; answers how many."""
    count = 0

    @given(case=operation.as_strategy())
    @settings(max_examples=4, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    def send(case: Any) -> None:
        nonlocal count
        count += 1
        if "order_ref" in (case.path_parameters or {}):
            case.path_parameters["order_ref"] = order_ref
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {key}"}
        case.validate_response(case.call(app=application), checks=CHECKS)

    send()
    return count
