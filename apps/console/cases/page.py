"""The case page of the workbench: everything somebody needs to decide, on one screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from apps.accounts.caller import Caller
from apps.accounts.models import User
from apps.casework.models import ApprovalRequest, CaseComment, CaseKind, ExceptionCase
from apps.casework.related import Related
from apps.casework.resolutions import options_for
from apps.casework.resolutions.base import Option
from apps.casework.resolutions.facts import Facts
from apps.casework.selectors import linked_cases, who_is_there
from apps.casework.states import STANDING, ActionState, ApprovalState, CaseState, CaseType
from apps.console.cases.activity import Entry, chain_of, events_of, story_of
from apps.console.cases.clock import clock_of
from apps.console.cases.details import details_of
from apps.console.cases.stock_panel import StockPanel, level_side
from apps.console.cases.undo import label_of
from apps.console.orders.decision_texts import decisions_said
from apps.console.orders.late_values import LateValue, late_values
from apps.console.shell.visibility import cases_for, orders_for
from apps.core import clock
from apps.core.process_cache import get_or_load
from apps.fulfillment.selectors import refusing_nodes
from apps.inventory.selectors import StockAt, stock_by_node
from apps.network.models import Node
from apps.orders.models import Hold, Order, OrderContact, OrderLine
from apps.orders.selectors import PastOrders, other_orders_of, past_of
from apps.routing.selectors import last_said
from apps.ui import chips
from apps.ui.chips import Chip
from apps.ui.language import translated

MOST_OTHERS = 6
MOST_MERGEABLE = 10


@dataclass(frozen=True, slots=True)
class LineStock:
    """An order line and what each node has of it, those with most first. ``refused``: codes of nodes that said no to it."""

    line: OrderLine
    title: str
    stock: list[StockAt]
    refused: set[str]


@dataclass(slots=True)
class OrderPanel:
    """What stands beside the case: its order, the goods, the customer."""

    order: Order
    lines: list[LineStock]
    contact: OrderContact | None
    holds: list[Hold]
    decided: str
    others: list[Order]
    past: PastOrders


@dataclass(slots=True)
class CasePage:
    case: ExceptionCase
    kind: CaseKind | None
    name: str
    clock: Chip
    standing: bool
    may_write: bool
    side: OrderPanel | None
    level: StockPanel | None
    story: list[Entry]
    chain: list[str]
    options: list[Option]
    mergeable: list[ExceptionCase]
    linked: list[ExceptionCase]
    merged: list[ExceptionCase]
    approvals: list[ApprovalRequest]
    about_to: str
    others_here: list[str] = field(default_factory=list)
    late: list[LateValue] = field(default_factory=list)
    mine: bool = False

    @property
    def details(self) -> list[tuple[str, str]]:
        """What the case's cause had to say, less what stands on the page anyway."""
        return details_of(self.case)

    @property
    def take_label(self) -> str:
        """What taking it up is called; empty where this person works on it already."""
        if not self.mine:
            return _("Take")
        return {CaseState.OPEN: _("Begin"), CaseState.WAITING: _("Resume")}.get(CaseState(self.case.state), "")

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
        return [(code, translated(code.replace("_", " ").capitalize())) for code in codes]


def read_case_page(case: ExceptionCase, caller: Caller, user: User, there: Related) -> CasePage:
    """Everything about the case, whose order and owner are at hand already; only ``there`` is asked for."""
    kind = kinds().get(case.type)
    name = translated(kind.name) if kind else chips.word("casetype", case.type)
    standing, may_write = case.state in STANDING, "cases:write" in caller.scopes
    events = events_of(case) if there.event else []
    comments = list(CaseComment.objects.filter(case=case).order_by("-pk")[:100]) if there.comment else []
    facts = _facts(case, there)
    side = _side(case.order, facts, caller, there) if case.order else None
    chosen = case.actions.filter(state=ActionState.CHOSEN).first() if there.chosen else None
    pending = case.approvals.filter(state=ApprovalState.PENDING).order_by("pk") if there.proposed else ()
    return CasePage(
        case=case,
        kind=kind,
        name=name,
        clock=clock_of(case, clock.now()),
        standing=standing,
        may_write=may_write,
        side=side,
        level=None if side else level_side(case, caller),
        story=story_of(case, name, events, comments, node_names()),
        chain=chain_of(case, name, events, node_names()),
        options=options_for(case, caller, facts) if standing and chosen is None else [],
        mergeable=_mergeable(case, facts, caller) if standing and may_write else [],
        linked=list(linked_cases(case.pk)[:10]) if there.linked else [],
        merged=list(case.merged.order_by("pk")[:10]) if there.merged else [],
        approvals=list(pending),
        about_to=label_of(chosen.code) if chosen else "",
        others_here=[str(one) for one in who_is_there(case.pk) if one.pk != user.pk] if there.watched else [],
        mine=case.owner_id == user.pk,
        late=late_values(case, side.contact if side else None),
    )


def kinds() -> Mapping[str, CaseKind]:
    """The kinds of case by code."""
    return get_or_load("kinds", "", lambda: {kind.code: kind for kind in CaseKind.objects.all()})


def node_names() -> Mapping[int, str]:
    """What the nodes are called, by pk."""
    return get_or_load("node_names", "", lambda: dict(Node.objects.values_list("pk", "name")))


def _facts(case: ExceptionCase, there: Related) -> Facts:
    """What the resolutions look at; that no hold stands, or that no node has the order, is known already."""
    facts = Facts(case)
    if not there.held:
        facts.holds = []
    if not there.assigned:
        facts.fulfillment_orders = []
    return facts


def _decided(order: Order) -> str:
    """Why the goods come from where they come; empty where nothing is decided."""
    decision = last_said(order.pk)
    return decisions_said([decision])[decision.pk] if decision else ""


def _side(order: Order, facts: Facts, caller: Caller, there: Related) -> OrderPanel:
    contact = facts.contact
    refused = refusing_nodes([order.pk]) if there.assigned else {}
    return OrderPanel(
        order,
        _stocked(facts.lines, refused, caller),
        contact,
        facts.holds,
        _decided(order),
        _others(order, contact, caller),
        _past(contact, facts, caller),
    )


def _stocked(lines: Sequence[OrderLine], refused: Mapping[int, set[str]], caller: Caller) -> list[LineStock]:
    """Stock of the nodes the caller may see, by line."""
    by_sku: dict[int, list[StockAt]] = {}
    for cell in stock_by_node({line.sku_id for line in lines if line.sku_id is not None}):
        if caller.may_node(cell.node):
            by_sku.setdefault(cell.sku_id, []).append(cell)
    return [
        LineStock(
            line,
            line.title or (line.sku.name if line.sku else ""),
            by_sku.get(line.sku_id or 0, [])[:8],
            refused.get(line.pk, set()),
        )
        for line in lines
    ]


def _others(order: Order, contact: OrderContact | None, caller: Caller) -> list[Order]:
    """The customer's other orders, newest first; of one node's staff only those the node has had in hand."""
    if contact is None:
        return []
    if not caller.nodes:
        return other_orders_of(contact, most=MOST_OTHERS)
    found = other_orders_of(contact, most=MOST_OTHERS * 5)
    mine = set(orders_for(caller).filter(pk__in=[one.pk for one in found]).values_list("pk", flat=True))
    return [one for one in found if one.pk in mine][:MOST_OTHERS]


def _past(contact: OrderContact | None, facts: Facts, caller: Caller) -> PastOrders:
    """What became of those of them that this person may see."""
    if contact is None or facts.case.type != CaseType.FRAUD_REVIEW:
        return PastOrders()
    return past_of(contact, orders_for(caller)) if caller.nodes else facts.past


def mergeable(case: ExceptionCase, caller: Caller) -> list[ExceptionCase]:
    """Cases this one may be part of, for who has nothing but the case at hand."""
    return _mergeable(case, Facts(case), caller)


def _mergeable(case: ExceptionCase, facts: Facts, caller: Caller) -> list[ExceptionCase]:
    """Cases this one may be part of: of the same order first, else of the same type at the same node."""
    if case.order_id is None:
        alike = cases_for(caller).filter(state__in=STANDING, type=case.type, node=case.node).exclude(pk=case.pk)
        return list(alike.select_related("order").order_by("-pk")[:MOST_MERGEABLE])
    found = facts.beside[:MOST_MERGEABLE]
    if not (found and caller.nodes):
        return found
    mine = set(cases_for(caller).filter(pk__in=[one.pk for one in found]).values_list("pk", flat=True))
    return [one for one in found if one.pk in mine]
