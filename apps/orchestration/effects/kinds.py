"""Every kind of effect an order has outside its own row, and how it is taken back.

A kind that has rows of its own (a claim, a parcel, an update for a channel) is read from them; what another system did because we
asked, and we keep nothing else of, is an ``ExternalEffect``. A test finds steps that call other systems about an order and stand
in no entry here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import models

from apps.core.text import Text


class Kind(models.TextChoices):
    RESERVATION = "reservation", "Stock reserved"
    NODE_WORK = "node_work", "Work at our own location"
    PARTNER_SUBMISSION = "partner_submission", "Handed over to a partner"
    PARCEL = "parcel", "Parcel sent"
    CHANNEL_UPDATE = "channel_update", "Channel updated"
    CHANNEL_STOCK = "channel_stock", "Stock shown on channels"
    CUSTOMER_MESSAGE = "customer_message", "Customer notified"
    WEBHOOK = "webhook", "Other system notified"
    PAYMENT = "payment", "Payment"


class Strength(models.TextChoices):
    """``guaranteed``: only our own database has to agree. ``best_effort``: somebody else may refuse, or it may be too late; then a
    person has it."""

    GUARANTEED = "guaranteed", "Guaranteed"
    BEST_EFFORT = "best_effort", "Best effort"


@dataclass(frozen=True, slots=True)
class Undo:
    """``how`` it is undone, in a sentence. ``sets_off``, ``undoes``: the steps, by name, that do so; none: the service that
    cancels does it in its own transaction."""

    strength: Strength
    how: Text
    sets_off: tuple[str, ...] = ()
    undoes: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[str, ...]:
        return (*self.sets_off, *self.undoes)


SURE, HOPED = Strength.GUARANTEED, Strength.BEST_EFFORT
UNDO: Mapping[str, Undo] = {
    Kind.RESERVATION: Undo(
        SURE,
        Text("The claim is released and its stock is free again; what a partner has in hand, once it has answered."),
        sets_off=("route_order", "create_fulfillment_orders"),
        undoes=("release_stock", "release_stock_of_fulfillment"),
    ),
    Kind.NODE_WORK: Undo(SURE, Text("It is taken from the location in the same moment in which it is cancelled.")),
    Kind.PARTNER_SUBMISSION: Undo(
        HOPED,
        Text("The partner is asked to cancel until it answers; its no, or a parcel that has left, becomes a case."),
        sets_off=("submit_to_partner",),
        undoes=("ask_partner_to_cancel", "take_back_rejected"),
    ),
    Kind.PARCEL: Undo(
        HOPED,
        Text("A case asks somebody to intercept the parcel or to agree on a return; what comes back is received."),
    ),
    Kind.CHANNEL_UPDATE: Undo(
        HOPED,
        Text("What was said is followed by its opposite: a cancellation, or that the hold is over."),
        sets_off=("queue_channel_updates", "queue_pickup_updates", "send_channel_update"),
        undoes=("queue_channel_updates", "send_channel_update"),
    ),
    # Kept for each listing, not for each order: the figure follows the claim.
    Kind.CHANNEL_STOCK: Undo(
        SURE,
        Text(
            "Figures are absolute and follow the claims: once these are released, the channels are sent the new figure."
        ),
        sets_off=("recount_listings", "send_channel_stock"),
        undoes=("recount_listings", "send_channel_stock"),
    ),
    Kind.CUSTOMER_MESSAGE: Undo(
        HOPED,
        Text("A mail can't be taken back; the next one says what was decided instead."),
        sets_off=("queue_customer_messages", "send_customer_message"),
    ),
    Kind.WEBHOOK: Undo(
        HOPED,
        Text("The same endpoint is sent the event that cancels it."),
        sets_off=("queue_webhooks", "send_webhook"),
        undoes=("queue_webhooks", "send_webhook"),
    ),
    Kind.PAYMENT: Undo(
        HOPED,
        Text(
            "Money is moved by whoever owns the payment: they are notified of the cancellation, and say when it went back."
        ),
    ),
}
