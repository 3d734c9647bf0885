"""A channel does not take the figure it is sent: send it again, or sell it there no more."""

from __future__ import annotations

from apps.casework.resolutions.base import Done, Effect, Params, Resolution
from apps.casework.resolutions.errors import NotResolvable
from apps.casework.resolutions.facts import Facts
from apps.channels.models import Channel
from apps.core.actor import Actor
from apps.core.text import Text
from apps.listings.models import Listing
from apps.listings.services.resending import resend, resume_sending
from apps.listings.services.rules import stop_selling
from apps.listings.states import FigureState


def _listing(facts: Facts) -> Listing | None:
    rows = Listing.objects.select_related("channel", "sku")
    return facts.once("listing", lambda: rows.filter(public_id=facts.case.subject_ref).first())


def _channel(facts: Facts) -> Channel | None:
    return facts.once("channel", lambda: Channel.objects.filter(public_id=facts.case.subject_ref).first())


class SendStockAgain(Resolution):
    """Send the figure once more, after the shop was put right."""

    code = "send_stock_again"
    label = "Send the figure again"

    def why_not(self, facts: Facts) -> str:
        listing = _listing(facts)
        if listing is None:
            return "" if _channel(facts) else Text("The case is about no channel.")
        return "" if listing.state == FigureState.REFUSED else Text("The figure is not refused any more.")

    def effect(self, facts: Facts, params: Params) -> Effect:
        listing, channel = _listing(facts), _channel(facts)
        if listing is None:
            name = channel.name if channel else ""
            said = Text(
                "All that waits is sent to {name}. Once it takes a figure, the case closes automatically.", name=name
            )
            return Effect(said, currency=facts.currency)
        said = Text(
            "{name} is sent {count} for {sku} once more. If it takes it, the case closes automatically.",
            name=listing.channel.name,
            count=listing.wanted,
            sku=listing.code or listing.external_id,
        )
        return Effect(said, currency=facts.currency)

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        listing, channel = _listing(facts), _channel(facts)
        if listing is not None:
            resend([listing.pk], actor=actor)
        elif channel is not None:
            resume_sending(channel.pk, actor=actor)
        # Whether it is taken now, the shop says, and ends the case.
        return Done(Text("It is being sent again."), ends=False)

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("once the shop or its credentials are put right, sending it again is all it takes")


class NotSoldHere(Resolution):
    """Sell the SKU in this channel no more; a rule of the channel says so."""

    code = "not_sold_here"
    label = "Not sold in this channel"

    def why_not(self, facts: Facts) -> str:
        listing = _listing(facts)
        return "" if listing and listing.sku_id else Text("The case is about no SKU of a channel.")

    def effect(self, facts: Facts, params: Params) -> Effect:
        listing = _listing(facts)
        assert listing is not None
        said = Text(
            "A rule says that {sku} is not sold in {name}: it is sent 0 from now on, and no case is opened if that is refused too.",
            name=listing.channel.name,
            sku=listing.code or listing.external_id,
        )
        return Effect(said, currency=facts.currency)

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        listing = _listing(facts)
        if listing is None or listing.sku is None:
            raise NotResolvable(why=Text("The case is about no SKU of a channel."))
        stop_selling(listing, listing.sku, reason=f"case {facts.case.public_id}", actor=actor)
        sku = listing.code or listing.external_id
        return Done(Text("{sku} is not sold in {name} any more.", sku=sku, name=listing.channel.name))

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("what a channel no longer has needs no figures")
