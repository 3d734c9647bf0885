"""Keeping every decision at little cost: its records are written as JSON by orjson and copied in, not inserted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from django.db import connection

from apps.routing.models import RoutingDecision

_COLUMNS = (
    "public_id",
    "order_id",
    "policy_id",
    "outcome",
    "reroute",
    "inputs",
    "plan",
    "sentence",
    "cost_minor",
    "currency",
    "actor",
    "decided_at",
)
_COPY = f"COPY {RoutingDecision._meta.db_table} ({', '.join(_COLUMNS)}) FROM STDIN"


def store_decisions(decisions: Sequence[RoutingDecision]) -> None:
    """Write new decisions, whose ``inputs`` and ``plan`` are the planner's own records."""
    if not decisions:
        return
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for decision in decisions:
            copy.write_row([_value(decision, column) for column in _COLUMNS])


def _value(decision: RoutingDecision, column: str) -> Any:
    value = getattr(decision, column)
    if column in ("inputs", "plan"):
        # Sets are the only thing in a planner record that JSON does not know; they are written sorted.
        return orjson.dumps(value, default=sorted).decode()
    return value
