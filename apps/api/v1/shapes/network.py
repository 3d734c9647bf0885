"""Nodes and channels from outside."""

from __future__ import annotations

from datetime import date, datetime, time

from apps.api.v1.base import PageOf, Shape
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapter_of
from apps.channels.framework.setup import REFRESH_TOKEN, Credential
from apps.channels.models import Channel, ChannelToken
from apps.channels.services.webhook_setup import webhook_address
from apps.channels.services.webhook_watch import lost_webhooks
from apps.channels.setup_steps import missing_steps
from apps.network.models import Node, NodeDowntime
from apps.orchestration.channel_health import Health


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


class CredentialOut(Shape):
    """One thing that is typed to connect it. ``given``: whether there is one; what it is, is not shown."""

    name: str
    label: str
    optional: bool
    given: bool


class ChannelStanding(Shape):
    """``connecting``: its steps are not finished, it takes nothing yet. ``account``: whose shop it is, in the shop's words;
    ``missing_scopes``: what its credentials lacked when they were last tried; ``steps_left``: what is to be done before it can be
    taken live; ``webhooks``: topics that were registered at the shop."""

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
    steps_left: list[str]
    credentials: list[CredentialOut]
    webhooks: list[str]
    webhook_address: str | None
    reconciling: ReconcilingOut | None


class ChannelSecret(Shape):
    """``secret``: shown this once; ``previous_until``: how long the one before is good as well."""

    id: str
    secret: str
    previous_until: datetime | None


class ChannelGivenUp(Shape):
    """``removed`` false: something had come from it, so it was kept, switched off."""

    removed: bool


class CallsOut(Shape):
    """Calls of the shop within a day, ten thousand at most. Times in milliseconds."""

    count: int
    failed: int
    p50_ms: int
    p95_ms: int


class ChannelHealth(Shape):
    """``late``: polls are behind; ``stock``: listings by how their figure stands; ``lost_webhooks``: topics that the shop has switched
    off or dropped; ``deprecated_on``: when the vendor ends the version of its contract that is in use."""

    id: str
    last_order_at: datetime | None
    last_webhook_at: datetime | None
    polled_until: datetime | None
    late: bool
    waiting: int
    waiting_since: datetime | None
    quarantined: int
    stock: dict[str, int]
    access_until: datetime | None
    access_trouble: str
    calls: CallsOut | None
    lost_webhooks: list[str]
    contract_version: str
    deprecated_on: date | None


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
    adapter, scopes = adapter_of(row.kind), row.setup.get("report", {}).get("scopes", [])
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
        steps_left=[step.value for step in missing_steps(row, adapter)] if row.is_connecting else [],
        credentials=[_credential(row, one) for one in adapter.asked],
        webhooks=row.setup.get("hooks", {}).get("topics", []),
        webhook_address=webhook_address(row) if adapter.can(Capability.WEBHOOKS) else None,
        reconciling=ReconcilingOut(**asked, finished_at=finished_at) if asked else None,
    )


def _credential(row: Channel, one: Credential) -> CredentialOut:
    given = bool(row.credential(one.name))
    if one.name == REFRESH_TOKEN:
        token = ChannelToken.objects.filter(channel=row).first()
        given = token is not None and bool(token.refresh_token)
    return CredentialOut(name=one.name, label=str(one.label), optional=one.optional, given=given)


def channel_health(row: Channel, health: Health) -> ChannelHealth:
    calls = health.calls
    return ChannelHealth(
        id=row.public_id,
        last_order_at=health.last_order.received_at if health.last_order else None,
        last_webhook_at=health.last_webhook.received_at if health.last_webhook else None,
        polled_until=health.polled_until,
        late=health.late,
        waiting=health.waiting,
        waiting_since=health.waiting_since,
        quarantined=health.quarantined,
        stock=health.stock,
        access_until=health.token.refresh_expires_at if health.token else None,
        access_trouble=health.token.trouble if health.token else "",
        calls=CallsOut(count=calls.count, failed=calls.failed, p50_ms=calls.p50, p95_ms=calls.p95) if calls else None,
        lost_webhooks=lost_webhooks(row),
        contract_version=adapter_of(row.kind).version,
        deprecated_on=health.deprecated_on,
    )
