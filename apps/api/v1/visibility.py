"""Reading by id what a caller may see: the same rule as everywhere (``apps/casework/visibility.py``).

Somebody else's row is treated as if it did not exist, and leaves a line in the security log.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

import structlog
from django.db.models import Model, QuerySet

from apps.accounts.caller import Caller
from apps.casework.errors import CaseNotFound
from apps.casework.models import ExceptionCase
from apps.casework.visibility import (
    cases,
    channels,
    fulfillment_orders,
    jobs,
    levels,
    limits,
    messages,
    nodes,
    orders,
    others_work,
    partners,
    selling_channels,
    shipments,
    till_returns,
)
from apps.catalog.selectors import skus_called
from apps.channels.errors import ChannelNotFound
from apps.channels.models import Channel, InboxMessage, UploadJob
from apps.channels.selectors import channel_called
from apps.core.errors import NotFound
from apps.fulfillment.errors import FulfillmentOrderNotFound, ShipmentNotFound
from apps.fulfillment.models import FulfillmentOrder, Shipment
from apps.fulfillment.selectors import pk_of
from apps.integrations.errors import PartnerNotFound
from apps.integrations.models import Partner
from apps.inventory.models import StockLevel
from apps.network.models import Node
from apps.orders.errors import OrderNotFound
from apps.orders.models import Order
from apps.sla.models import SlaTimer

__all__ = [
    "cases",
    "channels",
    "fulfillment_orders",
    "jobs",
    "levels",
    "messages",
    "nodes",
    "orders",
    "others_work",
    "selling_channels",
    "shipments",
    "till_returns",
]

security = structlog.get_logger("security")
Row = TypeVar("Row", bound=Model)


def timers(caller: Caller) -> QuerySet[SlaTimer]:
    """A clock of an order as the order is seen; one without an order is seen only by callers without limits."""
    return SlaTimer.objects.filter(limits(caller, channel="order__channel", node="node__code"))


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
    """The SKU by whatever it is called. Raises NotFound."""
    meant = next(iter(skus_called([sku]).values()), None)
    code = meant.code if meant is not None else sku
    return _find(levels(caller), caller, NotFound(what="stock level"), node__code=node, sku__code=code)


def find_node(caller: Caller, code: str) -> Node:
    """Raises NotFound."""
    return _find(nodes(caller), caller, NotFound(what="node"), code=code)


def find_partner(caller: Caller, ref: str) -> Partner:
    """By its code or its public id. Raises PartnerNotFound."""
    named = {"public_id": ref} if partners(caller).filter(public_id=ref).exists() else {"code": ref}
    return _find(partners(caller), caller, PartnerNotFound(partner=ref), **named)


def find_channel(caller: Caller, ref: str) -> Channel:
    """By its code or its public id. Raises ChannelNotFound."""
    return _find_channel(channels(caller), caller, ref, ChannelNotFound(channel=ref))


def find_selling_channel(caller: Caller, ref: str) -> Channel:
    """A channel whose figures the caller may see: they cover all places, so nobody limited to some does. Raises NotFound."""
    return _find_channel(selling_channels(caller), caller, ref, NotFound(what="channel"))


def _find_channel(rows: QuerySet[Channel], caller: Caller, ref: str, missing: NotFound) -> Channel:
    found = channel_called(rows, ref)
    if found is None:
        if (caller.channels or caller.nodes) and channel_called(Channel.objects.all(), ref):
            note_foreign(caller, "Channel", ref)
        raise missing
    return found


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
