"""What a contract can offer, and the method of an adapter's client by which each of it is used."""

from __future__ import annotations

from enum import StrEnum

from apps.network.models import Capability


class Offer(StrEnum):
    """What only the contract knows. What a node does or does not do besides, so that routing, cancelling and retrying obey it, is a
    ``Capability`` of the network and ticked there."""

    CALLBACKS = "callbacks"
    """The partner reports by signed messages what happens."""
    UPDATES = "updates"
    """The partner is asked every few minutes what has happened."""
    CONFIRMS = "confirms"
    """On the day it gets an order, the partner says that it has it."""
    REPLY_LINK = "reply_link"
    """The partner answers on a page of ours, by a link in what it is sent."""
    STOCK = "stock"
    """The partner takes our stock figures."""
    RATES = "rates"
    LABELS = "labels"
    VOID = "void"
    MANIFEST = "manifest"
    TRACKING = "tracking"
    """The carrier reports the way of a parcel, from the first scan to the door."""


METHODS: dict[Capability | Offer, str] = {
    Capability.LOOK_UP: "look_up",
    Capability.CANCEL: "cancel",
    Capability.PARTIAL_CANCEL: "cancel_lines",
    Offer.UPDATES: "fetch_updates",
    Offer.STOCK: "push_inventory",
}
# Of what is ticked at a node, what a contract has to offer for it to count. Express or pickup are no matter of contracts.
OF_A_CONTRACT = frozenset(
    {
        Capability.LOOK_UP,
        Capability.CANCEL,
        Capability.PARTIAL_CANCEL,
        Capability.ACCEPT_REJECT,
        Capability.DEDUPLICATES,
    }
)
# By these an adapter is a carrier's: it takes no fulfillment orders.
OF_A_CARRIER = frozenset({Offer.RATES, Offer.LABELS, Offer.VOID, Offer.MANIFEST, Offer.TRACKING})
