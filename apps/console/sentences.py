"""What each event says to a person. Every event the system can record has its sentence here; a test sees to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.casework.resolutions.registry import RESOLUTIONS
from apps.console.chips import word
from apps.console.own_language import translated
from apps.console.wording import plural
from apps.fulfillment.states import RejectReason
from apps.sla.stages import STAGES


@dataclass(frozen=True, slots=True)
class Said:
    """``text`` may name {facts}; ``kind`` is the shelf of the timeline it stands on."""

    text: str
    icon: str
    tone: str = "gray"
    kind: str = "event"


SENTENCES: dict[str, Said] = {
    # orders in
    "inbox.received": Said("A message came in.", "inbox", kind="message"),
    "inbox.early": Said("A message came before its order; it waits up to 15 minutes.", "clock", "amber", "message"),
    "inbox.replayed": Said("A message was read again.", "refresh", kind="message"),
    "upload.received": Said("A file of orders was uploaded.", "download", kind="message"),
    "upload.continued": Said("The next part of a file of orders is taken in.", "download", kind="message"),
    "contract.published": Said("A new version of a contract is in use.", "plug"),
    "channel.poll_due": Said("The channel is asked for what it did not tell.", "refresh", kind="message"),
    "channel.to_tell": Said("{channel} is to be told.", "send", kind="message"),
    "channel.refunds_to_read": Said("{channel} is asked what its refund was for.", "undo", kind="message"),
    "order.accepted": Said("{channel} sent the order.", "orders", "blue"),
    "order.revised": Said("The order was changed; it is checked again.", "pencil", "blue"),
    "order.amended": Said("The order was changed by hand.", "pencil", "blue"),
    "order.held": Said("Put on hold: {hold}.", "lock", "amber"),
    "order.hold_released": Said("Hold released: {hold}.", "unlock", "green"),
    "order.resumed": Said("The last hold is gone; the order goes on.", "play", "green"),
    "order.followed": Said("The channel changed the order, and it follows.", "pencil", "blue"),
    "order.payment_changed": Said("The payment is now {payment}.", "equal"),
    "order.change_came_late": Said("The channel changed the order after goods were under way.", "alert", "amber"),
    "order.cancel_came_late": Said("The channel cancelled after goods had left.", "alert", "red"),
    "order.line_substituted": Said("Something else is sent in place of a line.", "swap", "blue"),
    "order.lines_cancelled": Said("Lines were cancelled.", "minus", "amber"),
    "order.price_accepted": Said("The price was accepted as it is.", "equal", "green"),
    "order.recheck_asked": Said("The order is checked again.", "refresh"),
    "order.refund_agreed": Said("A refund was agreed.", "undo", "amber"),
    # deciding
    "order.validated": Said("Checked, nothing wrong.", "check-doc", "blue"),
    "order.unroutable": Said("No node can ship it now.", "x-circle", "red", "decision"),
    "order.unrouted": Said("Part of it has to be placed anew.", "undo", "amber"),
    "order.routing_resumed": Said("Routing is tried again.", "refresh"),
    "order.routed": Said("Nodes are chosen and the stock is reserved.", "route", "violet", "decision"),
    "order.routing_instructed": Said("Somebody said where the goods are to come from.", "route", "violet", "decision"),
    "order.release_resumed": Said("Release is tried again.", "refresh"),
    "order.released": Said("Released to the nodes.", "play", "teal"),
    # fulfilling
    "fulfillment.assigned": Said("{node} has it and has not said yes.", "box"),
    "fulfillment.requested": Said("{node} is asked to ship it.", "send", "blue"),
    "fulfillment.submitted": Said("Sent to {node}.", "send", "blue"),
    "fulfillment.accepted": Said("{node} accepted it.", "check", "blue"),
    "fulfillment.rejected": Said("{node} rejected it: {reject}.", "undo", "red"),
    "fulfillment.picked": Said("{node} picked it.", "basket", "violet"),
    "fulfillment.short_picked": Said("{node} could not find {missing}; routed elsewhere.", "alert", "red"),
    "fulfillment.packed": Said("{node} packed it.", "box", "violet"),
    "fulfillment.unpacked": Said(
        "Units were taken off that {node} had packed; the parcel is to be opened.", "undo", "red"
    ),
    "fulfillment.units_unwanted": Said("{node} has units in hand that were taken off the order.", "alert", "red"),
    "fulfillment.shipped": Said("A parcel left {node}.", "truck", "teal"),
    "fulfillment.delivered": Said("A parcel from {node} arrived.", "check-circle", "green"),
    "fulfillment.undeliverable": Said("The carrier could not deliver a parcel from {node}.", "alert", "red"),
    "fulfillment.cancelled": Said("The work at {node} was cancelled.", "x-circle"),
    "fulfillment.rest_cancelled": Said("{node} sends no more of it than has left.", "x-circle"),
    "fulfillment.called_off": Said("{node} is no longer to ship it.", "x-circle", "amber"),
    "fulfillment.cancel_requested": Said("{node} is asked to stop.", "clock", "amber"),
    "fulfillment.cancel_refused": Said("{node} would not stop.", "alert", "red"),
    "fulfillment.left_anyway": Said("{node} shipped it although it was to stop.", "alert", "red"),
    "fulfillment.outcome_unknown": Said("It is not known whether {node} received it.", "help", "red"),
    "order.shipped": Said("Everything has left.", "truck", "teal"),
    "order.delivered": Said("Everything has arrived.", "check-circle", "green"),
    "order.cancelled": Said("Cancelled.", "x-circle", "red"),
    "order.rest_cancelled": Said("Cancelled after part of it had left; the rest is stopped.", "x-circle", "red"),
    # stock
    "stock.freed": Said("Stock became free; waiting orders are looked at.", "stock"),
    "stock.short": Said("A node found less than was counted.", "stock", "amber"),
    "stock.doubted": Said(
        "A node says its stock is not there; it is not relied on until it is counted.", "stock", "amber"
    ),
    "stock.vouched": Said("A level in doubt was counted.", "stock", "green"),
    "stock.oversold": Said("More is promised than is there.", "alert", "red"),
    # what is sold, and from where
    "sku.upserted": Said("A SKU was written.", "tag"),
    "sku.code_mapped": Said("A code from outside has a meaning now.", "tag", "green"),
    "node.changed": Said("A node was changed.", "network"),
    "node.shut": Said("A node was shut for a while.", "pause", "amber"),
    # people and the system itself
    "staff.invited": Said("A login was given; the link went out by mail.", "key"),
    "staff.password_link_wanted": Said("A link to set a new password was asked for.", "key"),
    "key.made": Said("An API key was made.", "key"),
    "key.revoked": Said("An API key was revoked.", "key", "amber"),
    "case.opened": Said("Exception opened: {case}.", "alert", "amber"),
    "case.taken": Said("Somebody works on the exception: {case}.", "user", "blue"),
    "case.assigned": Said("Exception assigned or moved: {case}.", "people"),
    "case.prioritized": Said("Exception ranked anew: {case}.", "filter"),
    "case.acknowledged": Said("Exception seen, not settled yet: {case}.", "check"),
    "case.commented": Said("A comment on the exception: {case}.", "note", "blue"),
    "case.waiting": Said("Exception put aside: {case}.", "pause"),
    "case.resumed": Said("Exception back from waiting: {case}.", "play", "amber"),
    "case.linked": Said("Exception linked to another: {case}.", "link"),
    "case.merged": Said("Other exceptions were merged into this one: {case}.", "copy"),
    "case.escalated": Said("Nobody has settled it, so others were told: {case}.", "bell", "red"),
    "case.action_chosen": Said("{resolution} was chosen: {case}.", "check", "blue"),
    "case.action_undone": Said("{resolution} was taken back: {case}.", "undo"),
    "case.action_done": Said("{resolution} was carried out: {case}.", "check-circle", "green"),
    "case.action_refused": Said("{resolution} could not be carried out: {case}.", "x-circle", "red"),
    "case.retry_wanted": Said("Somebody wants what stopped to be tried again.", "refresh", "blue"),
    "case.resolved": Said("Exception resolved: {case}.", "check-circle", "green"),
    "case.dismissed": Said("Exception dismissed: {case}.", "x-circle"),
    "approval.requested": Said("An approval is asked for.", "help", "amber"),
    "approval.seconded": Said("One of two has agreed.", "check", "blue"),
    "approval.approved": Said("Approved, and done.", "check-circle", "green"),
    "approval.rejected": Said("Rejected.", "x-circle", "red"),
    "approval.expired": Said("Nobody decided in time; the proposal is over.", "clock", "amber"),
    "approval.withdrawn": Said("The proposal was withdrawn.", "undo"),
    "approval.voided": Said("The proposal is void: what it was about has changed.", "x-circle", "amber"),
    "notice.to_mail": Said("Somebody is told by mail.", "mail"),
    "customer.to_tell": Said("The customer is told by mail.", "mail"),
    "webhook.due": Said("A webhook is to be sent.", "send"),
    "webhook.failing": Said("A webhook endpoint takes nothing.", "alert", "amber"),
    "webhook.switched_off": Said("A webhook endpoint was switched off.", "x-circle", "red"),
    # how long things take
    "sla.warned": Said("About to be late: {late}.", "clock", "amber"),
    "sla.breached": Said("Late: {late}.", "clock", "red"),
    "sla.policy_published": Said("A new version of the SLA policy counts.", "clock"),
    "sla.retiming_continued": Said("Running clocks are set by the new policy.", "clock"),
    "step.retried": Said("A failed job was started again: {step}.", "refresh", "blue"),
    "sla.calendar_changed": Said("Business hours have changed: clocks that run are counted again.", "clock"),
    "canary.sent": Said("The system checked itself.", "pulse"),
}


class _Facts(dict[str, str]):
    """What is not known is called so, rather than failing a page over an old event."""

    def __missing__(self, key: str) -> str:
        return translated(_UNKNOWN.get(key, gettext_noop("unknown")))


_UNKNOWN = {
    "node": gettext_noop("A node"),
    "channel": gettext_noop("A channel"),
    "missing": gettext_noop("some units"),
    "reject": gettext_noop("no reason given"),
    "hold": gettext_noop("no reason given"),
    "resolution": gettext_noop("A resolution"),
    "late": gettext_noop("it took too long"),
}


def facts_of(name: str, data: Mapping[str, object]) -> dict[str, str]:
    """What the event's own data says in words: which resolution, what is late, why, and how much."""
    facts = dict[str, str]()
    code, stage, reason = str(data.get("code", "")), str(data.get("stage", "")), str(data.get("reason", ""))
    if name.startswith("case.action_") and code in RESOLUTIONS:
        facts["resolution"] = _("“{resolution}”").format(resolution=translated(RESOLUTIONS[code].label))
    if name.startswith("sla.") and stage in STAGES:
        facts["late"] = translated(STAGES[stage].late)
    if reason:
        facts["hold"] = word("hold", reason)
        facts["reject"] = translated(str(dict(RejectReason.choices).get(reason, reason))) + _absent(data.get("absent"))
    if isinstance(missing := data.get("missing"), dict):
        facts["missing"] = plural(sum(missing.values()), "unit")
    return facts


def _absent(named: object) -> str:
    """The SKUs that a rejection named as not there."""
    return f" ({', '.join(named.values())})" if isinstance(named, dict) else ""


def sentence_of(name: str, facts: Mapping[str, str]) -> tuple[Said, str]:
    """How the event is said, and the finished sentence; an event without one is said by its name."""
    found = SENTENCES.get(name) or Said(name.replace(".", ": ").replace("_", " ").capitalize() + ".", "dot")
    return found, translated(found.text).format_map(_Facts(facts))
