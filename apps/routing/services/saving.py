"""Keeping every decision at little cost: small, because the network is kept once, and copied in rather than inserted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from django.db import connection
from django.db.models import Exists, OuterRef

from apps.core import clock
from apps.routing.models import NetworkSnapshot, RoutingDecision
from apps.routing.planner.problem import Site

_COLUMNS = (
    "public_id",
    "order_id",
    "policy_id",
    "network_id",
    "outcome",
    "reroute",
    "question",
    "plan",
    "sentence",
    "cost_minor",
    "currency",
    "actor",
    "decided_at",
)
_COPY = f"COPY {RoutingDecision._meta.db_table} ({', '.join(_COLUMNS)}) FROM STDIN"


def keep_snapshot(sites: Iterable[Site]) -> str:
    """Keep what is fixed of the sites, where it is new; returns the snapshot's hash. Stock and capacity change with every order
    and stand with the decision."""
    seen = {site.code: site for site in sites}
    bare = {code: _fixed(site) for code, site in seen.items()}
    text = _json({code: bare[code] for code in sorted(bare)})
    digest = hashlib.sha256(text.encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {NetworkSnapshot._meta.db_table} (hash, sites, taken_at) VALUES (%s, %s::jsonb, %s) "
            "ON CONFLICT DO NOTHING",
            [digest, text, clock.now()],
        )
    return digest


def _fixed(site: Site) -> Site:
    return replace(site, stock={}, capacity_left=None) if site.stock or site.capacity_left is not None else site


def forget_snapshots(taken_before: datetime) -> int:
    """Forget networks that no decision refers to (any more); returns how many."""
    used = RoutingDecision.objects.filter(network=OuterRef("pk"))
    unused = NetworkSnapshot.objects.filter(~Exists(used), taken_at__lt=taken_before)
    return unused.delete()[0]


def store_decisions(decisions: Sequence[RoutingDecision]) -> None:
    """Write new decisions; ``question`` and ``plan`` may hold the planner's own records."""
    if not decisions:
        return
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for decision in decisions:
            copy.write_row([_value(decision, column) for column in _COLUMNS])


def _value(decision: RoutingDecision, column: str) -> Any:
    value = getattr(decision, column)
    return _json(value) if column in ("question", "plan") else value


def _json(value: Any) -> str:
    # Sets are the only thing in a planner record that JSON does not know; they are written sorted.
    return orjson.dumps(value, default=sorted).decode()
