"""What resolutions look at: one case with all that is about it, each read once and only when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from apps.casework.models import ExceptionCase
from apps.casework.selectors import cases_beside, level_of
from apps.casework.states import CaseState, CaseType, WaitingOn
from apps.channels.selectors import routing_terms
from apps.core import clock
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.selectors import refusing_nodes
from apps.fulfillment.states import BEFORE_SHIPPED
from apps.inventory.models import StockLevel
from apps.orders.models import Hold, Order, OrderContact, OrderLine
from apps.orders.selectors import PastOrders, lines_by_order, past_of, ship_to, standing_holds
from apps.routing.models import RoutingDecision
from apps.routing.planner.results import to_minor
from apps.routing.services import PlanningInputs, planning_inputs

Value = TypeVar("Value")
MOST_BESIDE = 20
# Cases about units that have no place at all: nothing has to be taken away from anybody.
LACKING = frozenset({CaseType.NO_STOCK, CaseType.PARTIAL_ALLOCATION, CaseType.SHORT_PICK, CaseType.PARTNER_REJECTED})


class Facts:
    """Reads about one case. ``order`` is that of the case, or None; an instance serves one look or one transaction."""

    def __init__(self, case: ExceptionCase, order: Order | None = None) -> None:
        self.case = case
        self.order = order if order is not None else case.order
        self.now: datetime = clock.now()
        self._known: dict[str, Any] = {}

    @property
    def the_order(self) -> Order:
        """The order, where ``why_not`` has made sure there is one."""
        assert self.order is not None
        return self.order

    @property
    def currency(self) -> str:
        return self.order.currency if self.order else self.case.currency

    @property
    def subject(self) -> str:
        """What limits are summed up by: the order, else what the case is about."""
        return self.order.public_id if self.order else self.case.subject_ref

    @cached_property
    def lines(self) -> list[OrderLine]:
        return lines_by_order([self.order.pk])[self.order.pk] if self.order else []

    @cached_property
    def line_by_id(self) -> Mapping[str, OrderLine]:
        return {line.line_id: line for line in self.lines}

    @cached_property
    def contact(self) -> OrderContact | None:
        return ship_to([self.order.pk]).get(self.order.pk) if self.order else None

    @cached_property
    def beside(self) -> list[ExceptionCase]:
        """Cases of the order first, then those of the same type about the same customer."""
        if self.order is None:
            return []
        return cases_beside(self.case, email=self.contact.email if self.contact else "", most=MOST_BESIDE)

    @cached_property
    def past(self) -> PastOrders:
        """What became of the customer's other orders."""
        return past_of(self.contact) if self.contact else PastOrders()

    @cached_property
    def holds(self) -> list[Hold]:
        return list(standing_holds(self.order.pk)) if self.order else []

    @cached_property
    def fulfillment_orders(self) -> list[FulfillmentOrder]:
        if self.order is None:
            return []
        return list(self.order.fulfillment_orders.select_related("node").prefetch_related("lines").order_by("pk"))

    @cached_property
    def working(self) -> Sequence[FulfillmentOrder]:
        """Those that a node has and has not shipped."""
        return [row for row in self.fulfillment_orders if row.state in BEFORE_SHIPPED]

    @cached_property
    def concerned(self) -> FulfillmentOrder | None:
        """The fulfillment order the case is about; where it names a node only, that node's."""
        by_ref = [row for row in self.fulfillment_orders if row.public_id == self.case.subject_ref]
        node = self.node
        by_node = [row for row in self.working if node and row.node.code == node]
        return next(iter(by_ref or by_node), None)

    @property
    def is_proposed(self) -> bool:
        """Whether a proposal about the case waits for somebody's decision."""
        return self.case.state == CaseState.WAITING and self.case.waiting_on == WaitingOn.APPROVAL

    @property
    def node(self) -> str:
        """Code of the node the case is about, or empty."""
        return self.case.node or str(self.case.detail.get("node") or "")

    @cached_property
    def level(self) -> StockLevel | None:
        """The stock level the case is about, if it is about one."""
        return level_of(self.case)

    @cached_property
    def shelf(self) -> StockLevel | None:
        """The level to count: the one the case is about, or where a short pick found too little. None: none, or several."""
        if self.level is not None or self.case.type != CaseType.SHORT_PICK:
            return self.level
        missing = self.case.detail.get("missing", ())
        skus = {line.sku_id for line in self.lines if str(line.pk) in missing}
        if len(skus) != 1:
            return None
        return StockLevel.objects.select_related("node", "sku").filter(node__code=self.node, sku__in=skus).first()

    @cached_property
    def categories(self) -> frozenset[str]:
        if self.order is None:
            return frozenset([self.level.sku.category] if self.level else ())
        return frozenset(line.sku.category for line in self.lines if line.sku is not None and line.open_quantity)

    @cached_property
    def to_move(self) -> list[FulfillmentOrder]:
        """What would be taken away from its node if the goods came from elsewhere."""
        if self.case.type in LACKING:
            return []
        if self.case.type == CaseType.BACKORDERED:
            return [row for row in self.working if row.waits_for_stock]
        return [row for row in self.working if self.concerned is not None and row.pk == self.concerned.pk]

    @cached_property
    def planning_inputs(self) -> PlanningInputs | None:
        """What of the order has no place, or would have none if ``to_move`` were taken away; None: all has its place."""
        if self.order is None or self.contact is None:
            return None
        freed: dict[tuple[int, int], int] = {}
        for line in (line for row in self.to_move for line in row.lines.all()):
            key = (line.order_line_id, line.sku_id)
            freed[key] = freed.get(key, 0) + line.quantity
        refused = refusing_nodes([self.order.pk])
        return planning_inputs(self.order, contact=self.contact, terms=routing_terms(), refused=refused, freed=freed)

    @cached_property
    def cost_before_minor(self) -> int:
        """What the costs of another way are held against: those of the shipments taken away, else the usual ones."""
        if self.planning_inputs is None:
            return 0
        codes = {row.node.code for row in self.to_move}
        return self._cost_at(codes) if codes else self.planning_inputs.usual_cost_minor()

    def _cost_at(self, codes: set[str]) -> int:
        """Of each node's shipment, as the last decision that chose it had reckoned."""
        assert self.order is not None
        costs: dict[str, int] = {}
        for plan in RoutingDecision.objects.filter(order=self.order).order_by("pk").values_list("plan", flat=True):
            for cost in plan["costs"]:
                costs[cost["site"]] = sum(value for name, value in cost.items() if name.endswith("_milli"))
        return to_minor(sum(costs.get(code, 0) for code in codes))

    def once(self, name: str, make: Callable[[], Value]) -> Value:
        """What ``make`` returns, computed once for this look."""
        if name not in self._known:
            self._known[name] = make()
        value: Value = self._known[name]
        return value
