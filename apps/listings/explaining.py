"""Why a channel may sell as many as it does: the terms in words, with what lies behind each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.catalog.models import Sku
from apps.catalog.selectors import skus_called
from apps.channels.models import Channel
from apps.core.text import Text
from apps.listings import selectors
from apps.listings.errors import ListingNotFound
from apps.listings.models import Listing
from apps.listings.sellable import AtNode, Rule, Sellable, Term, TermName
from apps.network.models import Node

LABELS: Mapping[TermName, str] = {
    TermName.ON_HAND: "On hand at its locations",
    TermName.RESERVED: "Reserved for orders",
    TermName.SAFETY: "Safety stock",
    TermName.DOUBT: "In doubt until counted",
    TermName.PARTS: "Sets its scarcest part makes",
    TermName.UNPLACED: "Sold, not routed yet",
    TermName.OTHERS: "Kept for other channels",
    TermName.BUFFER: "Kept back by the rule",
    TermName.INCOMING: "On its way",
    TermName.OVERSELL: "May oversell",
    TermName.NOT_SOLD: "Not sold in this channel",
    TermName.SHORT: "None to sell",
    TermName.FLOOR: "Shown as none: too few left",
    TermName.CAP: "Never shows more",
}
SCOPES: Mapping[str, str] = {
    "sku": "the rule of this SKU",
    "category": "the rule of its category",
    "channel": "the channel’s own rule",
    "": "no rule",
}


@dataclass(frozen=True, slots=True)
class KeptForOther:
    """Units kept for another channel."""

    channel: str
    name: str
    units: int


@dataclass(frozen=True, slots=True)
class ComponentLimit:
    """What a part of a set allows."""

    sku: str
    each: int
    units: int
    sets: int


@dataclass(frozen=True, slots=True)
class FigureExplanation:
    """Why a channel may sell so many of a SKU now, and what it was sent and shows."""

    channel: Channel
    sku: Sku
    figure: Sellable
    nodes: Sequence[tuple[Node, AtNode]]
    kept: Sequence[KeptForOther]
    parts: Sequence[ComponentLimit]
    listings: Sequence[Listing]

    @property
    def rule(self) -> Rule:
        return self.figure.rule

    @property
    def terms(self) -> Sequence[Term]:
        return self.figure.terms


def explain(channel: Channel, code: str) -> FigureExplanation:
    """Raises ListingNotFound where the channel does not list the SKU (its code, in any case)."""
    meant = skus_called([code], channel=channel.code).values()
    rows = Listing.objects.filter(channel=channel, sku__in=meant).select_related("sku", "channel")
    listings = list(rows.order_by("-active", "pk"))
    if not listings or listings[0].sku is None:
        raise ListingNotFound(channel=channel.name, sku=code)
    sku = listings[0].sku
    figure = selectors.figures({(channel.pk, sku.pk)})[channel.pk, sku.pk]
    nodes = Node.objects.in_bulk([one.node for one in figure.at])
    channels = Channel.objects.in_bulk([one.channel for one in figure.guarantees])
    parts = Sku.objects.in_bulk([one.sku for one in figure.parts])
    return FigureExplanation(
        channel,
        sku,
        figure,
        nodes=[(nodes[one.node], one) for one in figure.at],
        kept=[
            KeptForOther(channels[one.channel].code, channels[one.channel].name, one.units) for one in figure.guarantees
        ],
        parts=[ComponentLimit(parts[one.sku].code, one.each, one.units, one.sets) for one in figure.parts],
        listings=listings,
    )


def label_of(name: TermName) -> Text:
    return Text.literal(LABELS[name])
