"""Everything that happened to an order, from every log there is, on one line of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from apps.casework.events import CaseDismissed, CaseOpened, CaseResolved
from apps.casework.models import ExceptionCase
from apps.channels.models import InboxMessage
from apps.console.orders.decision_texts import decisions_said
from apps.console.orders.sentences import facts_of, sentence_of
from apps.console.shell.people import Person, people
from apps.console.sla.escalations import folded
from apps.core.event_types import Subject, find_event
from apps.core.models import Event
from apps.fulfillment.models import Package
from apps.orders.events import OrderCancelled, OrderHeld, OrderHoldReleased
from apps.orders.models import Hold, Order
from apps.outbound.models import CallLog
from apps.routing.models import RoutingDecision
from apps.ui import chips
from apps.ui.language import choices, translated
from apps.ui.locale import number

MOST = 400
ENDS = (CaseResolved, CaseDismissed)
# What partners and shops are called for, as their calls are logged.
OPERATIONS = ("submit", "look_up", "cancel", "updates", "read", "tell", "deliver")
KINDS = (
    ("", gettext_noop("Everything")),
    ("event", gettext_noop("Events")),
    ("decision", gettext_noop("Decisions")),
    ("call", gettext_noop("Partner calls")),
    ("message", gettext_noop("Messages")),
    ("people", gettext_noop("People")),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. ``code`` is its technical name, ``link`` where to read more."""

    at: datetime
    rank: int
    anchor: str
    kind: str
    icon: str
    tone: str
    text: str
    person: Person
    code: str
    detail: str = ""
    link: str = ""
    link_text: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """What the timeline is made from, read once by the page."""

    order: Order
    channel_name: str
    events: Sequence[Event]
    decisions: Sequence[RoutingDecision]
    calls: Sequence[CallLog]
    messages: Sequence[InboxMessage]
    cases: Sequence[ExceptionCase]
    holds: Sequence[Hold]
    packages: Sequence[Package]
    # By primary key; the counter of a sale at a till by its code, as its event has it.
    nodes: Mapping[int | str, str]
    may_read_inbox: bool


def entries_of(sources: Sources) -> list[Entry]:
    """All entries, newest first."""
    who = people([event.actor for event in sources.events] + [d.actor for d in sources.decisions])
    events, rung = folded(sources.events)
    entries = [_event(event, sources, who[event.actor], rung.get(event.pk, "")) for event in events]
    said = decisions_said(sources.decisions)
    entries += [_decision(one, said[one.pk], sources.order, who[one.actor]) for one in sources.decisions]
    entries += [_call(call) for call in sources.calls]
    entries += [_message(message, sources) for message in sources.messages]
    return sorted(entries, key=lambda entry: (entry.at, entry.rank, entry.anchor), reverse=True)


def of_kind(entries: Iterable[Entry], kind: str) -> list[Entry]:
    """Those on one shelf; ``people``: what members of staff did themselves."""
    if kind == "people":
        return [entry for entry in entries if entry.person.human]
    return [entry for entry in entries if not kind or entry.kind == kind]


def counts(entries: Sequence[Entry]) -> list[tuple[str, str, int]]:
    """(kind, label, how many) of every shelf that has something on it."""
    found = [(kind, label, len(of_kind(entries, kind))) for kind, label in choices(KINDS)]
    return [row for row in found if row[2] or not row[0]]


def _event(event: Event, sources: Sources, person: Person, rung: str) -> Entry:
    said, text = sentence_of(event.name, _facts(event, sources))
    link, link_text = _event_link(event)
    return Entry(
        event.recorded_at, event.pk, event.public_id, said.kind, said.icon, said.tone, text, person, event.name,
        detail=rung or _event_detail(event, sources), link=link, link_text=link_text,
    )  # fmt: skip


def _facts(event: Event, sources: Sources) -> dict[str, str]:
    data = event.data
    facts = {"channel": sources.channel_name, **facts_of(event.name, data)}
    if data.get("node") in sources.nodes:
        facts["node"] = sources.nodes[data["node"]]
    return facts


def _event_detail(event: Event, sources: Sources) -> str:
    kind = find_event(event.name)
    if kind is not None and kind.spec.subject is Subject.CASE:
        case = next((case for case in sources.cases if case.public_id == event.subject_ref), None)
        if case is None:
            return ""
        if kind is CaseOpened:
            return translated(case.text)
        return translated(case.resolution) if kind in ENDS else ""
    if kind in (OrderHeld, OrderHoldReleased):
        hold = next((hold for hold in sources.holds if hold.public_id == event.data.get("hold")), None)
        if hold is None:
            return ""
        return translated(hold.note if kind is OrderHeld else hold.release_note)
    if kind is OrderCancelled:
        return translated(sources.order.cancel_reason)
    if shipment := event.data.get("shipment"):
        numbers = [p.tracking_number for p in sources.packages if p.shipment.public_id == shipment]
        return ", ".join(number for number in numbers if number)
    return ""


def _event_link(event: Event) -> tuple[str, str]:
    kind = find_event(event.name)
    subject = kind.spec.subject if kind is not None and event.subject_ref else None
    if subject is Subject.CASE:
        return reverse("console:case", args=[event.subject_ref]), _("Open the exception")
    if subject is Subject.FULFILLMENT_ORDER:
        return f"#{event.subject_ref}", _("Show the goods")
    return "", ""


def _decision(decision: RoutingDecision, sentence: str, order: Order, person: Person) -> Entry:
    said = _("Routing decision, made again: {outcome}.") if decision.reroute else _("Routing decision: {outcome}.")
    text = said.format(outcome=chips.word("outcome", decision.outcome).lower())
    link = f"{reverse('console:order', args=[order.public_id])}?decision={decision.public_id}#why"
    return Entry(
        decision.decided_at, 0, decision.public_id, "decision", "route", chips.chip("outcome", decision.outcome).tone,
        text, person, translated("routing decision"), detail=sentence, link=link, link_text=_("Why"),
    )  # fmt: skip


def _call(call: CallLog) -> Entry:
    look = chips.chip("call", call.outcome)
    status = f"HTTP {call.status}, " if call.status else ""
    return Entry(
        call.started_at, call.pk, f"call-{call.pk}", "call", look.icon, look.tone,
        f"{call.name}: {translated(call.operation.replace('_', ' '))}: {look.label.lower()}.",
        Person("Orderyard", "step", note=_("partner call")), f"key {call.idempotency_key}",
        detail=f"{status}{number(call.took_ms)} ms{'. ' + call.detail if call.detail else ''}",
    )  # fmt: skip


def _message(message: InboxMessage, sources: Sources) -> Entry:
    look = chips.chip("verdict", message.verdict)
    times = message.deliveries
    attempts_text = ngettext("Delivered {count} time.", "Delivered {count} times.", times).format(count=number(times))
    said = _("Message {topic}: {verdict}.") if message.topic else _("Message without topic: {verdict}.")
    text = said.format(topic=message.topic, verdict=look.label.lower())
    link = reverse("console:inbox_message", args=[message.public_id]) if sources.may_read_inbox else ""
    return Entry(
        message.received_at, -1, message.public_id, "message", "mail", look.tone,
        f"{text} {attempts_text}" if times > 1 else text,
        Person(sources.channel_name, "channel", note=_("channel")), translated("inbox message"),
        detail=translated(message.reason), link=link, link_text=_("Read it as it came") if link else "",
    )  # fmt: skip
