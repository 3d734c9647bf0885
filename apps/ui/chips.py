"""How each state looks: a word, an icon and a tone, never a colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_noop

from apps.casework.states import CaseState, CaseType, Severity
from apps.channels.models import Verdict
from apps.core.event_types import Ball
from apps.fulfillment.states import FulfillmentState, RequestState, ShipmentState
from apps.inventory.states import MovementKind, ReservationState
from apps.listings.states import ImportState, RowVerdict
from apps.network.models import NodeKind
from apps.orchestration.models import RunState
from apps.orders.canonical import PaymentState, RiskLevel
from apps.orders.states import HoldReason, OrderState
from apps.outbound.states import CallOutcome, CounterpartKind
from apps.routing.models import Outcome, PolicyState
from apps.ui.language import translated
from apps.webhooks.states import DeliveryState


@dataclass(frozen=True, slots=True)
class Chip:
    """``tone``: gray, blue, violet, teal, green, amber or red."""

    label: str
    icon: str
    tone: str


CASE_TYPES = CaseType.choices

_LOOKS: dict[str, dict[str, tuple[str, str]]] = {
    "order": {
        OrderState.RECEIVED: ("inbox", "gray"),
        OrderState.VALIDATED: ("check-doc", "blue"),
        OrderState.ROUTED: ("route", "violet"),
        OrderState.RELEASED: ("play", "teal"),
        OrderState.SHIPPED: ("truck", "teal"),
        OrderState.DELIVERED: ("check-circle", "green"),
        OrderState.CANCELLED: ("x-circle", "red"),
    },
    "fulfillment": {
        FulfillmentState.OPEN: ("clock", "gray"),
        FulfillmentState.ACCEPTED: ("check", "blue"),
        FulfillmentState.PICKED: ("basket", "violet"),
        FulfillmentState.PACKED: ("box", "violet"),
        FulfillmentState.SHIPPED: ("truck", "teal"),
        FulfillmentState.DELIVERED: ("check-circle", "green"),
        FulfillmentState.REJECTED: ("undo", "red"),
        FulfillmentState.CANCELLED: ("x-circle", "gray"),
    },
    "request": {
        RequestState.UNSUBMITTED: ("clock", "gray"),
        RequestState.SUBMITTED: ("send", "blue"),
        RequestState.ACCEPTED: ("check", "green"),
        RequestState.REJECTED: ("undo", "red"),
        RequestState.OUTCOME_UNKNOWN: ("alert", "red"),
        RequestState.CANCEL_REQUESTED: ("clock", "amber"),
        RequestState.CANCEL_ACCEPTED: ("x-circle", "gray"),
        RequestState.CANCEL_REJECTED: ("alert", "red"),
    },
    "shipment": {
        ShipmentState.SHIPPED: ("truck", "teal"),
        ShipmentState.DELIVERED: ("check-circle", "green"),
        ShipmentState.FAILED: ("alert", "red"),
    },
    "case": {
        CaseState.OPEN: ("alert", "amber"),
        CaseState.IN_PROGRESS: ("play", "blue"),
        CaseState.WAITING: ("clock", "gray"),
        CaseState.RESOLVED: ("check-circle", "green"),
        CaseState.DISMISSED: ("x-circle", "gray"),
    },
    "severity": {
        Severity.LOW: ("chevron-down", "gray"),
        Severity.MEDIUM: ("equal", "amber"),
        Severity.HIGH: ("chevron-up", "red"),
        Severity.CRITICAL: ("alert", "red"),
    },
    "channel": {
        "live": ("check-circle", "green"),
        "holding": ("lock", "amber"),
        "paused": ("pause", "amber"),
        "connecting": ("clock", "blue"),
        "off": ("x-circle", "gray"),
    },
    "verdict": {
        Verdict.WAITING: ("clock", "gray"),
        Verdict.ACCEPTED: ("check-circle", "green"),
        Verdict.DUPLICATE: ("copy", "gray"),
        Verdict.IGNORED: ("minus", "gray"),
        Verdict.REJECTED: ("x-circle", "red"),
        Verdict.QUARANTINED: ("alert", "amber"),
    },
    "import": {
        ImportState.READING: ("download", "blue"),
        ImportState.COMPARING: ("swap", "blue"),
        ImportState.READY: ("search", "amber"),
        ImportState.APPLYING: ("play", "teal"),
        ImportState.DONE: ("check-circle", "green"),
        ImportState.STOPPED: ("pause", "red"),
        ImportState.DROPPED: ("x-circle", "gray"),
    },
    "import_row": {
        RowVerdict.UNREAD: ("clock", "gray"),
        RowVerdict.NEW: ("plus", "green"),
        RowVerdict.CHANGED: ("pencil", "blue"),
        RowVerdict.SAME: ("equal", "gray"),
        RowVerdict.CONFLICT: ("alert", "red"),
    },
    "run": {
        RunState.DUE: ("clock", "gray"),
        RunState.RUNNING: ("play", "blue"),
        RunState.DONE: ("check-circle", "green"),
        RunState.PARKED: ("pause", "amber"),
    },
    "outcome": {
        Outcome.ROUTED: ("route", "green"),
        Outcome.PARTIAL: ("route", "amber"),
        Outcome.BACKORDERED: ("clock", "amber"),
        Outcome.UNROUTABLE: ("x-circle", "red"),
    },
    "call": {
        CallOutcome.OK: ("check", "green"),
        CallOutcome.REFUSED: ("undo", "red"),
        CallOutcome.FAILED: ("alert", "red"),
        CallOutcome.UNKNOWN: ("help", "red"),
        CallOutcome.SKIPPED: ("minus", "gray"),
    },
    "delivery": {
        DeliveryState.PENDING: ("clock", "gray"),
        DeliveryState.DELIVERED: ("check-circle", "green"),
        DeliveryState.FAILED: ("alert", "red"),
        DeliveryState.HELD: ("pause", "amber"),
    },
    "standing": {
        "open": ("x-circle", "red"),
        "quiet": ("pause", "amber"),
        "probing": ("search", "amber"),
        "closed": ("check-circle", "green"),
        "uncalled": ("minus", "gray"),
        "off": ("x-circle", "gray"),
    },
    "policy": {
        PolicyState.DRAFT: ("pencil", "gray"),
        PolicyState.ACTIVE: ("check-circle", "green"),
        PolicyState.RETIRED: ("minus", "gray"),
    },
    "payment": {
        PaymentState.PENDING: ("clock", "amber"),
        PaymentState.AUTHORIZED: ("check", "blue"),
        PaymentState.PAID: ("check-circle", "green"),
        PaymentState.PARTIALLY_PAID: ("equal", "amber"),
        PaymentState.PARTIALLY_REFUNDED: ("undo", "amber"),
        PaymentState.REFUNDED: ("undo", "gray"),
        PaymentState.VOIDED: ("x-circle", "red"),
        PaymentState.FAILED: ("x-circle", "red"),
        PaymentState.ON_DELIVERY: ("clock", "blue"),
    },
    "risk": {
        RiskLevel.NONE: ("check", "gray"),
        RiskLevel.LOW: ("check", "green"),
        RiskLevel.MEDIUM: ("equal", "amber"),
        RiskLevel.HIGH: ("alert", "red"),
    },
    "movement": {
        MovementKind.RESERVE: ("lock", "blue"),
        MovementKind.RELEASE: ("undo", "gray"),
        MovementKind.SHIP: ("truck", "teal"),
        MovementKind.ADJUST: ("pencil", "amber"),
        MovementKind.SET: ("check-doc", "violet"),
        MovementKind.RECEIVE: ("plus", "green"),
        MovementKind.SHORT: ("alert", "red"),
        MovementKind.TRANSFER: ("swap", "violet"),
        MovementKind.SALE: ("tag", "teal"),
        MovementKind.RETURN: ("undo", "green"),
    },
    "reservation": {
        ReservationState.RESERVED: ("lock", "blue"),
        ReservationState.ALLOCATED: ("lock", "blue"),
        ReservationState.CONSUMED: ("truck", "teal"),
        ReservationState.RELEASED: ("undo", "gray"),
    },
}
WORDS: dict[str, dict[str, str]] = {
    "order": dict(OrderState.choices),
    "fulfillment": dict(FulfillmentState.choices),
    "request": dict(RequestState.choices),
    "shipment": dict(ShipmentState.choices),
    "case": dict(CaseState.choices),
    "severity": dict(Severity.choices),
    "verdict": dict(Verdict.choices),
    "import": dict(ImportState.choices),
    "import_row": dict(RowVerdict.choices),
    "channel": {
        "live": gettext_noop("Live"),
        "holding": gettext_noop("Holding new orders"),
        "paused": gettext_noop("Paused"),
        "connecting": gettext_noop("Being connected"),
        "off": gettext_noop("Off"),
    },
    "standing": {
        "open": gettext_noop("Nothing is sent"),
        "quiet": gettext_noop("Asked for quiet"),
        "probing": gettext_noop("Being tried"),
        "closed": gettext_noop("Sending"),
        "uncalled": gettext_noop("Not called yet"),
        "off": gettext_noop("Off"),
    },
    "delivery": dict(DeliveryState.choices),
    "counterpart": dict(CounterpartKind.choices),
    "counterparts": {
        CounterpartKind.SHOP: gettext_noop("Shops"),
        CounterpartKind.PARTNER: gettext_noop("Partners"),
        CounterpartKind.WEBHOOK: gettext_noop("Webhook endpoints"),
    },
    "run": dict(RunState.choices),
    "outcome": dict(Outcome.choices),
    "call": dict(CallOutcome.choices),
    "policy": dict(PolicyState.choices),
    "movement": dict(MovementKind.choices),
    "reservation": dict(ReservationState.choices),
    "hold": dict(HoldReason.choices),
    "casetype": dict(CaseType.choices),
    "nodekind": dict(NodeKind.choices),
    "ball": {
        Ball.SYSTEM: gettext_noop("Orderyard"),
        Ball.INTEGRATION: gettext_noop("another system’s answer"),
        Ball.PARTNER: gettext_noop("a partner or carrier"),
        Ball.PERSON: gettext_noop("a person"),
        Ball.CUSTOMER: gettext_noop("the customer"),
        Ball.NOBODY: gettext_noop("nobody"),
    },
}


def chip(kind: str, value: str) -> Chip:
    """The look of one state; one that is new here is shown by its plain word."""
    icon, tone = _LOOKS.get(kind, {}).get(value, ("dot", "gray"))
    return Chip(word(kind, value), icon, tone)


def word(kind: str, value: str) -> str:
    """What people call a state, a reason or a type, in the language of whoever looks."""
    return translated(english_word(kind, value))


def english_word(kind: str, value: str) -> str:
    """The same for files and machines."""
    return str(WORDS.get(kind, {}).get(value) or value.replace("_", " ").capitalize())
