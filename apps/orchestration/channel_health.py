"""How a channel is: what came last, what waits, how its shop answers, and what runs out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Min

from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapter_of
from apps.channels.models import Channel, ChannelToken, ContractVersion, InboxMessage, Verdict
from apps.channels.selectors import contracts_of
from apps.channels.services.direct_orders import DIRECT_TOPIC
from apps.channels.verdict_reasons import NEW_ORDER
from apps.core import clock
from apps.core.refused_webhooks import Refused, refused_of
from apps.listings.models import Listing, StockFeed
from apps.listings.states import FigureState
from apps.outbound.selectors import CallFigures, call_figures
from apps.outbound.states import CounterpartKind

# How far back the last order and webhook are looked for, in messages, and how long calls are counted.
MOST_MESSAGES = 500
CALLS_OF = timedelta(days=1)
# Polls are five minutes apart; after that somebody should look.
LATE_AFTER = timedelta(minutes=15)
RUNS_OUT_IN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Health:
    """``last_webhook`` of what the shop itself sent, ``last_message`` of whatever kind. ``late``: polls are behind. ``stock``: figures by ``FigureState``; empty: no listing is known. ``runs_out``: its access ends soon."""

    last_order: InboxMessage | None
    last_webhook: InboxMessage | None
    last_message: InboxMessage | None
    polled_until: datetime | None
    polls: bool
    late: bool
    waiting: int
    waiting_since: datetime | None
    quarantined: int
    stock: dict[str, int]
    feed: StockFeed | None
    token: ChannelToken | None
    runs_out: bool
    calls: CallFigures | None
    refused: Sequence[Refused]
    contracts: Sequence[ContractVersion]
    deprecated_on: date | None
    days_left: int | None


def health_of(channel: Channel) -> Health:
    adapter, now = adapter_of(channel.kind), clock.now()
    order, webhook, message = _last_messages(channel)
    unsettled = InboxMessage.objects.filter(channel=channel, verdict__in=[Verdict.WAITING, Verdict.QUARANTINED])
    counted = {
        one["verdict"]: one for one in unsettled.values("verdict").annotate(n=Count("pk"), first=Min("received_at"))
    }
    waiting = counted.get(Verdict.WAITING)
    token = ChannelToken.objects.filter(channel=channel).first()
    polls = adapter.can(Capability.POLLING) and channel.speaks
    ends = token.refresh_expires_at if token else None
    return Health(
        last_order=order,
        last_webhook=webhook,
        last_message=message,
        polled_until=channel.polled_until,
        polls=polls,
        late=polls
        and channel.paused_at is None
        and (channel.polled_until or channel_since(channel)) < now - LATE_AFTER,
        waiting=waiting["n"] if waiting else 0,
        waiting_since=waiting["first"] if waiting else None,
        quarantined=counted[Verdict.QUARANTINED]["n"] if Verdict.QUARANTINED in counted else 0,
        stock=_stock(channel),
        feed=StockFeed.objects.filter(pk=channel.pk).first(),
        token=token,
        runs_out=ends is not None and ends < now + RUNS_OUT_IN,
        calls=_calls(channel, now),
        refused=refused_of(f"channel:{channel.code}"),
        contracts=contracts_of(channel),
        deprecated_on=adapter.deprecated_on,
        days_left=(adapter.deprecated_on - now.date()).days if adapter.deprecated_on else None,
    )


def channel_since(channel: Channel) -> datetime:
    """Since when it could have been polled."""
    live_at = channel.setup.get("live_at")
    return datetime.fromisoformat(live_at) if live_at else clock.now()


def _last_messages(channel: Channel) -> tuple[InboxMessage | None, InboxMessage | None, InboxMessage | None]:
    """The last new order however it came, the last webhook and the last message."""
    rows = list(InboxMessage.objects.filter(channel=channel).defer("body", "problems").order_by("-pk")[:MOST_MESSAGES])
    return next(filter(_brought_order, rows), None), last_webhook(rows), next(iter(rows), None)


def _brought_order(row: InboxMessage) -> bool:
    """Of an order sent through the API nothing is said: it is there, or it was refused to its sender."""
    return row.verdict == Verdict.ACCEPTED and (row.reason == NEW_ORDER or row.topic == DIRECT_TOPIC)


def last_webhook(newest_first: Iterable[InboxMessage]) -> InboxMessage | None:
    """What the shop sent on its own; neither what was fetched or uploaded, nor an order through the API."""
    return next(
        (row for row in newest_first if row.topic not in ("", DIRECT_TOPIC) and "source" not in row.headers), None
    )


def last_webhook_of(channel: Channel) -> InboxMessage | None:
    rows = InboxMessage.objects.filter(channel=channel).defer("body", "problems").order_by("-pk")
    return last_webhook(rows[:MOST_MESSAGES])


def _stock(channel: Channel) -> dict[str, int]:
    rows = Listing.objects.filter(channel=channel, active=True, sku__isnull=False)
    by_state = dict(rows.values_list("state").annotate(Count("pk")))
    return {state: by_state.get(state, 0) for state in FigureState.values} if by_state else {}


def _calls(channel: Channel, now: datetime) -> CallFigures | None:
    whom = (CounterpartKind.SHOP, channel.code)
    figures = call_figures([whom], since=now - CALLS_OF)[whom]
    return figures if figures.count else None
