"""The case page of the workbench: everything somebody needs to decide, on one screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from apps.accounts.caller import Caller
from apps.accounts.models import User
from apps.casework.models import ApprovalRequest, CaseComment, CaseKind, ExceptionCase
from apps.casework.resolutions import options_for
from apps.casework.resolutions.shape import Option
from apps.casework.selectors import linked_cases, who_is_there
from apps.casework.states import STANDING, ActionState, ApprovalState
from apps.console import chips
from apps.console.chips import Chip
from apps.console.visibility import cases_for, orders_for
from apps.console.workbench_clock import clock_of
from apps.console.workbench_story import Told, chain_of, events_of, story_of, stream_of
from apps.console.workbench_undo import label_of
from apps.core import clock
from apps.core.brief import remembered
from apps.core.models import Event
from apps.inventory.models import StockLevel
from apps.network.models import Node
from apps.orders.models import Hold, Order, OrderContact, OrderLine
from apps.orders.selectors import lines_by_order, standing_holds
from apps.orders.states import ContactRole
from apps.routing.models import RoutingDecision

MOST_OTHERS = 6
MOST_MERGEABLE = 10


@dataclass(frozen=True, slots=True)
class NodeStock:
    node: str
    available: int
    incoming: int


@dataclass(frozen=True, slots=True)
class LineStock:
    """An order line and what each node has of it, those with most first."""

    line: OrderLine
    title: str
    stock: list[NodeStock]


@dataclass(slots=True)
class OrderSide:
    """What stands beside the case: its order, the goods, the customer."""

    order: Order
    lines: list[LineStock]
    contact: OrderContact | None
    holds: list[Hold]
    decision: RoutingDecision | None
    others: list[Order]


@dataclass(slots=True)
class CasePage:
    case: ExceptionCase
    kind: CaseKind | None
    name: str
    clock: Chip
    standing: bool
    may_write: bool
    side: OrderSide | None
    story: list[Told]
    chain: list[str]
    options: list[Option]
    mergeable: list[ExceptionCase]
    linked: list[ExceptionCase]
    merged: list[ExceptionCase]
    approvals: list[ApprovalRequest]
    about_to: str
    others_here: list[str] = field(default_factory=list)

    @property
    def recommended(self) -> Option | None:
        return next((option for option in self.options if option.recommended and option.allowed), None)

    @property
    def possible(self) -> list[Option]:
        return [
            option
            for option in self.options
            if option.allowed and option is not self.recommended and option.code != "merge"
        ]

    @property
    def refused(self) -> list[Option]:
        """What can't be done, and why. Merging has a key and a list of its own."""
        return [option for option in self.options if not option.allowed and option.code != "merge"]

    @property
    def reason_codes(self) -> list[tuple[str, str]]:
        codes = self.kind.reason_codes if self.kind else []
        return [(code, code.replace("_", " ").capitalize()) for code in codes]


def read_case_page(case: ExceptionCase, caller: Caller, user: User) -> CasePage:
    """Everything about the case. Its order and owner are at hand already."""
    kind = CaseKind.objects.filter(code=case.type).first()
    name = kind.name if kind else chips.word("casetype", case.type)
    standing, may_write = case.state in STANDING, "cases:write" in caller.scopes
    events = events_of(case)
    nodes = remembered("node_names", "", lambda: dict(Node.objects.values_list("pk", "name")))
    comments = list(CaseComment.objects.filter(case=case).order_by("-pk")[:100])
    side = _side(case.order, caller) if case.order else None
    chosen = case.actions.filter(state=ActionState.CHOSEN).first()
    return CasePage(
        case=case,
        kind=kind,
        name=name,
        clock=clock_of(case, clock.now()),
        standing=standing,
        may_write=may_write,
        side=side,
        story=story_of(case, name, events, comments, nodes),
        chain=chain_of(case, name, events, nodes),
        options=options_for(case, caller) if standing and chosen is None else [],
        mergeable=_mergeable(case, side.contact if side else None, caller) if standing and may_write else [],
        linked=list(linked_cases(case.pk)[:10]),
        merged=list(case.merged.order_by("pk")[:10]),
        approvals=list(case.approvals.filter(state=ApprovalState.PENDING).order_by("pk")),
        about_to=label_of(chosen.code) if chosen else "",
        others_here=[str(one) for one in who_is_there(case.pk) if one.pk != user.pk],
    )


def pulse_of_case(case: ExceptionCase) -> str:
    """A short text that changes whenever the page would; asked for every few seconds, so only by index."""
    event = Event.objects.filter(stream=stream_of(case)).order_by("-pk").values_list("pk", flat=True).first()
    comment = CaseComment.objects.filter(case=case).order_by("-pk").values_list("pk", flat=True).first()
    late = int(case.breached_at is not None)
    due = int(case.next_due_at.timestamp()) if case.next_due_at else 0
    return f"{case.version}-{event or 0}-{comment or 0}-{late}-{due}"


def _side(order: Order, caller: Caller) -> OrderSide:
    lines = lines_by_order([order.pk])[order.pk]
    contact = OrderContact.objects.filter(order=order, role=ContactRole.SHIP_TO).first()
    decided = RoutingDecision.objects.filter(order=order).defer("question", "plan")
    return OrderSide(
        order,
        _stocked(lines, caller),
        contact,
        list(standing_holds(order.pk)),
        decided.order_by("-pk").first(),
        _others(order, contact, caller),
    )


def _stocked(lines: Sequence[OrderLine], caller: Caller) -> list[LineStock]:
    """Stock of the nodes the caller may see, by line."""
    skus = {line.sku_id for line in lines if line.sku_id is not None}
    levels = StockLevel.objects.filter(sku_id__in=skus).select_related("node")
    if caller.nodes:
        levels = levels.filter(node__code__in=caller.nodes)
    by_sku: dict[int, list[NodeStock]] = {}
    for level in levels:
        by_sku.setdefault(level.sku_id, []).append(NodeStock(level.node.name, level.available, level.incoming))
    for cells in by_sku.values():
        cells.sort(key=lambda cell: (-cell.available, cell.node))
    return [
        LineStock(line, line.title or (line.sku.name if line.sku else ""), by_sku.get(line.sku_id or 0, [])[:8])
        for line in lines
    ]


def _others(order: Order, contact: OrderContact | None, caller: Caller) -> list[Order]:
    """The customer's other orders, told by the e-mail address, newest first."""
    if contact is None or not contact.email:
        return []
    same = OrderContact.objects.filter(email=contact.email).exclude(order=order).values("order_id")
    return list(orders_for(caller).filter(pk__in=same).order_by("-pk")[:MOST_OTHERS])


def _mergeable(case: ExceptionCase, contact: OrderContact | None, caller: Caller) -> list[ExceptionCase]:
    """Cases this one may be part of: of the same order first, else of the same type at the same node."""
    rows = cases_for(caller).filter(state__in=STANDING).exclude(pk=case.pk).select_related("order")
    if case.order_id:
        found = list(rows.filter(order_id=case.order_id).order_by("pk")[:MOST_MERGEABLE])
        if contact and contact.email and len(found) < MOST_MERGEABLE:
            same = OrderContact.objects.filter(email=contact.email).exclude(order_id=case.order_id).values("order_id")
            found += list(rows.filter(order_id__in=same, type=case.type).order_by("-pk")[:5])
        return found
    return list(rows.filter(type=case.type, node=case.node).order_by("-pk")[:MOST_MERGEABLE])
