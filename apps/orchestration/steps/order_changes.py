"""What follows when an order that work has begun on was changed: nodes go by it, checks look again, people are notified of what came too late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from apps.casework.models import ExceptionCase
from apps.casework.services import Problem, open_cases
from apps.casework.states import STANDING, CaseType
from apps.channels.selectors import checking_terms
from apps.core.actor import Actor
from apps.core.text import Moment, Text
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import follow_orders
from apps.fulfillment.states import BEFORE_SHIPPED
from apps.orchestration.step import Due, DueOf
from apps.orders.checks import Finding
from apps.orders.events import OrderAmended, OrderChangeCameLate
from apps.orders.models import Order
from apps.orders.selectors import lock_orders
from apps.orders.services import check_again
from apps.orders.states import OrderState

_WORDS = {
    "name": Text("the recipient's name"),
    "company": Text("the company"),
    "phone": Text("the phone number"),
    "note": Text("the customer's note"),
    "address": Text("the delivery address"),
    "service_level": Text("the service level"),
    "shipping_method": Text("the shipping method"),
    "pickup_location": Text("the pickup location"),
    "ship_by": Text("the ship-by date"),
    "split_preference": Text("the wish for one parcel or several"),
    "properties": Text("what is asked for with"),
    "to_ship": Text("whether to ship"),
    "currency": Text("the currency"),
}


def follow_changes(dues: Sequence[Due], actor: Actor) -> None:
    """Work nobody has packed follows its order; what has not left is held where its price or risk has gone wrong since."""
    orders = lock_orders(due.subject_id for due in dues)
    behind = follow_orders(list(orders.values()))
    by_hand = {due.subject_id for due in dues if isinstance(due.event, OrderAmended)}
    open_cases(_behind([row for row in behind if row.order_id in by_hand], orders), actor=actor)
    unsent = _unsent(orders)
    findings = check_again([orders[pk] for pk in unsent], terms=checking_terms(), actor=actor)
    open_cases([_found(orders[pk], one) for pk, many in findings.items() for one in many], actor=actor)


def _unsent(orders: Mapping[int, Order]) -> list[int]:
    """Pks of those of which something can still be held back."""
    rows = FulfillmentOrder.objects.filter(order_id__among=orders, state__in=BEFORE_SHIPPED)
    working = set(rows.values_list("order_id", flat=True))
    waiting = (OrderState.VALIDATED, OrderState.ROUTED)
    return [pk for pk, order in orders.items() if order.state in waiting or pk in working]


def _found(order: Order, finding: Finding) -> Problem:
    return Problem(finding.reason, order.public_id, finding.sentence, order.pk, order.public_id, finding.detail)


def _behind(rows: Sequence[FulfillmentOrder], orders: Mapping[int, Order]) -> list[Problem]:
    """Dates that were changed here after a label was printed or a partner had it."""
    by_order: dict[int, list[FulfillmentOrder]] = {}
    for row in rows:
        by_order.setdefault(row.order_id, []).append(row)
    problems = []
    for pk, late in by_order.items():
        before_and_now = [late[0].ship_by.isoformat() if late[0].ship_by else None, _iso(orders[pk].ship_by)]
        nodes = list(dict.fromkeys(row.node.name for row in late))
        problems.append(
            late_problem(
                orders[pk], {"late": {"ship_by": before_and_now}, "nodes": nodes}, changed_by=Text("Somebody here")
            )
        )
    return problems


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def late_change(due: DueOf[OrderChangeCameLate], order: Order) -> Problem:
    return late_problem(order, due.event.to_json())


def late_problem(order: Order, data: Mapping[str, Any], *, changed_by: str = Text("The channel")) -> Problem:
    """All that came too late and nobody has settled yet, in one case."""
    standing = ExceptionCase.objects.filter(
        type=CaseType.CHANGED_AFTER_RELEASE, subject_ref=order.public_id, state__in=STANDING
    ).first()
    before = standing.detail.get("late", {}) if standing else {}
    # The first old and the last new: what is borne, and what is wanted.
    late = {**before, **{name: _joined(before.get(name), now) for name, now in dict(data.get("late", {})).items()}}
    nodes = list(dict.fromkeys([*(standing.detail.get("nodes", []) if standing else []), *data.get("nodes", [])]))
    return Problem(
        type=CaseType.CHANGED_AFTER_RELEASE,
        subject_ref=order.public_id,
        sentence=_sentence(order, late, nodes, str(data.get("state") or order.state), changed_by),
        order_id=order.pk,
        stream=order.public_id,
        detail={**data, "late": late, "nodes": nodes},
    )


def _joined(before: Any, now: Any) -> Any:
    pair = isinstance(before, list) and isinstance(now, list) and len(before) == len(now) == 2
    return [before[0], now[1]] if pair else now


def _sentence(order: Order, late: Mapping[str, Any], nodes: Sequence[str], state: str, changed_by: str) -> str:
    if state == OrderState.CANCELLED:
        return Text("The channel says that the cancelled order is open again; nothing of it ships by itself.")
    when = Text.lowered(OrderState(state).label)
    parts = []
    if said := [_said(name, change) for name, change in late.items() if name in _WORDS]:
        parts.append(
            Text(
                "{who} changed {what} after the order was {state}; {old}.",
                who=changed_by,
                what=Text.listed(said),
                state=when,
                old=_by_the_old(nodes),
            )
        )
    if more := [f"{units} × {sku}" for sku, units in dict(late.get("goods") or {}).items()]:
        parts.append(
            Text.counted(
                "{goods} was added after the order was {state}; not sent.",
                "{goods} were added after the order was {state}; not sent.",
                len(more),
                goods=Text.listed(more[:5]),
                state=when,
            )
        )
    if not parts:
        return Text("{who} changed the order after it was {state}.", who=changed_by, state=when)
    return Text.joined(" ", parts)


def _by_the_old(nodes: Sequence[str]) -> str:
    if not nodes:
        return Text("it goes by the old")
    return Text.counted("{nodes} goes by the old", "{nodes} go by the old", len(nodes), nodes=Text.listed(nodes))


def _said(name: str, change: Any) -> str:
    if name in ("properties", "to_ship"):
        return Text("{what} {items}", what=_WORDS[name], items=Text.listed(change[:5]))
    if isinstance(change, list) and len(change) == 2:
        old, new = (_value(one) for one in change)
        return Text("{what} from {old} to {new}", what=_WORDS[name], old=old, new=new)
    return _WORDS[name]


def _value(value: Any) -> str:
    if value in (None, ""):
        return Text("none")
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return Text(str(value).replace("_", " "))
    return Text("{at} UTC", at=Moment(moment, "%-d %b %H:%M"))
