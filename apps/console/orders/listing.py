"""The list of orders: what may be asked of it, and what each row shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count, QuerySet, Sum
from django.http import QueryDict

from apps.accounts.caller import Caller
from apps.casework.models import ExceptionCase
from apps.casework.states import STANDING, CaseType
from apps.casework.visibility import in_hand
from apps.console.shell.search import matching_orders
from apps.console.shell.visibility import orders_for
from apps.core.event_types import Ball
from apps.fulfillment.models import FulfillmentOrder
from apps.network.models import Node
from apps.orders.models import Hold, Order, OrderContact, OrderLine
from apps.orders.states import ContactRole, HoldReason, OrderState
from apps.orders.waiting_for import waiting_for

ANY = "any"
MOST_FOUND = 2_000
WORTH_SAYING = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class OrderFilters:
    """What the address asks for; what it says that makes no sense is left out."""

    states: tuple[str, ...] = ()
    channel: str = ""
    hold: str = ""
    case: str = ""
    node: str = ""
    since: date | None = None
    until: date | None = None
    q: str = ""

    @property
    def state(self) -> str:
        """The one state asked for, where it is one."""
        return self.states[0] if len(self.states) == 1 else ""


def read_filters(params: QueryDict) -> OrderFilters:
    states = [word for text in params.getlist("state") for word in text.split(",")]
    return OrderFilters(
        states=tuple(word for word in OrderState.values if word in states),
        channel=params.get("channel", "")[:64],
        hold=_one_of(params.get("hold", ""), [ANY, *HoldReason.values]),
        case=_one_of(params.get("case", ""), [ANY, *CaseType.values]),
        node=params.get("node", "")[:64],
        since=_day(params.get("from", "")),
        until=_day(params.get("to", "")),
        q=params.get("q", "").strip().replace("\x00", "")[:80],
    )


def _one_of(text: str, allowed: Sequence[str]) -> str:
    return text if text in allowed else ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def filtered_orders(caller: Caller, asked: OrderFilters) -> QuerySet[Order]:
    """The orders the caller may see that fit; in no order yet."""
    rows = orders_for(caller)
    if asked.q:
        rows = rows.filter(pk__in=matching_orders(caller, asked.q, limit=MOST_FOUND))
    if asked.states:
        rows = rows.filter(state__spelled=asked.states)
    if asked.channel:
        rows = rows.filter(channel=asked.channel)
    if asked.since:
        rows = rows.filter(placed_at__gte=_midnight(asked.since))
    if asked.until:
        rows = rows.filter(placed_at__lt=_midnight(asked.until + timedelta(days=1)))
    return _attended(rows, caller, asked)


def _attended(rows: QuerySet[Order], caller: Caller, asked: OrderFilters) -> QuerySet[Order]:
    if asked.hold:
        holds = Hold.objects.filter(released_at__isnull=True)
        rows = rows.filter(pk__in=(holds if asked.hold == ANY else holds.filter(reason=asked.hold)).values("order_id"))
    if asked.case:
        cases = ExceptionCase.objects.filter(state__in=STANDING, order__isnull=False)
        rows = rows.filter(pk__in=(cases if asked.case == ANY else cases.filter(type=asked.case)).values("order_id"))
    if asked.node and not caller.may_node(asked.node):
        # Whether another's place has an order in hand is not to be found out by asking for it.
        return rows.none()
    if asked.node:
        rows = rows.filter(in_hand([asked.node]))
    return rows


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


@dataclass(slots=True)
class OrderRow:
    """An order with what a list says of it."""

    order: Order
    customer: str = ""
    place: str = ""
    units: int = 0
    lines: int = 0
    holds: list[str] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)
    waiting_for: str = Ball.NOBODY

    @property
    def placed_before(self) -> bool:
        """Whether it was placed so long before it came that a list sorted by its coming has to say so."""
        return self.order.received_at - self.order.placed_at > WORTH_SAYING


def rows_of(orders: Sequence[Order]) -> list[OrderRow]:
    """The rows of one page, in six or seven statements however many they are."""
    rows = {order.pk: OrderRow(order) for order in orders}
    contacts = OrderContact.objects.filter(order_id__in=rows, role=ContactRole.SHIP_TO)
    for pk, name, company, city, country in contacts.values_list("order_id", "name", "company", "city", "country"):
        rows[pk].customer, rows[pk].place = name or company, ", ".join(part for part in (city, country) if part)
    sums = OrderLine.objects.filter(order_id__in=rows).values("order_id").order_by()
    for one in sums.annotate(units=Sum("quantity"), count=Count("pk")):
        rows[one["order_id"]].units, rows[one["order_id"]].lines = one["units"], one["count"]
    for pk, reason in Hold.objects.filter(order_id__in=rows, released_at__isnull=True).values_list(
        "order_id", "reason"
    ):
        rows[pk].holds.append(reason)
    cases = ExceptionCase.objects.filter(order_id__in=rows, state__in=STANDING).values_list("order_id", "type")
    for order_id, kind in cases:
        if order_id is not None and kind not in rows[order_id].holds:
            rows[order_id].cases.append(kind)
    working = FulfillmentOrder.objects.filter(order_id__in=rows).exclude(state__in=["rejected", "cancelled"])
    for pk, name in working.order_by("pk").values_list("order_id", "node__name"):
        rows[pk].nodes.append(name)
    _add_counters(rows)
    for pk, ball in waiting_for(orders, held=[pk for pk, row in rows.items() if row.holds]).items():
        rows[pk].waiting_for = ball
    return list(rows.values())


def _add_counters(rows: dict[int, OrderRow]) -> None:
    """Where orders were handed over that no node fulfilled: sales at tills."""
    sold = [row for row in rows.values() if row.order.state == OrderState.DELIVERED and not row.nodes]
    codes = {row.order.pickup_node for row in sold} - {""}
    names = dict(Node.objects.filter(code__in=codes).values_list("code", "name")) if codes else {}
    for row in sold:
        row.nodes += [names[row.order.pickup_node]] if row.order.pickup_node in names else []
