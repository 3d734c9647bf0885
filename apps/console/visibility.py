"""What a person whose job is one node gets to see: the goods and orders of that node, nothing of the others."""

from __future__ import annotations

import structlog
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404

from apps.accounts.caller import Caller
from apps.casework.models import ExceptionCase
from apps.casework.selectors import about_nodes, case_with_its_own
from apps.channels.models import InboxMessage
from apps.fulfillment.models import FulfillmentOrder
from apps.inventory.models import StockLevel
from apps.network.models import Node
from apps.orders.models import Order

security = structlog.get_logger("security")


def orders_for(caller: Caller) -> QuerySet[Order]:
    """All orders, or those that one of the caller's nodes has had in hand."""
    rows = Order.objects.all()
    here = FulfillmentOrder.objects.filter(order_id=OuterRef("pk"), node__code__in=caller.nodes)
    return rows.filter(Exists(here)) if caller.nodes else rows


def cases_for(caller: Caller) -> QuerySet[ExceptionCase]:
    """All cases, or those about one of the caller's nodes or an order it has had in hand."""
    rows = ExceptionCase.objects.all()
    return rows.filter(about_nodes(caller.nodes)) if caller.nodes else rows


def nodes_for(caller: Caller) -> QuerySet[Node]:
    rows = Node.objects.order_by("name", "pk")
    return rows.filter(code__in=caller.nodes) if caller.nodes else rows


def fulfillment_for(caller: Caller) -> QuerySet[FulfillmentOrder]:
    rows = FulfillmentOrder.objects.all()
    return rows.filter(node__code__in=caller.nodes) if caller.nodes else rows


def levels_for(caller: Caller) -> QuerySet[StockLevel]:
    rows = StockLevel.objects.all()
    return rows.filter(node__code__in=caller.nodes) if caller.nodes else rows


def messages_for(caller: Caller) -> QuerySet[InboxMessage]:
    """A message is its channel's affair: somebody of one node sees none."""
    rows = InboxMessage.objects.all()
    return rows.none() if caller.nodes else rows


def order_or_404(caller: Caller, ref: str) -> Order:
    """The order, or 404 alike for one that is not there and one that is none of the caller's business."""
    order = orders_for(caller).filter(public_id=ref).first()
    if order is None:
        _note(caller, "order", ref)
        raise Http404("There is no such order.")
    return order


def case_or_404(caller: Caller, ref: str) -> ExceptionCase:
    """The case with its order, owner and queue, or 404 as for an order."""
    hidden = bool(caller.nodes) and not cases_for(caller).filter(public_id=ref).exists()
    case = None if hidden else case_with_its_own(ref)
    if case is None:
        _note(caller, "case", ref)
        raise Http404("There is no such exception.")
    return case


def fulfillment_or_404(caller: Caller, ref: str) -> FulfillmentOrder:
    row = fulfillment_for(caller).select_related("order", "node").filter(public_id=ref).first()
    if row is None:
        _note(caller, "fulfillment_order", ref)
        raise Http404("There is no such fulfillment order.")
    return row


def level_or_404(caller: Caller, pk: int) -> StockLevel:
    level = levels_for(caller).select_related("node", "sku").filter(pk=pk).first()
    if level is None:
        _note(caller, "stock_level", str(pk))
        raise Http404("There is no such stock level.")
    return level


def _note(caller: Caller, what: str, ref: str) -> None:
    """Asking for what is hidden is written down: an honest click can't lead there."""
    if caller.nodes:
        security.warning("hidden_row_asked_for", what=what, ref=ref[:64], caller=str(caller.actor))
