"""What happens to orders, on their own timelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apps.core.event_types import Ball, EventData, Subject, event
from apps.core.outbox import Fact
from apps.orders.models import Order
from apps.orders.states import OrderState

ORDER = Subject.ORDER


# coming in


@event(
    "order.accepted",
    subject=ORDER,
    enters=OrderState.RECEIVED,
    ball=Ball.SYSTEM,
    says="{channel} sent the order.",
    public=("channel",),
)
class OrderAccepted(EventData):
    channel: str


@event(
    "order.revised",
    subject=ORDER,
    enters=OrderState.RECEIVED,
    ball=Ball.SYSTEM,
    says="The order was changed; it is checked again.",
    public=("changed", "goods_changed"),
)
class OrderRevised(EventData):
    """``changed``: names of what somebody here changed; ``goods_changed``: whether the source changed goods or the address."""

    changed: Sequence[str] | None = None
    goods_changed: bool | None = None


@event("order.amended", subject=ORDER, ball=Ball.SYSTEM, says="The order was edited.", public=("changed",))
class OrderAmended(EventData):
    changed: Sequence[str] = ()


@event(
    "order.followed",
    subject=ORDER,
    ball=Ball.SYSTEM,
    says="The channel changed the order; the change was applied.",
    public=(),
)
class OrderFollowed(EventData):
    """``changed``: by name, with old and new where that is no personal data."""

    changed: Mapping[str, Any]


@event("order.payment_changed", subject=ORDER, ball=Ball.SYSTEM, says="The payment is now {state}.", public=("state",))
class OrderPaymentChanged(EventData):
    state: str


@event(
    "order.price_accepted",
    subject=ORDER,
    ball=Ball.SYSTEM,
    says="The price was accepted as it is.",
    public=("claimed", "recomputed", "charged"),
)
class OrderPriceAccepted(EventData):
    """Totals in minor units: what the source claimed, what the lines come to, what is charged where that was chosen."""

    recomputed: int
    claimed: int | None = None
    charged: int | None = None


@event("order.recheck_asked", subject=ORDER, ball=Ball.SYSTEM, says="The order is checked again.", public=())
class OrderRecheckRequested(EventData):
    pass


@event(
    "order.change_came_late",
    subject=ORDER,
    ball=Ball.PERSON,
    says="The channel changed the order after goods were under way.",
    public=("state",),
)
class OrderChangeCameLate(EventData):
    """``late``: what was changed, each with what it was and what it is to be; ``nodes``: where it is in hand."""

    state: str
    late: Mapping[str, Any] | None = None
    nodes: Sequence[str] | None = None


@event(
    "order.cancel_came_late",
    subject=ORDER,
    ball=Ball.PERSON,
    says="The channel cancelled after goods had left.",
    public=("state",),
)
class OrderCancelCameLate(EventData):
    state: str


@event("order.contact_erased", subject=ORDER, ball=Ball.NOBODY, says="Who it was for was erased.", public=("reason",))
class OrderContactErased(EventData):
    reason: str


# holds


@event("order.held", subject=ORDER, ball=Ball.PERSON, says="Put on hold: {reason}.", public=("hold", "reason"))
class OrderHeld(EventData):
    reason: str
    hold: str


@event(
    "order.hold_released", subject=ORDER, ball=Ball.SYSTEM, says="Hold released: {reason}.", public=("hold", "reason")
)
class OrderHoldReleased(EventData):
    reason: str
    hold: str


@event(
    "order.resumed",
    subject=ORDER,
    ball=Ball.SYSTEM,
    says="The last hold was released; processing continues.",
    public=("state",),
)
class OrderResumed(EventData):
    state: str


# deciding


@event(
    "order.validated",
    subject=ORDER,
    enters=OrderState.VALIDATED,
    ball=Ball.SYSTEM,
    says="Checked, nothing wrong.",
    public=(),
)
class OrderValidated(EventData):
    pass


@event("order.unroutable", subject=ORDER, ball=Ball.PERSON, says="No location can ship it now.", public=("decision",))
class OrderUnroutable(EventData):
    decision: str


@event(
    "order.unrouted",
    subject=ORDER,
    enters=OrderState.VALIDATED,
    ball=Ball.SYSTEM,
    says="Part of it needs rerouting.",
    public=(),
)
class OrderUnrouted(EventData):
    pass


@event("order.routing_resumed", subject=ORDER, ball=Ball.SYSTEM, says="Routing is tried again.", public=())
class OrderRoutingResumed(EventData):
    pass


@event(
    "order.routing_instructed",
    subject=ORDER,
    ball=Ball.SYSTEM,
    says="Sourcing instructions were set.",
    public=("split_allowed", "max_splits", "partial"),
)
class OrderRoutingInstructed(EventData):
    """``pins``: node code by order line pk."""

    pins: Mapping[str, str]
    split_allowed: bool = False
    max_splits: int | None = None
    partial: str | None = None


@event(
    "order.routed",
    subject=ORDER,
    enters=OrderState.ROUTED,
    ball=Ball.SYSTEM,
    says="Locations are chosen and the stock is reserved.",
    public=(),
)
class OrderRouted(EventData):
    pass


@event(
    "order.partly_routed",
    subject=ORDER,
    ball=Ball.SYSTEM,
    says="Part of it has no location yet.",
    public=("decision",),
)
class OrderPartlyRouted(EventData):
    """Beside ``order.routed``, which moves on what has its place."""

    decision: str


@event("order.release_resumed", subject=ORDER, ball=Ball.SYSTEM, says="Release is tried again.", public=())
class OrderReleaseResumed(EventData):
    pass


@event(
    "order.released",
    subject=ORDER,
    enters=OrderState.RELEASED,
    ball=Ball.SYSTEM,
    says="Released to the locations.",
    public=(),
)
class OrderReleased(EventData):
    pass


# leaving and ending


@event(
    "order.shipped", subject=ORDER, enters=OrderState.SHIPPED, ball=Ball.PARTNER, says="Everything has left.", public=()
)
class OrderShipped(EventData):
    """From here on its parcels are with carriers."""


@event(
    "order.delivered",
    subject=ORDER,
    enters=OrderState.DELIVERED,
    ball=Ball.NOBODY,
    says="Everything has arrived.",
    public=(),
)
class OrderDelivered(EventData):
    pass


@event(
    "order.handed_over",
    subject=ORDER,
    enters=OrderState.DELIVERED,
    ball=Ball.NOBODY,
    says="Sold at {node}, till {till}.",
    public=("channel", "node", "till"),
)
class OrderHandedOver(EventData):
    """A sale at a till: its first event, and the last thing that happens to the goods."""

    channel: str
    node: str
    till: str


@event(
    "order.returned",
    subject=ORDER,
    ball=Ball.NOBODY,
    says="Goods came back at the till.",
    public=("node", "units", "damaged", "refunded_minor", "currency"),
)
class OrderReturned(EventData):
    """``units`` by SKU, as written on the receipt; ``damaged``: those of them that can't be sold again. The till has given
    ``refunded_minor`` back itself."""

    node: str
    units: Mapping[str, int]
    damaged: Mapping[str, int]
    refunded_minor: int
    currency: str


@event(
    "order.cancelled",
    subject=ORDER,
    enters=OrderState.CANCELLED,
    ball=Ball.NOBODY,
    says="Cancelled.",
    public=("reason_given",),
)
class OrderCancelled(EventData):
    reason_given: bool


@event(
    "order.rest_cancelled",
    subject=ORDER,
    ball=Ball.PERSON,
    says="Cancelled after part of it had left; the rest is stopped.",
    public=("lines", "left", "reason_given"),
)
class OrderRestCancelled(EventData):
    """``lines``: units that were stopped, by line id; ``left``: units that had left, worth ``left_minor``."""

    lines: Mapping[str, int]
    left: int
    left_minor: int
    reason_given: bool


@event(
    "order.lines_cancelled",
    subject=ORDER,
    ball=Ball.SYSTEM,
    says="Lines were cancelled.",
    public=("lines", "reason_given"),
)
class OrderLinesCancelled(EventData):
    """``lines``: units by line id."""

    lines: Mapping[str, int]
    reason_given: bool


@event(
    "order.line_substituted",
    subject=ORDER,
    ball=Ball.SYSTEM,
    says="A line was substituted.",
    public=("line", "new_line", "from_", "to", "units", "unit_price_minor", "less_minor", "currency"),
)
class OrderLineSubstituted(EventData):
    """``from_`` and ``to``: SKU codes; ``less_minor``: what the customer pays less in all."""

    line: str
    new_line: str
    substitute: str
    from_: str
    to: str
    units: int
    unit_price_minor: int
    less_minor: int
    currency: str


@event(
    "order.refund_agreed",
    subject=ORDER,
    ball=Ball.PERSON,
    says="A refund was agreed.",
    public=("amount_minor", "currency", "case", "approval", "units"),
)
class OrderRefundAgreed(EventData):
    """Paid out where it was paid in. ``units``: by line id, where it is for goods."""

    amount_minor: int
    currency: str
    case: str | None = None
    approval: str | None = None
    units: Mapping[str, int] | None = None


def order_fact(order: Order, event: EventData) -> Fact:
    """Something that happened to ``order``, on its own timeline."""
    return Fact(event, order.pk, order.public_id, order.public_id)
