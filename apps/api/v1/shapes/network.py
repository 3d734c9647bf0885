"""Nodes and channels from outside."""

from __future__ import annotations

from datetime import datetime, time

from apps.api.v1.base import PageOf, Shape
from apps.channels.models import Channel
from apps.network.models import Node, NodeDowntime


class NodeOut(Shape):
    """A place that can fulfill. ``cutoff`` is local time, ``priority`` smaller is preferred, ``capacity_per_day`` null:
    no limit."""

    id: str
    code: str
    name: str
    kind: str
    active: bool
    city: str
    postal_code: str
    country: str
    time_zone: str
    cutoff: time | None
    priority: int
    capacity_per_day: int | None
    currency: str
    serves_countries: list[str]
    capabilities: list[str]
    auto_accept: bool
    version: int


class NodePage(PageOf[NodeOut]):
    """Nodes."""


class DowntimeOut(Shape):
    """A node is shut; ``ends_at`` null: until further notice."""

    node: str
    starts_at: datetime
    ends_at: datetime | None
    reason: str


class ChannelOut(Shape):
    """Where orders come from."""

    id: str
    code: str
    name: str
    kind: str
    active: bool
    currencies: list[str]
    default_currency: str
    default_country: str
    priority: int


class ReconcilingOut(Shape):
    """Orders asked for again. ``reached``: up to which change; ``finished_at`` null: it is under way."""

    since: datetime
    until: datetime
    reached: datetime
    found: int
    finished_at: datetime | None


class ChannelStanding(Shape):
    """``connecting``: its steps are not finished, it takes nothing yet. ``account``: whose shop it is, in the shop's words;
    ``missing_scopes``: what its credentials lacked when they were last tried."""

    id: str
    code: str
    name: str
    kind: str
    active: bool
    connecting: bool
    holds_new: bool
    paused_at: datetime | None
    polled_until: datetime | None
    account: str
    missing_scopes: list[str]
    reconciling: ReconcilingOut | None


class ChannelPage(PageOf[ChannelOut]):
    """Channels."""


def node(row: Node) -> NodeOut:
    return NodeOut(
        id=row.public_id,
        code=row.code,
        name=row.name,
        kind=row.kind,
        active=row.active,
        city=row.city,
        postal_code=row.postal_code,
        country=row.country,
        time_zone=row.time_zone,
        cutoff=row.cutoff,
        priority=row.priority,
        capacity_per_day=row.capacity_per_day,
        currency=row.currency,
        serves_countries=row.serves_countries,
        capabilities=row.capabilities,
        auto_accept=row.auto_accept,
        version=row.version,
    )


def downtime(row: NodeDowntime, node_code: str) -> DowntimeOut:
    return DowntimeOut(node=node_code, starts_at=row.starts_at, ends_at=row.ends_at, reason=row.reason)


def channel(row: Channel) -> ChannelOut:
    return ChannelOut(
        id=row.public_id,
        code=row.code,
        name=row.name,
        kind=row.kind,
        active=row.active,
        currencies=row.currencies,
        default_currency=row.default_currency,
        default_country=row.default_country,
        priority=row.priority,
    )


def channel_standing(row: Channel) -> ChannelStanding:
    scopes = row.setup.get("report", {}).get("scopes", [])
    asked = {name: row.reconciling[name] for name in ("since", "until", "reached", "found")} if row.reconciling else {}
    finished_at = row.reconciling.get("finished_at")
    return ChannelStanding(
        id=row.public_id,
        code=row.code,
        name=row.name,
        kind=row.kind,
        active=row.active,
        connecting=row.is_connecting,
        holds_new=row.holds_new,
        paused_at=row.paused_at,
        polled_until=row.polled_until,
        account=row.account,
        missing_scopes=[one["name"] for one in scopes if one["needed"] and not one["granted"]],
        reconciling=ReconcilingOut(**asked, finished_at=finished_at) if asked else None,
    )
