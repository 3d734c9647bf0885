"""What a person gets to see, or 404; the same rule as everywhere (``apps/casework/visibility.py``)."""

from __future__ import annotations

import structlog
from django.http import Http404
from django.utils.translation import gettext as _

from apps.accounts.caller import Caller
from apps.casework.models import ExceptionCase
from apps.casework.selectors import case_with_its_own
from apps.casework.visibility import cases as cases_for
from apps.casework.visibility import fulfillment_orders as fulfillment_for
from apps.casework.visibility import jobs as jobs_for
from apps.casework.visibility import levels as levels_for
from apps.casework.visibility import messages as messages_for
from apps.casework.visibility import nodes as nodes_for
from apps.casework.visibility import orders as orders_for
from apps.casework.visibility import replays as replays_for
from apps.casework.visibility import selling_channels as selling_channels_for
from apps.fulfillment.models import FulfillmentOrder
from apps.inventory.models import StockLevel
from apps.listings.models import Listing
from apps.orders.models import Order

__all__ = [
    "case_or_404",
    "cases_for",
    "fulfillment_for",
    "fulfillment_or_404",
    "jobs_for",
    "level_or_404",
    "levels_for",
    "listing_or_404",
    "messages_for",
    "nodes_for",
    "order_or_404",
    "orders_for",
    "replays_for",
    "selling_channels_for",
]

security = structlog.get_logger("security")


def order_or_404(caller: Caller, ref: str) -> Order:
    """The order, or 404 alike for one that is not there and one that is none of the caller's business."""
    order = orders_for(caller).filter(public_id=ref).first()
    if order is None:
        _note(caller, "order", ref)
        raise Http404(_("There is no such order."))
    return order


def case_or_404(caller: Caller, ref: str) -> ExceptionCase:
    """The case with its order, owner and queue, or 404 as for an order."""
    hidden = bool(caller.nodes or caller.channels) and not cases_for(caller).filter(public_id=ref).exists()
    case = None if hidden else case_with_its_own(ref)
    if case is None:
        _note(caller, "case", ref)
        raise Http404(_("There is no such exception."))
    return case


def listing_or_404(caller: Caller, ref: str) -> Listing:
    """The listing with its channel and SKU, or 404 as for an order."""
    rows = Listing.objects.select_related("channel", "sku").filter(channel__in=selling_channels_for(caller))
    listing = rows.filter(public_id=ref).first()
    if listing is None:
        _note(caller, "listing", ref)
        raise Http404(_("There is no such listing."))
    return listing


def fulfillment_or_404(caller: Caller, ref: str) -> FulfillmentOrder:
    row = fulfillment_for(caller).select_related("order", "node").filter(public_id=ref).first()
    if row is None:
        _note(caller, "fulfillment_order", ref)
        raise Http404(_("There is no such fulfillment order."))
    return row


def level_or_404(caller: Caller, pk: int) -> StockLevel:
    level = levels_for(caller).select_related("node", "sku").filter(pk=pk).first()
    if level is None:
        _note(caller, "stock_level", str(pk))
        raise Http404(_("There is no such stock level."))
    return level


def _note(caller: Caller, what: str, ref: str) -> None:
    """Asking for what is hidden is written down: an honest click can't lead there."""
    if caller.nodes or caller.channels:
        security.warning("hidden_row_asked_for", what=what, ref=ref[:64], caller=str(caller.actor))
