"""What a caller limited to channels or nodes may see. Everything read or touched by its id goes through here.

Somebody else's row is answered as if it did not exist, and leaves a line in the security log.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

import structlog
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from apps.accounts.caller import Caller
from apps.casework.errors import CaseNotFound
from apps.casework.models import ExceptionCase
from apps.casework.selectors import about_nodes
from apps.channels.models import Channel, InboxMessage, UploadJob
from apps.core.errors import NotFound
from apps.fulfillment.errors import FulfillmentOrderNotFound, ShipmentNotFound
from apps.fulfillment.models import FulfillmentOrder, Shipment
from apps.fulfillment.selectors import pk_of
from apps.inventory.models import StockLevel
from apps.network.models import Node
from apps.orders.errors import OrderNotFound
from apps.orders.models import Order
from apps.sla.models import SlaTimer

security = structlog.get_logger("security")
Row = TypeVar("Row", bound=Model)


def orders(caller: Caller) -> QuerySet[Order]:
    """A caller limited to nodes sees the orders that have work there."""
    rows = Order.objects.all()
    if caller.channels:
        rows = rows.filter(channel__in=caller.channels)
    if caller.nodes:
        here = FulfillmentOrder.objects.filter(order=OuterRef("pk"), node__code__in=caller.nodes)
        rows = rows.filter(Exists(here))
    return rows


def fulfillment_orders(caller: Caller) -> QuerySet[FulfillmentOrder]:
    return FulfillmentOrder.objects.filter(_limits(caller, channel="order__channel", node="node__code"))


def shipments(caller: Caller) -> QuerySet[Shipment]:
    at = "fulfillment_order__"
    return Shipment.objects.filter(_limits(caller, channel=f"{at}order__channel", node=f"{at}node__code"))


def cases(caller: Caller) -> QuerySet[ExceptionCase]:
    """Limited to nodes: the cases about one of them, or about an order it has work for. To channels: their orders' cases."""
    rows = ExceptionCase.objects.all()
    if caller.channels:
        rows = rows.filter(order__channel__in=caller.channels)
    if caller.nodes:
        rows = rows.filter(about_nodes(caller.nodes))
    return rows


def timers(caller: Caller) -> QuerySet[SlaTimer]:
    """A clock of an order as the order is seen; one without an order is seen only by callers without limits."""
    return SlaTimer.objects.filter(_limits(caller, channel="order__channel", node="node__code"))


def levels(caller: Caller) -> QuerySet[StockLevel]:
    return StockLevel.objects.filter(_limits(caller, node="node__code"))


def nodes(caller: Caller) -> QuerySet[Node]:
    return Node.objects.filter(_limits(caller, node="code"))


def channels(caller: Caller) -> QuerySet[Channel]:
    return Channel.objects.filter(_limits(caller, channel="code"))


def messages(caller: Caller) -> QuerySet[InboxMessage]:
    """A channel's affair: a caller limited to nodes sees none."""
    rows = InboxMessage.objects.filter(_limits(caller, channel="channel__code"))
    return rows.none() if caller.nodes else rows


def jobs(caller: Caller) -> QuerySet[UploadJob]:
    """A channel's affair: a caller limited to nodes sees none."""
    rows = UploadJob.objects.filter(_limits(caller, channel="channel__code")).defer("body").select_related("channel")
    return rows.none() if caller.nodes else rows


def _limits(caller: Caller, *, channel: str = "", node: str = "") -> Q:
    limits = Q()
    if caller.channels and channel:
        limits &= Q(**{f"{channel}__in": caller.channels})
    if caller.nodes and node:
        limits &= Q(**{f"{node}__in": caller.nodes})
    return limits


def find_order(caller: Caller, ref: str) -> Order:
    """Raises OrderNotFound."""
    return _find(orders(caller), caller, OrderNotFound(order=ref), public_id=ref)


def find_fulfillment_order(caller: Caller, ref: str) -> FulfillmentOrder:
    """Raises FulfillmentOrderNotFound."""
    missing = FulfillmentOrderNotFound(fulfillment_order=ref)
    return _find(fulfillment_orders(caller), caller, missing, public_id=ref)


def fulfillment_order_pk(caller: Caller, ref: str) -> int:
    """Its primary key, by the shortest way the caller's limits allow. Raises FulfillmentOrderNotFound."""
    if caller.channels or caller.nodes:
        return find_fulfillment_order(caller, ref).pk
    return pk_of(ref)


def fulfillment_order_pks(caller: Caller, refs: Collection[str]) -> dict[str, int]:
    """The primary keys of those that are there and the caller's."""
    mine = fulfillment_orders(caller).filter(public_id__among=refs)
    found = dict(mine.values_list("public_id", "pk"))
    missing = set(refs) - set(found) if caller.channels or caller.nodes else set()
    for ref in FulfillmentOrder.objects.filter(public_id__among=missing).values_list("public_id", flat=True):
        note_foreign(caller, "FulfillmentOrder", ref)
    return found


def find_shipment(caller: Caller, ref: str) -> Shipment:
    """Raises ShipmentNotFound."""
    return _find(shipments(caller), caller, ShipmentNotFound(shipment=ref), public_id=ref)


def find_case(caller: Caller, ref: str) -> ExceptionCase:
    """Raises CaseNotFound."""
    return _find(cases(caller), caller, CaseNotFound(case=ref), public_id=ref)


def find_level(caller: Caller, node: str, sku: str) -> StockLevel:
    """Raises NotFound."""
    return _find(levels(caller), caller, NotFound(what="stock level"), node__code=node, sku__code__iexact=sku)


def find_node(caller: Caller, code: str) -> Node:
    """Raises NotFound."""
    return _find(nodes(caller), caller, NotFound(what="node"), code=code)


def find_message(caller: Caller, ref: str) -> InboxMessage:
    """Raises NotFound."""
    return _find(messages(caller), caller, NotFound(what="message"), public_id=ref)


def find_job(caller: Caller, ref: str) -> UploadJob:
    """Raises NotFound."""
    return _find(jobs(caller), caller, NotFound(what="job"), public_id=ref)


def _find(rows: QuerySet[Row], caller: Caller, missing: NotFound, **which: str) -> Row:
    row = rows.filter(**which).first()
    if row is None:
        # Only a limited caller can miss what exists; for the others the second look is saved.
        if (caller.channels or caller.nodes) and rows.model._default_manager.filter(**which).exists():
            note_foreign(caller, rows.model.__name__, next(reversed(which.values())))
        raise missing
    return row


def note_foreign(caller: Caller, kind: str, ref: str) -> None:
    """Somebody asked for what is not theirs: a mistake in their set-up, or curiosity."""
    security.warning("foreign_object_requested", actor=str(caller.actor), kind=kind, ref=ref)
