"""What each event says to a person, and how it looks. The sentences stand where the events are declared; here they are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.accounts import events as accounts
from apps.casework import events as casework
from apps.casework.resolutions.registry import RESOLUTIONS
from apps.catalog import events as catalog
from apps.channels import events as channels
from apps.compensation import events as compensation
from apps.contracts import events as contracts
from apps.core.event_types import EventData, find_event
from apps.fulfillment import events as fulfillment
from apps.fulfillment.states import RejectReason
from apps.inventory import events as inventory
from apps.listings import events as listings
from apps.network import events as network
from apps.notifications import events as notifications
from apps.orchestration import events as orchestration
from apps.orders import events as orders
from apps.sla import events as sla
from apps.sla.stages import STAGES
from apps.ui.chips import word
from apps.ui.language import translated
from apps.ui.wording import plural
from apps.webhooks import events as webhooks


@dataclass(frozen=True, slots=True)
class Look:
    """``kind`` is the shelf of the timeline it stands on."""

    icon: str
    tone: str = "gray"
    kind: str = "event"


LOOKS: dict[type[EventData], Look] = {
    # orders in
    channels.InboxReceived: Look("inbox", kind="message"),
    channels.InboxEarly: Look("clock", "amber", "message"),
    channels.UploadReceived: Look("download", kind="message"),
    channels.UploadContinued: Look("download", kind="message"),
    channels.ContractPublished: Look("plug"),
    channels.ChannelPollDue: Look("refresh", kind="message"),
    channels.ChannelPaused: Look("pause", "amber"),
    channels.ChannelResumed: Look("play", "green"),
    channels.ChannelReconcileDue: Look("refresh", kind="message"),
    channels.ChannelWebhooksDue: Look("refresh", kind="message"),
    channels.ChannelWebhooksLost: Look("alert", "amber"),
    channels.ChannelToTell: Look("send", kind="message"),
    channels.ChannelOrderToFetch: Look("download", kind="message"),
    channels.ChannelRefundsToRead: Look("undo", kind="message"),
    channels.ChannelPrivacyAsked: Look("user", "amber", "message"),
    contracts.ReplayStarted: Look("refresh", kind="message"),
    contracts.ReplayContinued: Look("refresh", kind="message"),
    # stock and catalogs of channels
    listings.ChannelStockToSend: Look("send", kind="message"),
    listings.ChannelStockToRead: Look("refresh", kind="message"),
    listings.ChannelStockNotTaken: Look("alert", "red"),
    listings.ChannelStockFlowsAgain: Look("play", "green"),
    listings.ChannelStockRuleChanged: Look("pencil", "blue"),
    listings.ListingToRecount: Look("equal"),
    listings.ListingRefused: Look("alert", "amber"),
    listings.ListingTakenAgain: Look("play", "green"),
    listings.ListingFigureChanged: Look("equal"),
    listings.ChannelCatalogToRead: Look("download", kind="message"),
    listings.ChannelCatalogToCompare: Look("equal"),
    listings.ChannelCatalogReady: Look("check-doc", "amber"),
    listings.ChannelCatalogToApply: Look("download"),
    listings.ChannelCatalogApplied: Look("check-doc", "green"),
    listings.ChannelCatalogDropped: Look("trash"),
    listings.ChannelFieldOwnersChanged: Look("pencil", "blue"),
    orders.OrderAccepted: Look("orders", "blue"),
    orders.OrderRevised: Look("pencil", "blue"),
    orders.OrderAmended: Look("pencil", "blue"),
    orders.OrderHeld: Look("lock", "amber"),
    orders.OrderHoldReleased: Look("unlock", "green"),
    orders.OrderResumed: Look("play", "green"),
    orders.OrderFollowed: Look("pencil", "blue"),
    orders.OrderPaymentChanged: Look("equal"),
    orders.OrderChangeCameLate: Look("alert", "amber"),
    orders.OrderCancelCameLate: Look("alert", "red"),
    orders.OrderLineSubstituted: Look("swap", "blue"),
    orders.OrderLinesCancelled: Look("minus", "amber"),
    orders.OrderPriceAccepted: Look("equal", "green"),
    orders.OrderContactErased: Look("trash"),
    orders.OrderRecheckAsked: Look("refresh"),
    orders.OrderRefundAgreed: Look("undo", "amber"),
    # deciding
    orders.OrderValidated: Look("check-doc", "blue"),
    orders.OrderUnroutable: Look("x-circle", "red", "decision"),
    orders.OrderUnrouted: Look("undo", "amber"),
    orders.OrderRoutingResumed: Look("refresh"),
    orders.OrderRouted: Look("route", "violet", "decision"),
    orders.OrderRoutingInstructed: Look("route", "violet", "decision"),
    orders.OrderReleaseResumed: Look("refresh"),
    orders.OrderReleased: Look("play", "teal"),
    # fulfilling
    fulfillment.FulfillmentAssigned: Look("box"),
    fulfillment.FulfillmentRequested: Look("send", "blue"),
    fulfillment.FulfillmentSubmitted: Look("send", "blue"),
    fulfillment.FulfillmentAccepted: Look("check", "blue"),
    fulfillment.FulfillmentRejected: Look("undo", "red"),
    fulfillment.FulfillmentPicked: Look("basket", "violet"),
    fulfillment.FulfillmentShortPicked: Look("alert", "red"),
    fulfillment.FulfillmentPacked: Look("box", "violet"),
    fulfillment.FulfillmentUnpacked: Look("undo", "red"),
    fulfillment.FulfillmentUnitsUnwanted: Look("alert", "red"),
    fulfillment.FulfillmentShipped: Look("truck", "teal"),
    fulfillment.FulfillmentDelivered: Look("check-circle", "green"),
    fulfillment.FulfillmentUndeliverable: Look("alert", "red"),
    fulfillment.FulfillmentCancelled: Look("x-circle"),
    fulfillment.FulfillmentRestCancelled: Look("x-circle"),
    fulfillment.FulfillmentCalledOff: Look("x-circle", "amber"),
    fulfillment.FulfillmentCancelRequested: Look("clock", "amber"),
    fulfillment.FulfillmentCancelRefused: Look("alert", "red"),
    fulfillment.FulfillmentLeftAnyway: Look("alert", "red"),
    fulfillment.FulfillmentOutcomeUnknown: Look("help", "red"),
    compensation.CompensationWanted: Look("undo", "amber"),
    compensation.CompensationStuck: Look("alert", "red"),
    compensation.CompensationCompleted: Look("check-circle", "green"),
    compensation.CompensationGivenUp: Look("x-circle", "red"),
    orders.OrderShipped: Look("truck", "teal"),
    orders.OrderDelivered: Look("check-circle", "green"),
    orders.OrderHandedOver: Look("check-circle", "green"),
    orders.OrderReturned: Look("undo", "amber"),
    orders.OrderCancelled: Look("x-circle", "red"),
    orders.OrderRestCancelled: Look("x-circle", "red"),
    # stock
    inventory.StockFreed: Look("stock"),
    inventory.StockShort: Look("stock", "amber"),
    inventory.StockDoubted: Look("stock", "amber"),
    inventory.StockVouched: Look("stock", "green"),
    inventory.StockOversold: Look("alert", "red"),
    # what is sold, and from where
    catalog.SkuUpserted: Look("tag"),
    catalog.SkuCodeMapped: Look("tag", "green"),
    network.NodeChanged: Look("network"),
    network.NodeShut: Look("pause", "amber"),
    # people and the system itself
    accounts.StaffInvited: Look("key"),
    accounts.StaffPasswordLinkWanted: Look("key"),
    accounts.KeyMade: Look("key"),
    accounts.KeyRevoked: Look("key", "amber"),
    casework.CaseOpened: Look("alert", "amber"),
    casework.CaseTaken: Look("user", "blue"),
    casework.CaseAssigned: Look("people"),
    casework.CasePrioritized: Look("filter"),
    casework.CaseAcknowledged: Look("check"),
    casework.CaseCommented: Look("note", "blue"),
    casework.CaseWaiting: Look("pause"),
    casework.CaseResumed: Look("play", "amber"),
    casework.CaseLinked: Look("link"),
    casework.CaseMerged: Look("copy"),
    casework.CaseEscalated: Look("bell", "red"),
    casework.CaseActionChosen: Look("check", "blue"),
    casework.CaseActionUndone: Look("undo"),
    casework.CaseActionDone: Look("check-circle", "green"),
    casework.CaseActionRefused: Look("x-circle", "red"),
    casework.CaseRetryWanted: Look("refresh", "blue"),
    casework.CaseResolved: Look("check-circle", "green"),
    casework.CaseDismissed: Look("x-circle"),
    casework.ApprovalRequested: Look("help", "amber"),
    casework.ApprovalSeconded: Look("check", "blue"),
    casework.ApprovalApproved: Look("check-circle", "green"),
    casework.ApprovalRejected: Look("x-circle", "red"),
    casework.ApprovalExpired: Look("clock", "amber"),
    casework.ApprovalWithdrawn: Look("undo"),
    casework.ApprovalVoided: Look("x-circle", "amber"),
    notifications.NoticeToMail: Look("mail"),
    notifications.CustomerToTell: Look("mail"),
    webhooks.WebhookDue: Look("send"),
    webhooks.WebhookFailing: Look("alert", "amber"),
    webhooks.WebhookSwitchedOff: Look("x-circle", "red"),
    # how long things take
    sla.SlaWarned: Look("clock", "amber"),
    sla.SlaBreached: Look("clock", "red"),
    sla.SlaPolicyPublished: Look("clock"),
    sla.SlaRetimingContinued: Look("clock"),
    orchestration.StepRetried: Look("refresh", "blue"),
    sla.SlaCalendarChanged: Look("clock"),
    orchestration.ContractEnding: Look("clock", "amber"),
    orchestration.CanarySent: Look("pulse"),
}


class _Facts(dict[str, str]):
    """What is not known is called so, rather than failing a page over an old event."""

    def __missing__(self, key: str) -> str:
        return translated(_UNKNOWN.get(key, gettext_noop("unknown")))


_UNKNOWN = {
    "node": gettext_noop("A node"),
    "channel": gettext_noop("A channel"),
    "missing": gettext_noop("some units"),
    "reason": gettext_noop("no reason given"),
    "code": gettext_noop("A resolution"),
    "stage": gettext_noop("it took too long"),
}


def facts_of(name: str, data: Mapping[str, object]) -> dict[str, str]:
    """What the fields of the event are in words: which resolution, what is late, why, and how much."""
    facts = dict[str, str]()
    code, stage, reason = str(data.get("code", "")), str(data.get("stage", "")), str(data.get("reason", ""))
    if code in RESOLUTIONS:
        facts["code"] = _("“{resolution}”").format(resolution=translated(RESOLUTIONS[code].label))
    if stage in STAGES:
        facts["stage"] = translated(STAGES[stage].late)
    if reason and name == fulfillment.FulfillmentRejected.spec.name:
        facts["reason"] = translated(str(dict(RejectReason.choices).get(reason, reason))) + _absent(data.get("absent"))
    elif reason:
        facts["reason"] = word("hold", reason)
    if isinstance(missing := data.get("missing"), dict):
        facts["missing"] = plural(sum(missing.values()), "unit")
    if kind := str(data.get("type", "")):
        facts["type"] = word("casetype", kind)
    if state := str(data.get("state", "")):
        facts["state"] = translated(state.replace("_", " "))
    if step := str(data.get("step", "")):
        facts["step"] = translated(step.replace("_", " "))
    return facts


def _absent(named: object) -> str:
    """The SKUs that a rejection named as not there."""
    return f" ({', '.join(named.values())})" if isinstance(named, dict) else ""


def sentence_of(name: str, facts: Mapping[str, str]) -> tuple[Look, str]:
    """How the event looks, and the finished sentence; one that is declared no more is said by its name."""
    kind = find_event(name)
    if kind is None:
        return Look("dot"), name.replace(".", ": ").replace("_", " ").capitalize() + "."
    return LOOKS[kind], translated(kind.spec.says).format_map(_Facts(facts))
