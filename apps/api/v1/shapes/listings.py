"""Stock on channels from outside."""

from __future__ import annotations

from datetime import datetime

from apps.api.v1.base import PageOf, Shape
from apps.listings.differences import cause_of, sentence_of
from apps.listings.explaining import FigureExplanation, label_of
from apps.listings.models import Listing, StockRule
from apps.listings.selectors import standing_of
from apps.listings.services.rules import Preview


class ListingOut(Shape):
    """One thing a channel sells. ``wanted``: what it is to show; ``sent``: what it last took; ``shown``: what was last read back
    there; each with its moment, null where there is none. ``difference``: units it shows beyond ``wanted``, as far as is known;
    ``cause`` of it as a code, and in words."""

    id: str
    sku: str | None
    external_id: str
    code: str
    title: str
    active: bool
    wanted: int | None
    wanted_at: datetime | None
    sent: int | None
    sent_at: datetime | None
    shown: int | None
    shown_at: datetime | None
    state: str
    refusal: str
    difference: int
    cause: str
    cause_text: str


class ListingPage(PageOf[ListingOut]):
    """Listings of a channel."""


class TermOut(Shape):
    """Units added to the figure, or taken off it where negative."""

    term: str
    text: str
    units: int


class NodeShareOut(Shape):
    """What one location adds. ``safety`` and ``doubted``: as far as they keep something back; ``safety_stock``:
    what the location is to keep back; ``free``: what is left of it."""

    node: str
    name: str
    on_hand: int
    reserved: int
    safety: int
    safety_stock: int
    doubted: int
    incoming: int
    free: int


class KeptOut(Shape):
    """Units kept for another channel."""

    channel: str
    units: int


class PartOut(Shape):
    """A part of a set: how many a set takes, how many may be sold, and how many sets they make."""

    sku: str
    each: int
    units: int
    sets: int


class RuleTerms(Shape):
    """What a rule says. ``scope`` of the one that holds: sku, category, channel, or empty where there is none."""

    scope: str
    sold_here: bool
    buffer_units: int
    buffer_percent: int
    cap: int | None
    floor: int
    guaranteed: int
    oversell: int
    sells_ahead: bool


class WhyOut(Shape):
    """Why a channel may sell so many of a SKU, as of now. ``units`` null: it is not counted, and the channel is sent no figure. The
    units of ``terms`` add up to ``units``."""

    channel: str
    sku: str
    units: int | None
    terms: list[TermOut]
    rule: RuleTerms
    nodes: list[NodeShareOut]
    kept_for_others: list[KeptOut]
    parts: list[PartOut]
    listings: list[ListingOut]


class StockRuleOut(Shape):
    """A rule of a channel: of a SKU, of a category, or with neither of everything."""

    sku: str | None
    category: str
    sold_here: bool
    buffer_units: int
    buffer_percent: int
    cap: int | None
    floor: int
    guaranteed: int
    oversell: int
    sells_ahead: bool


class StockRulePage(PageOf[StockRuleOut]):
    """Rules of a channel."""


class RuleChangeOut(Shape):
    """A listing whose figure a rule would change; null: it has none."""

    sku: str | None
    code: str
    before: int | None
    after: int | None


class RulePreviewOut(Shape):
    """What a rule would change of the channel's figures, of the first 2,000 listings it is about."""

    changes: list[RuleChangeOut]


class ResentOut(Shape):
    """How many figures are sent again."""

    figures: int


class ReadBackOut(Shape):
    """Whether the channel can be asked what it shows, and is."""

    asked: bool


def listing(row: Listing) -> ListingOut:
    standing = standing_of(row)
    cause = cause_of(standing)
    return ListingOut(
        id=row.public_id,
        sku=row.sku.code if row.sku else None,
        external_id=row.external_id,
        code=row.code,
        title=row.title,
        active=row.active,
        wanted=row.wanted,
        wanted_at=row.wanted_at,
        sent=row.sent,
        sent_at=row.sent_at,
        shown=row.shown,
        shown_at=row.shown_at,
        state=row.state,
        refusal=row.refusal,
        difference=standing.difference,
        cause=cause.value,
        cause_text=sentence_of(standing),
    )


def why(found: FigureExplanation) -> WhyOut:
    rule = found.rule
    return WhyOut(
        channel=found.channel.code,
        sku=found.sku.code,
        units=found.figure.units,
        terms=[TermOut(term=one.name.value, text=str(label_of(one.name)), units=one.units) for one in found.terms],
        rule=RuleTerms(**{name: getattr(rule, name) for name in RuleTerms.model_fields}),
        nodes=[
            NodeShareOut(
                node=node.code,
                name=node.name,
                on_hand=one.on_hand,
                reserved=one.reserved,
                safety=one.kept,
                safety_stock=one.safety,
                doubted=one.doubted,
                incoming=one.incoming,
                free=one.free,
            )
            for node, one in found.nodes
        ],
        kept_for_others=[KeptOut(channel=one.channel, units=one.units) for one in found.kept],
        parts=[PartOut(sku=one.sku, each=one.each, units=one.units, sets=one.sets) for one in found.parts],
        listings=[listing(row) for row in found.listings],
    )


def stock_rule(row: StockRule) -> StockRuleOut:
    said = {name: getattr(row, name) for name in StockRuleOut.model_fields if name != "sku"}
    return StockRuleOut(sku=row.sku.code if row.sku else None, **said)


def rule_preview(changes: list[Preview]) -> RulePreviewOut:
    return RulePreviewOut(
        changes=[
            RuleChangeOut(
                sku=one.listing.sku.code if one.listing.sku else None,
                code=one.listing.code,
                before=one.before,
                after=one.after.units,
            )
            for one in changes
        ]
    )
