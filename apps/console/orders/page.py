"""All that the page of one order shows, read once and handed to the templates ready to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from apps.accounts.caller import Caller
from apps.casework.models import ExceptionCase
from apps.casework.resolutions.direct.holds import foresee_release
from apps.casework.resolutions.direct.orders import ActionPreview, foresee
from apps.casework.states import STANDING, CaseType, Severity
from apps.casework.visibility import others_work
from apps.channels.models import Channel, InboxMessage
from apps.console.orders import flow, timeline
from apps.console.orders.changes import ChangeView, change_views
from apps.console.orders.counter_sales import CounterSale, counter_sale
from apps.console.orders.goods import Goods, LineView, goods_of, line_views
from apps.console.orders.payment_methods import method_words
from apps.console.shell.people import Person, people
from apps.core import clock
from apps.core.event_types import Ball
from apps.core.models import Event
from apps.orchestration.models import RunState, StepRun
from apps.orders.models import Hold, Order, OrderContact
from apps.orders.selectors import lines_by_order
from apps.orders.states import BEFORE_LEAVING, TERMINAL, OrderState
from apps.orders.waiting_for import waiting_for
from apps.outbound.selectors import partner_calls
from apps.routing.models import RoutingDecision
from apps.ui.chips import word
from apps.ui.language import translated

HEAVY = ("question", "plan")


@dataclass(frozen=True, slots=True)
class Button:
    """An action on the order; ``why_not`` empty: it can be done now. ``needs``: it becomes a proposal, and why."""

    name: str
    why_not: str = ""
    needs: str = ""


@dataclass(frozen=True, slots=True)
class HoldView:
    """``why_not``: why this person may not let it go; empty where they may. ``needs``: only as a proposal, and why."""

    hold: Hold
    placed_by: Person
    released_by: Person | None
    why_not: str = ""
    needs: str = ""


@dataclass(frozen=True, slots=True)
class OpenProblem:
    """One thing that needs somebody: a hold, its exception and the steps it stopped are one problem, shown once."""

    title: str
    text: str
    tone: str
    icon: str
    hold: HoldView | None = None
    case: ExceptionCase | None = None
    runs: tuple[StepRun, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderProgress:
    """The drawn flow: its stops, and one line of time with the states and holds on it."""

    stations: list[flow.ProgressStop]
    states: list[flow.Segment]
    holds: list[flow.Segment]
    key: list[tuple[str, timedelta]]
    start: datetime
    end: datetime
    ended: bool


@dataclass(slots=True)
class OrderPage:
    order: Order
    channel: Channel | None
    lines: list[LineView]
    goods: list[Goods]
    # Also what other places do, for what is true of the order as a whole.
    everywhere: list[Goods]
    ship_to: OrderContact | None
    bill_to: OrderContact | None
    holds: list[HoldView]
    cases: list[ExceptionCase]
    decisions: list[RoutingDecision]
    way: OrderProgress
    entries: list[timeline.Entry]
    truncated: bool
    changes: list[ChangeView]
    paid_by: str
    parked: list[StepRun]
    waiting_for: Ball
    # None: it was not sold at a till.
    sale: CounterSale | None = None
    buttons: dict[str, Button] = field(default_factory=dict)

    @property
    def standing_holds(self) -> list[HoldView]:
        return [view for view in self.holds if view.hold.released_at is None]

    @property
    def releasable_holds(self) -> list[HoldView]:
        return [view for view in self.standing_holds if not view.why_not]

    @property
    def standing_cases(self) -> list[ExceptionCase]:
        return [case for case in self.cases if case.state in STANDING]

    @property
    def concerns(self) -> list[OpenProblem]:
        return concerns_of(self.standing_holds, self.standing_cases, self.parked)

    @property
    def all_left(self) -> bool:
        """Whether every unit of it that has to be shipped has left, though the order may not have noticed yet."""
        under_way = any(one.units > one.shipped_units for one in self.everywhere if not one.given_up)
        return bool(self.everywhere) and not under_way and not any(view.unplaced for view in self.lines)

    @property
    def some_left(self) -> bool:
        return any(one.shipped_units for one in self.everywhere if not one.given_up)

    @property
    def live(self) -> bool:
        """Whether it may still change without a person."""
        return self.order.state not in TERMINAL


def read_order_page(order: Order, caller: Caller) -> OrderPage:
    """Everything about the order, in a fixed number of statements."""
    lines = lines_by_order([order.pk])[order.pk]
    goods = goods_of(order)
    contacts = {contact.role: contact for contact in OrderContact.objects.filter(order=order)}
    holds = list(Hold.objects.filter(order=order).order_by("pk"))
    cases = list(ExceptionCase.objects.filter(order=order).order_by("-pk"))
    decisions = list(RoutingDecision.objects.filter(order=order).select_related("policy").defer(*HEAVY).order_by("-pk"))
    hidden = others_work(caller, order)
    rows = Event.objects.filter(stream=order.public_id).exclude(subject_ref__in=hidden)
    events = list(rows.order_by("-pk")[: timeline.MOST + 1])
    calls = partner_calls(order.public_id).exclude(reference__in=hidden)
    own = [one for one in goods if one.row.public_id not in hidden]
    channel = Channel.objects.filter(code=order.channel).first()
    sale = counter_sale(order, channel, caller)
    sources = timeline.Sources(
        order=order,
        channel_name=channel.name if channel else order.channel,
        events=events[: timeline.MOST],
        decisions=decisions,
        calls=list(calls.order_by("-pk")[:100]),
        messages=_messages(order, channel),
        cases=cases,
        holds=holds,
        packages=[package for one in own for shipment in one.shipments for package in shipment.packages],
        nodes={
            **{one.row.node_id: one.row.node.name for one in goods},
            **({order.pickup_node: sale.node} if sale else {}),
        },
        may_read_inbox="inbox:read" in caller.scopes,
    )
    page = OrderPage(
        order=order,
        channel=channel,
        lines=line_views(order, lines, goods),
        goods=own,
        everywhere=goods,
        ship_to=contacts.get("ship_to"),
        bill_to=contacts.get("bill_to"),
        holds=_hold_views(order, holds, caller),
        cases=cases,
        decisions=decisions,
        way=_way(order, events, holds),
        entries=timeline.entries_of(sources),
        truncated=len(events) > timeline.MOST,
        changes=change_views(order),
        paid_by=method_words(order.payment_method),
        parked=list(StepRun.objects.filter(state=RunState.PARKED, stream=order.public_id).order_by("pk")),
        waiting_for=waiting_for([order], held=[order.pk for hold in holds if hold.released_at is None])[order.pk],
        sale=sale,
    )
    page.buttons = {button.name: button for button in _buttons(page, caller)}
    return page


def pulse_of(order: Order) -> str:
    """A short text that changes whenever the page would; asked for every few seconds, so only by index."""
    event = Event.objects.filter(stream=order.public_id).order_by("-pk").values_list("pk", flat=True).first()
    call = partner_calls(order.public_id).order_by("-pk").values_list("pk", flat=True).first()
    return f"{event or 0}-{call or 0}-{order.version}"


def _messages(order: Order, channel: Channel | None) -> list[InboxMessage]:
    """What its channel sent about it; found by the channel's own id, which is indexed."""
    if channel is None:
        return []
    rows = InboxMessage.objects.filter(channel=channel, external_id=order.external_id)
    return list(rows.defer("body", "headers", "problems").order_by("-pk")[:100])


def _hold_views(order: Order, holds: Sequence[Hold], caller: Caller) -> list[HoldView]:
    who = people({hold.placed_by for hold in holds} | {hold.released_by for hold in holds if hold.released_by})
    seen = [(hold, _foreseen(order, hold, caller)) for hold in reversed(holds)]
    return [
        HoldView(
            hold,
            who[hold.placed_by],
            who[hold.released_by] if hold.released_by else None,
            translated(foreseen.why_not),
            translated(foreseen.needs),
        )
        for hold, foreseen in seen
    ]


def _foreseen(order: Order, hold: Hold, caller: Caller) -> ActionPreview:
    lacking = _missing(caller, "orders:release")
    return ActionPreview(why_not=lacking) if hold.released_at or lacking else foresee_release(order, hold, caller)


def concerns_of(
    holds: Sequence[HoldView], cases: Sequence[ExceptionCase], parked: Sequence[StepRun]
) -> list[OpenProblem]:
    """Holds first, each with the exception of the same kind; then what else stands."""
    left = {case.pk: case for case in cases}
    found = []
    for view in holds:
        case = next((case for case in left.values() if case.type == view.hold.reason), None)
        if case is not None:
            left.pop(case.pk)
        text = translated(view.hold.note) or (translated(case.text) if case else "")
        found.append(OpenProblem(word("hold", view.hold.reason), text, "amber", "lock", hold=view, case=case))
    stopped = tuple(parked)
    for case in left.values():
        tone = "gray" if case.severity == Severity.LOW else "red"
        runs, stopped = (stopped, ()) if case.type == CaseType.DEAD_LETTER else ((), stopped)
        found.append(
            OpenProblem(word("casetype", case.type), translated(case.text), tone, "alert", case=case, runs=runs)
        )
    if stopped:
        found.append(OpenProblem(_("Work stopped"), stopped[0].last_error[:200], "amber", "pause", runs=stopped))
    return found


def _way(order: Order, events: Sequence[Event], holds: Sequence[Hold]) -> OrderProgress:
    now = clock.now()
    moments = sorted(((e.recorded_at, e.pk, e.name) for e in events), key=lambda row: row[:2])
    stays = flow.stays([(name, moment) for moment, _, name in moments])
    if not stays:  # its events are older than the log
        stays = [flow.Stay(order.state, order.entered_state_at, None)]
    ended = order.state in TERMINAL
    start, end = stays[0].start, stays[-1].start if ended else now
    inside = [stay for stay in stays if stay.state not in flow.ENDS]
    return OrderProgress(
        stations=flow.stations(stays, order.state, now),
        states=flow.drawn([(stay.state, stay.start, stay.end) for stay in inside], start, end),
        key=flow.summed(inside, now),
        holds=flow.drawn([(hold.reason, hold.placed_at, hold.released_at) for hold in holds], start, end),
        start=start,
        end=end,
        ended=ended,
    )


def _buttons(page: OrderPage, caller: Caller) -> list[Button]:
    state = OrderState(page.order.state)
    said = word("order", state).lower()
    hold = "" if state in BEFORE_LEAVING else _("The order is {state}; nothing is left to hold.").format(state=said)
    release = "" if page.standing_holds else _("The order has no standing hold.")
    if page.standing_holds and not page.releasable_holds:
        release = page.standing_holds[0].why_not
    cancel = ""
    if state not in BEFORE_LEAVING:
        cancel = _("The order is {state}; it can't be cancelled any more.").format(state=said)
    elif page.order.rest_cancelled_at is not None:
        cancel = _("What had not left of it is cancelled already.")
    elif page.all_left:
        cancel = _("All of it has left already; agree on a return instead.")
    cancel = cancel or _missing(caller, "orders:cancel")
    ahead = foresee(page.order, "cancel_order", {}, caller) if not cancel else ActionPreview()
    return [
        Button("hold", hold or _missing(caller, "orders:hold")),
        Button("release", release),
        Button("cancel", cancel or translated(ahead.why_not), translated(ahead.needs)),
    ]


def _missing(caller: Caller, scope: str) -> str:
    return "" if scope in caller.scopes else _("Your role may not do this.")
