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
from apps.integrations import events as integrations
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
class EventAppearance:
    """``kind`` is the shelf of the timeline it stands on."""

    icon: str
    tone: str = "gray"
    kind: str = "event"


LOOKS: dict[type[EventData], EventAppearance] = {
    # orders in
    channels.InboxReceived: EventAppearance("inbox", kind="message"),
    channels.InboxEarly: EventAppearance("clock", "amber", "message"),
    channels.UploadReceived: EventAppearance("download", kind="message"),
    channels.UploadContinued: EventAppearance("download", kind="message"),
    channels.ContractPublished: EventAppearance("plug"),
    channels.ChannelPollDue: EventAppearance("refresh", kind="message"),
    channels.ChannelPaused: EventAppearance("pause", "amber"),
    channels.ChannelResumed: EventAppearance("play", "green"),
    channels.ChannelReconcileDue: EventAppearance("refresh", kind="message"),
    channels.ChannelWebhooksDue: EventAppearance("refresh", kind="message"),
    channels.ChannelWebhooksLost: EventAppearance("alert", "amber"),
    channels.ChannelUpdateDue: EventAppearance("send", kind="message"),
    channels.ChannelOrderToFetch: EventAppearance("download", kind="message"),
    channels.ChannelRefundsToRead: EventAppearance("undo", kind="message"),
    channels.ChannelPrivacyRequested: EventAppearance("user", "amber", "message"),
    contracts.ChannelProofDue: EventAppearance("check", kind="message"),
    contracts.PartnerProofDue: EventAppearance("check", kind="message"),
    contracts.ReplayStarted: EventAppearance("refresh", kind="message"),
    contracts.ReplayContinued: EventAppearance("refresh", kind="message"),
    contracts.ContractDrifted: EventAppearance("alert", "amber"),
    contracts.ContractDriftAccepted: EventAppearance("check"),
    # partners
    integrations.PartnerUpdatesDue: EventAppearance("refresh", kind="message"),
    # stock and catalogs of channels
    listings.ChannelStockToSend: EventAppearance("send", kind="message"),
    listings.ChannelStockToRead: EventAppearance("refresh", kind="message"),
    listings.ChannelStockRefused: EventAppearance("alert", "red"),
    listings.ChannelStockResumed: EventAppearance("play", "green"),
    listings.ChannelStockRuleChanged: EventAppearance("pencil", "blue"),
    listings.ListingToRecount: EventAppearance("equal"),
    listings.ListingRefused: EventAppearance("alert", "amber"),
    listings.ListingAccepted: EventAppearance("play", "green"),
    listings.ListingFigureChanged: EventAppearance("equal"),
    listings.ChannelCatalogToRead: EventAppearance("download", kind="message"),
    listings.ChannelCatalogToCompare: EventAppearance("equal"),
    listings.ChannelCatalogReady: EventAppearance("check-doc", "amber"),
    listings.ChannelCatalogToApply: EventAppearance("download"),
    listings.ChannelCatalogApplied: EventAppearance("check-doc", "green"),
    listings.ChannelCatalogDropped: EventAppearance("trash"),
    listings.ChannelFieldOwnersChanged: EventAppearance("pencil", "blue"),
    orders.OrderAccepted: EventAppearance("orders", "blue"),
    orders.OrderRevised: EventAppearance("pencil", "blue"),
    orders.OrderAmended: EventAppearance("pencil", "blue"),
    orders.OrderHeld: EventAppearance("lock", "amber"),
    orders.OrderHoldReleased: EventAppearance("unlock", "green"),
    orders.OrderResumed: EventAppearance("play", "green"),
    orders.OrderFollowed: EventAppearance("pencil", "blue"),
    orders.OrderPaymentChanged: EventAppearance("equal"),
    orders.OrderChangeCameLate: EventAppearance("alert", "amber"),
    orders.OrderCancelCameLate: EventAppearance("alert", "red"),
    orders.OrderLineSubstituted: EventAppearance("swap", "blue"),
    orders.OrderLinesCancelled: EventAppearance("minus", "amber"),
    orders.OrderPriceAccepted: EventAppearance("equal", "green"),
    orders.OrderContactErased: EventAppearance("trash"),
    orders.OrderRecheckRequested: EventAppearance("refresh"),
    orders.OrderRefundAgreed: EventAppearance("undo", "amber"),
    # deciding
    orders.OrderValidated: EventAppearance("check-doc", "blue"),
    orders.OrderUnroutable: EventAppearance("x-circle", "red", "decision"),
    orders.OrderUnrouted: EventAppearance("undo", "amber"),
    orders.OrderRoutingResumed: EventAppearance("refresh"),
    orders.OrderRouted: EventAppearance("route", "violet", "decision"),
    orders.OrderPartlyRouted: EventAppearance("clock", "amber", "decision"),
    orders.OrderRoutingInstructed: EventAppearance("route", "violet", "decision"),
    orders.OrderReleaseResumed: EventAppearance("refresh"),
    orders.OrderReleased: EventAppearance("play", "teal"),
    # fulfilling
    fulfillment.FulfillmentAssigned: EventAppearance("box"),
    fulfillment.FulfillmentRequested: EventAppearance("send", "blue"),
    fulfillment.FulfillmentSubmitted: EventAppearance("send", "blue"),
    fulfillment.FulfillmentAccepted: EventAppearance("check", "blue"),
    fulfillment.FulfillmentRejected: EventAppearance("undo", "red"),
    fulfillment.FulfillmentPicked: EventAppearance("basket", "violet"),
    fulfillment.FulfillmentShortPicked: EventAppearance("alert", "red"),
    fulfillment.FulfillmentPacked: EventAppearance("box", "violet"),
    fulfillment.FulfillmentUnpacked: EventAppearance("undo", "red"),
    fulfillment.FulfillmentUnitsUnwanted: EventAppearance("alert", "red"),
    fulfillment.FulfillmentShipped: EventAppearance("truck", "teal"),
    fulfillment.FulfillmentDelivered: EventAppearance("check-circle", "green"),
    fulfillment.FulfillmentUndeliverable: EventAppearance("alert", "red"),
    fulfillment.FulfillmentCancelled: EventAppearance("x-circle"),
    fulfillment.FulfillmentRestCancelled: EventAppearance("x-circle"),
    fulfillment.FulfillmentCalledOff: EventAppearance("x-circle", "amber"),
    fulfillment.FulfillmentCancelRequested: EventAppearance("clock", "amber"),
    fulfillment.FulfillmentCancelRefused: EventAppearance("alert", "red"),
    fulfillment.FulfillmentLeftAnyway: EventAppearance("alert", "red"),
    fulfillment.FulfillmentOutcomeUnknown: EventAppearance("help", "red"),
    compensation.CompensationWanted: EventAppearance("undo", "amber"),
    compensation.CompensationStuck: EventAppearance("alert", "red"),
    compensation.CompensationCompleted: EventAppearance("check-circle", "green"),
    compensation.CompensationGivenUp: EventAppearance("x-circle", "red"),
    orders.OrderShipped: EventAppearance("truck", "teal"),
    orders.OrderDelivered: EventAppearance("check-circle", "green"),
    orders.OrderHandedOver: EventAppearance("check-circle", "green"),
    orders.OrderReturned: EventAppearance("undo", "amber"),
    orders.OrderCancelled: EventAppearance("x-circle", "red"),
    orders.OrderRestCancelled: EventAppearance("x-circle", "red"),
    # stock
    inventory.StockFreed: EventAppearance("stock"),
    inventory.StockShort: EventAppearance("stock", "amber"),
    inventory.StockDoubted: EventAppearance("stock", "amber"),
    inventory.StockConfirmed: EventAppearance("stock", "green"),
    inventory.StockOversold: EventAppearance("alert", "red"),
    # what is sold, and from where
    catalog.SkuUpserted: EventAppearance("tag"),
    catalog.SkuCodeMapped: EventAppearance("tag", "green"),
    network.NodeChanged: EventAppearance("network"),
    network.NodeShut: EventAppearance("pause", "amber"),
    # people and the system itself
    accounts.StaffInvited: EventAppearance("key"),
    accounts.StaffPasswordLinkWanted: EventAppearance("key"),
    accounts.KeyMade: EventAppearance("key"),
    accounts.KeyRevoked: EventAppearance("key", "amber"),
    casework.CaseOpened: EventAppearance("alert", "amber"),
    casework.CaseTaken: EventAppearance("user", "blue"),
    casework.CaseAssigned: EventAppearance("people"),
    casework.CasePrioritized: EventAppearance("filter"),
    casework.CaseAcknowledged: EventAppearance("check"),
    casework.CaseCommented: EventAppearance("note", "blue"),
    casework.CaseWaiting: EventAppearance("pause"),
    casework.CaseResumed: EventAppearance("play", "amber"),
    casework.CaseLinked: EventAppearance("link"),
    casework.CaseMerged: EventAppearance("copy"),
    casework.CaseEscalated: EventAppearance("bell", "red"),
    casework.CaseActionChosen: EventAppearance("check", "blue"),
    casework.CaseActionUndone: EventAppearance("undo"),
    casework.CaseActionDone: EventAppearance("check-circle", "green"),
    casework.CaseActionRefused: EventAppearance("x-circle", "red"),
    casework.CaseRetryWanted: EventAppearance("refresh", "blue"),
    casework.CaseResolved: EventAppearance("check-circle", "green"),
    casework.CaseDismissed: EventAppearance("x-circle"),
    casework.ApprovalRequested: EventAppearance("help", "amber"),
    casework.ApprovalSeconded: EventAppearance("check", "blue"),
    casework.ApprovalApproved: EventAppearance("check-circle", "green"),
    casework.ApprovalRejected: EventAppearance("x-circle", "red"),
    casework.ApprovalExpired: EventAppearance("clock", "amber"),
    casework.ApprovalWithdrawn: EventAppearance("undo"),
    casework.ApprovalVoided: EventAppearance("x-circle", "amber"),
    notifications.NoticeToMail: EventAppearance("mail"),
    notifications.CustomerMessageDue: EventAppearance("mail"),
    webhooks.WebhookDue: EventAppearance("send"),
    webhooks.WebhookFailing: EventAppearance("alert", "amber"),
    webhooks.WebhookSwitchedOff: EventAppearance("x-circle", "red"),
    # how long things take
    sla.SlaWarned: EventAppearance("clock", "amber"),
    sla.SlaBreached: EventAppearance("clock", "red"),
    sla.SlaPolicyPublished: EventAppearance("clock"),
    sla.SlaRetimingContinued: EventAppearance("clock"),
    orchestration.RedriveStarted: EventAppearance("refresh"),
    orchestration.RedriveContinued: EventAppearance("refresh"),
    orchestration.StepRetried: EventAppearance("refresh", "blue"),
    sla.SlaCalendarChanged: EventAppearance("clock"),
    orchestration.ContractEnding: EventAppearance("clock", "amber"),
    orchestration.CanarySent: EventAppearance("pulse"),
}


class _Facts(dict[str, str]):
    """What is not known is called so, rather than failing a page over an old event."""

    def __missing__(self, key: str) -> str:
        return translated(_UNKNOWN.get(key, gettext_noop("unknown")))


_UNKNOWN = {
    "node": gettext_noop("A location"),
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
    if till := str(data.get("till", "")):
        facts["till"] = till
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


def sentence_of(name: str, facts: Mapping[str, str]) -> tuple[EventAppearance, str]:
    """How the event looks, and the finished sentence; one that is declared no more is said by its name."""
    kind = find_event(name)
    if kind is None:
        return EventAppearance("dot"), name.replace(".", ": ").replace("_", " ").capitalize() + "."
    return LOOKS[kind], translated(kind.spec.says).format_map(_Facts(facts))
