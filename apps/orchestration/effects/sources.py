"""The rows of one order in which its effects are kept, read in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from apps.accounts.caller import Caller
from apps.casework.models import ExceptionCase
from apps.casework.states import STANDING
from apps.casework.visibility import others_work
from apps.channels.models import ChannelNotice
from apps.compensation.models import ExternalEffect
from apps.core.models import Event
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder, Shipment
from apps.inventory.models import Reservation
from apps.notifications.models import CustomerMessage
from apps.notifications.states import MessageState
from apps.orchestration.effects.kinds import UNDO, Kind
from apps.orchestration.effects.ledger import NextAction
from apps.orchestration.models import RunState, StepRun
from apps.orders.models import Order, OrderLine
from apps.webhooks.models import Delivery, WebhookEndpoint

MOST_DELIVERIES = 100
_OPEN_RUNS = (RunState.DUE, RunState.RUNNING, RunState.PARKED)


@dataclass(slots=True)
class Sources:
    """The rows of one order, as far as the reader may see them."""

    order: Order
    lines: list[OrderLine]
    claims: list[Reservation]
    bound: dict[int, FulfillmentOrder]
    work: list[FulfillmentOrder]
    external: dict[str, ExternalEffect]
    parcels: list[Shipment]
    updates: list[ChannelNotice]
    messages: list[CustomerMessage]
    deliveries: list[Delivery]
    cases: list[ExceptionCase]
    runs: dict[tuple[str, int], StepRun] = field(default_factory=dict)

    def case_about(self, ref: str, types: Collection[str]) -> ExceptionCase | None:
        """The standing case of one of these types about it."""
        return next((one for one in self.cases if one.subject_ref == ref and one.type in types), None)

    def next_of(self, kind: Kind, subject_id: int, steps: Collection[str] = ()) -> NextAction | None:
        """The first of the kind's steps that is still to be done for that subject."""
        found = [self.runs.get((step, subject_id)) for step in steps or UNDO[kind].steps]
        runs = sorted((run for run in found if run is not None), key=lambda run: run.due_at)
        return next((NextAction(run.pk, run.step, run.due_at, run.state == RunState.PARKED) for run in runs), None)


def sources_of(order: Order, caller: Caller) -> Sources:
    hidden = others_work(caller, order)
    work = list(FulfillmentOrder.objects.filter(order=order).select_related("node").order_by("pk"))
    own = [row for row in work if row.public_id not in hidden]
    sources = Sources(
        order=order,
        lines=list(OrderLine.objects.filter(order=order)),
        claims=_claims(order, caller),
        bound=_bound({row.pk: row for row in own}),
        work=own,
        external={one.subject_ref: one for one in ExternalEffect.objects.filter(stream=order.public_id)},
        parcels=list(
            Shipment.objects.filter(fulfillment_order__in=own).select_related("fulfillment_order__node").order_by("pk")
        ),
        updates=list(
            ChannelNotice.objects.filter(stream=order.public_id)
            .exclude(subject_ref__in=hidden)
            .select_related("channel")
            .order_by("pk")
        ),
        messages=list(CustomerMessage.objects.filter(order=order).order_by("pk")),
        deliveries=_deliveries(order, hidden),
        cases=list(ExceptionCase.objects.filter(order=order, state__in=STANDING).order_by("pk")),
    )
    sources.runs = _runs(order, [row.pk for row in sources.messages if row.state == MessageState.DUE])
    return sources


def _claims(order: Order, caller: Caller) -> list[Reservation]:
    rows = Reservation.objects.filter(order_id=order.pk).select_related("level__node", "level__sku")
    return list((rows.filter(level__node__code__in=caller.nodes) if caller.nodes else rows).order_by("pk"))


def _bound(work: Mapping[int, FulfillmentOrder]) -> dict[int, FulfillmentOrder]:
    """The fulfillment order of each claim that has one, by the claim's pk."""
    pairs = FulfillmentLine.objects.filter(fulfillment_order__in=list(work), reservation__isnull=False)
    return {claim: work[row] for claim, row in pairs.values_list("reservation_id", "fulfillment_order_id") if claim}


def _deliveries(order: Order, hidden: Collection[str]) -> list[Delivery]:
    """Found by their events: deliveries of one order have no index of their own."""
    endpoints = list(WebhookEndpoint.objects.values_list("pk", flat=True))
    if not endpoints:
        return []
    events = Event.objects.filter(stream=order.public_id).exclude(subject_ref__in=hidden).order_by("-pk")
    latest = list(events.values_list("pk", flat=True)[: MOST_DELIVERIES * 2])
    rows = Delivery.objects.filter(endpoint__in=endpoints, event_id__in=latest).select_related("endpoint")
    return list(rows.defer("payload").order_by("-pk")[:MOST_DELIVERIES])


def _runs(order: Order, messages: Sequence[int]) -> dict[tuple[str, int], StepRun]:
    """What is still to be done about the order, by step and subject. By its events, as the queue has no index by order."""
    events = list(Event.objects.filter(stream=order.public_id).values_list("pk", flat=True))
    about: Iterable[StepRun] = StepRun.objects.filter(event__in=events, state__in=_OPEN_RUNS)
    mails: Iterable[StepRun] = (
        StepRun.objects.filter(step="send_customer_message", subject_id__in=messages, state__in=_OPEN_RUNS)
        if messages
        else ()
    )
    return {(run.step, run.subject_id): run for run in (*about, *mails)}
