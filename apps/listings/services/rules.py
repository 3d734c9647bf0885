"""The rules of how much a channel may sell, and what a change of one would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from apps.catalog.models import BundleComponent, Sku
from apps.channels.events import channel_fact
from apps.channels.models import Channel
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import service
from apps.listings import events, selectors
from apps.listings.errors import RuleNotFound, RuleRefused
from apps.listings.models import Listing, StockRule
from apps.listings.sellable import Rule, Sellable
from apps.listings.services.computing import recount_listings
from apps.listings.services.resending import resend

MOST_UNITS = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a rule is for: a SKU, or a category, or with neither everything the channel sells."""

    sku: Sku | None = None
    category: str = ""

    @property
    def name(self) -> str:
        return self.sku.code if self.sku else self.category


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a rule says."""

    sold_here: bool = True
    buffer_units: int = 0
    buffer_percent: int = 0
    cap: int | None = None
    floor: int = 0
    guaranteed: int = 0
    oversell: int = 0
    sells_ahead: bool = False


@service
def set_rule(channel: Channel, scope: Scope, terms: Terms, *, reason: str, actor: Actor) -> StockRule:
    """Make or change the rule of a channel for a scope. ``reason`` stands in its history. Raises RuleRefused."""
    refuse_contradictions(terms, reason)
    if terms.guaranteed and scope.sku is not None and BundleComponent.objects.filter(bundle=scope.sku).exists():
        said = Text("{sku} is a set, and only its parts are in stock; keep units of those", sku=scope.sku.code)
        raise RuleRefused(problem=said)
    rows = StockRule.objects.select_for_update(no_key=True)
    row = rows.filter(channel=channel, sku=scope.sku, category=scope.category).first()
    if row is not None and terms_of(row) == terms:
        return row
    row = row or StockRule(channel=channel, sku=scope.sku, category=scope.category)
    for name, value in asdict(terms).items():
        setattr(row, name, value)
    row._change_reason = reason.strip()[:100]  # type: ignore[attr-defined]
    row.save()
    record(channel_fact(channel, events.ChannelStockRuleChanged(scope=scope.name)), actor=actor)
    return row


@service
def stop_selling(listing: Listing, sku: Sku, *, reason: str, actor: Actor) -> None:
    """The listing's channel sells the SKU no more, whatever else its rule says; it is sent 0 at once, refused before or not."""
    row = StockRule.objects.filter(channel=listing.channel, sku=sku).first()
    terms = replace(terms_of(row) if row is not None else Terms(), sold_here=False)
    set_rule(listing.channel, Scope(sku=sku), terms, reason=reason, actor=actor)
    recount_listings([listing.pk], actor=actor)
    resend([listing.pk], actor=actor)


@service
def drop_rule(channel: Channel, scope: Scope, *, reason: str, actor: Actor) -> StockRule:
    """Take the rule away, and answer it as it was; the next wider one holds. Raises RuleNotFound, RuleRefused."""
    if not reason.strip():
        raise RuleRefused(problem="say why")
    rows = StockRule.objects.select_for_update(no_key=True)
    row = rows.filter(channel=channel, sku=scope.sku, category=scope.category).first()
    if row is None:
        raise RuleNotFound()
    row._change_reason = reason.strip()[:100]  # type: ignore[attr-defined]
    row.delete()
    record(channel_fact(channel, events.ChannelStockRuleChanged(scope=scope.name)), actor=actor)
    return row


def terms_of(row: StockRule) -> Terms:
    return Terms(**{name: getattr(row, name) for name in asdict(Terms())})


def refuse_contradictions(terms: Terms, reason: str) -> None:
    """Raises RuleRefused."""
    if not reason.strip():
        raise RuleRefused(problem="say why")
    units = (terms.buffer_units, terms.cap or 0, terms.floor, terms.guaranteed, terms.oversell)
    if min(units) < 0 or max(units) > MOST_UNITS:
        raise RuleRefused(problem=f"units are from 0 to {MOST_UNITS:,}")
    if not 0 <= terms.buffer_percent <= 100:
        raise RuleRefused(problem="a percentage is from 0 to 100")
    if terms.cap is not None and terms.cap < terms.floor:
        raise RuleRefused(problem="it never shows more than it shows none below: nothing would ever be shown")


@dataclass(frozen=True, slots=True)
class Preview:
    """A listing whose figure a rule would change."""

    listing: Listing
    before: int | None
    after: Sellable


MOST_PREVIEWED = 2_000


def preview_rule(channel: Channel, scope: Scope, terms: Terms | None) -> list[Preview]:
    """What the channel's own figures would be with the rule (None: without it), where they differ; of so many listings at most."""
    rows = Listing.objects.filter(channel=channel, active=True, sku__isnull=False).select_related("sku").order_by("pk")
    if scope.sku is not None:
        rows = rows.filter(sku=scope.sku)
    elif scope.category:
        rows = rows.filter(sku__category=scope.category)
    listings = list(rows[:MOST_PREVIEWED])
    pairs = {(channel.pk, row.sku_id) for row in listings if row.sku_id is not None}
    rule = None if terms is None else _rule(scope, terms)
    now = selectors.figures(pairs)
    then = selectors.figures(pairs, instead=(channel.pk, scope.sku.pk if scope.sku else None, scope.category, rule))
    found = [
        Preview(row, now[channel.pk, row.sku_id or 0].units, then[channel.pk, row.sku_id or 0]) for row in listings
    ]
    return [one for one in found if one.before != one.after.units]


def _rule(scope: Scope, terms: Terms) -> Rule:
    kind = "sku" if scope.sku else "category" if scope.category else "channel"
    return replace(Rule(**asdict(terms)), scope=kind)


def history_of(channel: Channel) -> Sequence[Any]:
    """Who changed which rule, when and why, newest first."""
    rows: Sequence[Any] = StockRule.history.filter(channel_id=channel.pk).order_by("-history_id")
    return rows
