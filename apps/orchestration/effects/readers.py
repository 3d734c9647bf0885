"""One reader for each kind of effect: from the rows where it is kept to a line of the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from apps.casework.states import CaseType
from apps.channels.models import ChannelNotice, NoticeEffect, NoticeState
from apps.compensation.models import ExternalEffect
from apps.compensation.states import EffectState
from apps.core.text import Text
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.selectors import OUTSIDE
from apps.fulfillment.states import GIVEN_UP, ShipmentState
from apps.inventory.models import Reservation
from apps.inventory.states import ReservationState
from apps.notifications.states import MessageState
from apps.orchestration.effects.kinds import UNDO, Kind
from apps.orchestration.effects.ledger import NextAction, OrderEffect, Owner, Standing
from apps.orchestration.effects.sources import Sources
from apps.orders.canonical import PaymentState
from apps.orders.models import Order
from apps.orders.states import OrderState
from apps.webhooks.states import DeliveryState

_LIVE = (ReservationState.RESERVED, ReservationState.ALLOCATED)
_ABOUT_SUBMISSIONS = (CaseType.COMPENSATION_STUCK, CaseType.CANCEL_AFTER_SHIP, CaseType.OUTCOME_UNKNOWN)
_ABOUT_PARCELS = (CaseType.CANCEL_AFTER_SHIP, CaseType.UNDELIVERABLE)
_MONEY_THERE = (PaymentState.AUTHORIZED, PaymentState.PAID, PaymentState.PARTIALLY_PAID)
_MONEY_BACK = (PaymentState.REFUNDED, PaymentState.VOIDED)
_OF_NOTICE = {
    NoticeState.PENDING: Standing.ATTEMPTED,
    NoticeState.WAITING: Standing.ATTEMPTED,
    NoticeState.SENT: Standing.SUCCEEDED,
    NoticeState.REFUSED: Standing.FAILED,
}
_OF_DELIVERY = {
    DeliveryState.PENDING: Standing.ATTEMPTED,
    DeliveryState.HELD: Standing.ATTEMPTED,
    DeliveryState.DELIVERED: Standing.SUCCEEDED,
    DeliveryState.FAILED: Standing.FAILED,
}


def _reservations(of: Sources) -> Iterator[OrderEffect]:
    for claim in of.claims:
        node, work = claim.level.node, of.bound.get(claim.pk)
        made = OrderEffect(
            kind=Kind.RESERVATION,
            ref=claim.public_id,
            what=Text(
                "{units} × {sku} at {name}",
                units=claim.quantity + claim.shipped,
                sku=claim.level.sku.code,
                name=node.name,
            ),
            state=_of_claim(claim, work, of.order),
            attempted_at=claim.reserved_at,
            node=node.code,
        )
        if made.state == Standing.COMPENSATED:
            made.settled_at = (work or of.order).entered_state_at
        if made.state == Standing.TO_COMPENSATE:
            made.owner = "system"
            made.next = of.next_of(made.kind, of.order.pk) or (of.next_of(made.kind, work.pk) if work else None)
            _wait_for_partner(made, work, of)
        yield made


def _of_claim(claim: Reservation, work: FulfillmentOrder | None, order: Order) -> Standing:
    if claim.state == ReservationState.RELEASED:
        return Standing.COMPENSATED
    unwanted = order.state == OrderState.CANCELLED or (work is not None and (work.called_off or work.state in GIVEN_UP))
    return Standing.TO_COMPENSATE if unwanted and claim.state in _LIVE else Standing.SUCCEEDED


def _wait_for_partner(made: OrderEffect, work: FulfillmentOrder | None, of: Sources) -> None:
    """A claim is free only once the partner that may still ship from it has answered."""
    if made.next is None and work is not None and work.node.kind in OUTSIDE:
        made.owner, made.owner_name = "partner", work.node.name
        made.next = of.next_of(Kind.PARTNER_SUBMISSION, work.pk)


def _node_work(of: Sources) -> Iterator[OrderEffect]:
    for row in of.work:
        if row.node.kind in OUTSIDE:
            continue
        undone = row.state in GIVEN_UP
        yield OrderEffect(
            kind=Kind.NODE_WORK,
            ref=row.public_id,
            what=Text("{name} works on it", name=row.node.name),
            state=Standing.COMPENSATED if undone else Standing.SUCCEEDED,
            attempted_at=row.created_at,
            settled_at=row.entered_state_at if undone else None,
            node=row.node.code,
        )


def _submissions(of: Sources) -> Iterator[OrderEffect]:
    for row in of.work:
        effect = of.external.get(row.public_id)
        if effect is None:
            continue
        made = OrderEffect(
            kind=Kind.PARTNER_SUBMISSION,
            ref=row.public_id,
            what=Text("{name} is asked to ship it", name=row.node.name),
            state=_of_external(effect, row),
            attempted_at=effect.attempted_at,
            settled_at=effect.settled_at or row.submitted_at,
            owner_name=row.node.name,
            node=row.node.code,
            attempts=effect.attempts,
            last_error=effect.last_error,
            note=effect.note,
        )
        _have_it_moved(made, of, row.pk, "partner")
        case = of.case_about(row.public_id, _ABOUT_SUBMISSIONS)
        if case is not None:
            made.case_ref, made.owner = case.public_id, "person"
            if made.state == Standing.STUCK and case.type == CaseType.COMPENSATION_STUCK:
                made.actions.append("undone_by_hand")
        yield made


def _of_external(effect: ExternalEffect, row: FulfillmentOrder) -> Standing:
    if effect.state == EffectState.SUCCEEDED and (effect.settled_at is not None or row.called_off):
        # Given up as undone, or shipped before it could be asked.
        return Standing.STANDS if effect.settled_at is not None else Standing.TO_COMPENSATE
    return Standing(effect.state)


def _have_it_moved(made: OrderEffect, of: Sources, subject_id: int, other: Owner) -> None:
    """Who has what is still open, when it is tried next, and that a person may start it now."""
    if not made.pending and made.state != Standing.FAILED:
        return
    made.next = of.next_of(made.kind, subject_id)
    made.owner = "person" if made.next is not None and made.next.stopped else other if made.pending else "nobody"
    if made.next is not None:
        made.actions.append("retry")


def _parcels(of: Sources) -> Iterator[OrderEffect]:
    whole = of.case_about(of.order.public_id, _ABOUT_PARCELS)
    for parcel in of.parcels:
        row = parcel.fulfillment_order
        case = of.case_about(row.public_id, _ABOUT_PARCELS) or whole
        state = Standing.FAILED if parcel.state == ShipmentState.FAILED else Standing.SUCCEEDED
        yield OrderEffect(
            kind=Kind.PARCEL,
            ref=parcel.public_id,
            what=Text("{name} sent it with {carrier}", name=row.node.name, carrier=parcel.carrier)
            if parcel.carrier
            else Text("{name} sent it", name=row.node.name),
            state=Standing.TO_COMPENSATE if case is not None else state,
            attempted_at=parcel.shipped_at,
            settled_at=parcel.delivered_at,
            owner="person" if case is not None else "nobody",
            case_ref=case.public_id if case is not None else "",
            node=row.node.code,
        )


def _channel_updates(of: Sources) -> Iterator[OrderEffect]:
    for row in of.updates:
        made = OrderEffect(
            kind=Kind.CHANNEL_UPDATE,
            ref=str(row.pk),
            what=Text(
                "{name} is notified: {what}", name=row.channel.name, what=Text.lowered(NoticeEffect(row.effect).label)
            ),
            state=_OF_NOTICE[NoticeState(row.state)],
            attempted_at=row.created_at,
            settled_at=row.sent_at,
            owner_name=row.channel.name,
            attempts=max(row.attempts - 1, 0) if row.state == NoticeState.SENT else row.attempts,
            last_error=row.detail if row.state != NoticeState.SENT else "",
        )
        opposite = _opposite_of(row, of)
        if opposite is not None and made.state == Standing.SUCCEEDED:
            sent = opposite.state == NoticeState.SENT
            made.state = Standing.COMPENSATED if sent else Standing.TO_COMPENSATE
            made.settled_at = opposite.sent_at
        _have_it_moved(made, of, (opposite or row).pk, "channel")
        yield made


def _opposite_of(row: ChannelNotice, of: Sources) -> ChannelNotice | None:
    """The later update that takes this one back."""
    wanted = {
        NoticeEffect.HELD: (NoticeEffect.RESUMED, NoticeEffect.CANCELLED),
        NoticeEffect.READY: (NoticeEffect.CANCELLED,),
    }
    later = [one for one in of.updates if one.pk > row.pk and one.effect in wanted.get(NoticeEffect(row.effect), ())]
    return later[0] if later else None


def _messages(of: Sources) -> Iterator[OrderEffect]:
    for row in of.messages:
        due = row.state == MessageState.DUE
        state = Standing.ATTEMPTED if due else Standing.SUCCEEDED
        made = OrderEffect(
            kind=Kind.CUSTOMER_MESSAGE,
            ref=row.public_id,
            what=Text.literal(row.get_template_display()),
            state=Standing.FAILED if row.state == MessageState.NOBODY else state,
            attempted_at=row.made_at,
            settled_at=row.sent_at,
            last_error=row.get_state_display() if row.state == MessageState.NOBODY else "",
        )
        _have_it_moved(made, of, row.pk, "system")
        yield made


def _webhooks(of: Sources) -> Iterator[OrderEffect]:
    for row in of.deliveries:
        pending = row.state == DeliveryState.PENDING
        yield OrderEffect(
            kind=Kind.WEBHOOK,
            ref=row.public_id,
            what=Text("{name} is sent {event}", name=row.endpoint.name, event=row.event),
            state=_OF_DELIVERY[DeliveryState(row.state)],
            attempted_at=row.made_at,
            settled_at=row.last_at if row.state == DeliveryState.DELIVERED else None,
            owner="system" if pending else "nobody",
            owner_name=row.endpoint.name,
            attempts=row.attempts,
            last_error=row.last_note if row.state != DeliveryState.DELIVERED else "",
            next=NextAction(0, UNDO[Kind.WEBHOOK].sets_off[-1], row.next_at) if pending else None,
        )


def _payment(of: Sources) -> Iterator[OrderEffect]:
    """Money that somebody took for the order, and gives back where less of it ships."""
    order, state = of.order, PaymentState(of.order.payment_state)
    less = order.state == OrderState.CANCELLED or any(line.cancelled_quantity for line in of.lines)
    back = state in _MONEY_BACK or (state == PaymentState.PARTIALLY_REFUNDED and order.state != OrderState.CANCELLED)
    if not back and state not in (*_MONEY_THERE, PaymentState.PARTIALLY_REFUNDED):
        return
    standing = Standing.COMPENSATED if back else Standing.TO_COMPENSATE if less else Standing.SUCCEEDED
    yield OrderEffect(
        kind=Kind.PAYMENT,
        ref=order.public_id,
        what=Text("The payment is {state}", state=Text(state.replace("_", " "))),
        state=standing,
        attempted_at=order.placed_at,
        owner="channel" if standing == Standing.TO_COMPENSATE else "nobody",
        owner_name=order.channel,
    )


READERS: tuple[Callable[[Sources], Iterator[OrderEffect]], ...] = (
    _reservations,
    _node_work,
    _submissions,
    _parcels,
    _channel_updates,
    _messages,
    _webhooks,
    _payment,
)
