"""Reads of the network: nodes as they stand now, what they charge, where a postal code is."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime

from django.db.models import Q

from apps.core import clock
from apps.network.models import Capability, CarrierService, Node, NodeDay, NodeDowntime, Place

_PLACES_KEPT_S = 60.0
_places: dict[tuple[str, str], tuple[float, tuple[float, float] | None]] = {}


def nodes_by_pk(only: Collection[int] | None = None) -> dict[int, Node]:
    """Nodes with their groups; all of them where ``only`` is None."""
    rows = Node.objects.prefetch_related("groups")
    return {node.pk: node for node in (rows if only is None else rows.filter(pk__in=list(only)))}


def node_codes(written: Collection[str]) -> dict[str, str]:
    """The codes of nodes by what was written for them: in any case, with spaces around; exactly where that is a code too."""
    exact = set(Node.objects.values_list("code", flat=True))
    known = {code.casefold(): code for code in sorted(exact)}
    return {
        text: text if text in exact else known[text.strip().casefold()]
        for text in written
        if text in exact or text.strip().casefold() in known
    }


def pickup_nodes() -> list[Node]:
    """Where customers collect: active nodes that hand orders over the counter."""
    return list(Node.objects.filter(active=True, capabilities__contains=[Capability.PICKUP]).order_by("name", "pk"))


def downtimes_at(moment: datetime) -> dict[int, str]:
    """Why a node is shut at ``moment``, by node pk."""
    rows = NodeDowntime.objects.filter(starts_at__lte=moment).filter(Q(ends_at__isnull=True) | Q(ends_at__gt=moment))
    return dict(rows.values_list("node_id", "reason"))


def assigned_on(day: date, node_ids: Iterable[int], *, lock: bool = False) -> dict[int, int]:
    """How many fulfillment orders each node was given on ``day``; ``lock``: and hold those counters, in pk order."""
    wanted = sorted(set(node_ids))
    if not wanted:
        return {}
    if lock:
        NodeDay.objects.bulk_create([NodeDay(node_id=pk, day=day) for pk in wanted], ignore_conflicts=True)
    rows = NodeDay.objects.filter(day=day, node_id__in=wanted).order_by("pk")
    if lock:
        rows = rows.select_for_update(no_key=True)
    return dict(rows.values_list("node_id", "assigned"))


def services_by_node() -> tuple[dict[int, list[CarrierService]], list[CarrierService]]:
    """Carrier services bound to particular nodes, by node pk, and those offered everywhere."""
    bound: dict[int, list[CarrierService]] = {}
    everywhere: list[CarrierService] = []
    for service in (
        CarrierService.objects.select_related("carrier").prefetch_related("nodes").order_by("base_minor", "pk")
    ):
        nodes = service.nodes.all()
        if not nodes:
            everywhere.append(service)
        for node in nodes:
            bound.setdefault(node.pk, []).append(service)
    return bound, everywhere


def coordinates(places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[float, float] | None]:
    """Latitude and longitude of (country, postal code) pairs; None where even the country is unknown."""
    wanted, now = set(places), clock.monotonic()
    known = {key: _places[key][1] for key in wanted if key in _places and _places[key][0] > now}
    missing = wanted - known.keys()
    if missing:
        found = _look_up(missing)
        if len(_places) > 50_000:
            _places.clear()
        _places.update({key: (now + _PLACES_KEPT_S, value) for key, value in found.items()})
        known.update(found)
    return known


def _look_up(missing: Collection[tuple[str, str]]) -> dict[tuple[str, str], tuple[float, float] | None]:
    prefixes = {(country, postal): _prefixes(postal) for country, postal in missing}
    rows = Place.objects.filter(
        country__in={country for country, _ in missing},
        postal_prefix__in={prefix for many in prefixes.values() for prefix in many},
    )
    at = {(row.country, row.postal_prefix): (row.latitude, row.longitude) for row in rows}
    return {
        key: next((at[key[0], prefix] for prefix in many if (key[0], prefix) in at), None)
        for key, many in prefixes.items()
    }


def _prefixes(postal: str) -> list[str]:
    """All prefixes, longest first, the empty one last."""
    compact = postal.replace(" ", "").replace("-", "").upper()[:12]
    return [compact[:length] for length in range(len(compact), -1, -1)]
