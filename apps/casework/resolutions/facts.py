"""What resolutions look at: one case with all that is about it, each read once and only when asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property

from apps.casework.models import ExceptionCase
from apps.core import clock
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.states import BEFORE_SHIPPED
from apps.orders.models import Hold, Order, OrderContact, OrderLine
from apps.orders.selectors import lines_by_order, ship_to, standing_holds


class Facts:
    """Reads about one case. ``order`` is that of the case, or None; an instance serves one look or one transaction."""

    def __init__(self, case: ExceptionCase, order: Order | None = None) -> None:
        self.case = case
        self.order = order if order is not None else case.order
        self.now: datetime = clock.now()

    @property
    def the_order(self) -> Order:
        """The order, where ``why_not`` has made sure there is one."""
        assert self.order is not None
        return self.order

    @property
    def currency(self) -> str:
        return self.order.currency if self.order else self.case.currency

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
    def node(self) -> str:
        """Code of the node the case is about, or empty."""
        return self.case.node or str(self.case.detail.get("node") or "")

    @cached_property
    def categories(self) -> frozenset[str]:
        return frozenset(line.sku.category for line in self.lines if line.sku is not None and line.open_quantity)
