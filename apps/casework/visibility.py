"""What somebody limited to nodes or channels gets to see: one rule for pages, API, search, exports, notices and mails.

Limited to nodes: what lies or happens there, and the orders one of them has had in hand or has handed over at its counter. Limited
to channels: their orders and what belongs to these. A message is its channel's affair. Without limits: everything. What of an order
is another node's is described in words (``redaction``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.accounts.models import User
from apps.casework.models import ExceptionCase
from apps.channels.models import Channel, InboxMessage, TillReturn, UploadJob
from apps.contracts.models import ReplayJob
from apps.fulfillment.models import FulfillmentOrder, Shipment
from apps.integrations.models import Partner, PartnerNode
from apps.inventory.models import StockLevel
from apps.network.models import Node
from apps.orders.canonical import ServiceLevel
from apps.orders.models import Order
from apps.orders.states import OrderState
from apps.outbound.models import CallLog
from apps.outbound.states import CounterpartKind
from apps.webhooks.models import WebhookEndpoint

# Sold at a till, or collected by the customer, at its ``pickup_node``.
_HANDED_OVER = Q(state=OrderState.DELIVERED, service_level=ServiceLevel.PICKUP)


class Reader(Protocol):
    """A caller, as far as it is limited; empty: not at all."""

    @property
    def channels(self) -> frozenset[str]: ...

    @property
    def nodes(self) -> frozenset[str]: ...


def limits(reader: Reader, *, channel: str = "", node: str = "") -> Q:
    """Rows whose ``channel`` and ``node`` (names of their fields) the reader is not kept from."""
    found = Q()
    if reader.channels and channel:
        found &= Q(**{f"{channel}__in": reader.channels})
    if reader.nodes and node:
        found &= Q(**{f"{node}__in": reader.nodes})
    return found


def about_nodes(nodes: Collection[str], *, order: str = "order_id", node: str = "node") -> Q:
    """Rows about one of these nodes, or about an order that one of them has had in hand. ``order``, ``node``: the names of the
    row's order key and node code."""
    return Q(**{f"{node}__in": list(nodes)}) | in_hand(nodes, order)


def in_hand(nodes: Collection[str], order: str = "pk") -> Q:
    """Rows whose order (``order``: the name of its key) one of these nodes has had in hand: to fulfill, or at its counter."""
    worked_on = FulfillmentOrder.objects.filter(order_id=OuterRef(order), node__code__in=list(nodes))
    handed_over = Order.objects.filter(_HANDED_OVER, pk=OuterRef(order), pickup_node__in=list(nodes))
    return Q(Exists(worked_on)) | Q(Exists(handed_over))


def orders(reader: Reader) -> QuerySet[Order]:
    rows = Order.objects.filter(limits(reader, channel="channel"))
    return rows.filter(in_hand(reader.nodes)) if reader.nodes else rows


def fulfillment_orders(reader: Reader) -> QuerySet[FulfillmentOrder]:
    return FulfillmentOrder.objects.filter(limits(reader, channel="order__channel", node="node__code"))


def shipments(reader: Reader) -> QuerySet[Shipment]:
    at = "fulfillment_order__"
    return Shipment.objects.filter(limits(reader, channel=f"{at}order__channel", node=f"{at}node__code"))


def others_work(reader: Reader, order: Order) -> set[str]:
    """Refs of the order's fulfillment orders at other nodes, and of their parcels: none of the reader's business."""
    if not reader.nodes:
        return set()
    theirs = FulfillmentOrder.objects.filter(order=order).exclude(node__code__in=reader.nodes)
    parcels = Shipment.objects.filter(fulfillment_order__in=theirs)
    return {*theirs.values_list("public_id", flat=True), *parcels.values_list("public_id", flat=True)}


def calls(reader: Reader, order: Order) -> QuerySet[CallLog]:
    """Calls made for an order. What shops and other systems are sent covers all places; the latter all channels as well."""
    rows = CallLog.objects.filter(stream=order.public_id)
    if reader.nodes:
        rows = rows.filter(kind=CounterpartKind.PARTNER)
    elif reader.channels:
        rows = rows.exclude(kind=CounterpartKind.WEBHOOK)
    return rows.exclude(reference__in=others_work(reader, order)) if reader.nodes else rows


def cases(reader: Reader) -> QuerySet[ExceptionCase]:
    rows = ExceptionCase.objects.filter(limits(reader, channel="order__channel"))
    return rows.filter(about_nodes(reader.nodes)) if reader.nodes else rows


def levels(reader: Reader) -> QuerySet[StockLevel]:
    return StockLevel.objects.filter(limits(reader, node="node__code"))


def nodes(reader: Reader) -> QuerySet[Node]:
    return Node.objects.filter(limits(reader, node="code")).order_by("name", "pk")


def selling_channels(reader: Reader) -> QuerySet[Channel]:
    """Channels whose figures of stock the reader sees: each is the sum of all places, so who is limited to some sees none."""
    return channels(reader).none() if reader.nodes else channels(reader)


def channels(reader: Reader) -> QuerySet[Channel]:
    return Channel.objects.filter(limits(reader, channel="code"))


def partners(reader: Reader) -> QuerySet[Partner]:
    """Partners whose figures the reader sees: they are sums over all channels, and over all places a partner runs."""
    rows = Partner.objects.all()
    if reader.channels:
        return rows.none()
    others = PartnerNode.objects.filter(partner=OuterRef("pk")).exclude(node__code__in=reader.nodes)
    return rows.filter(~Exists(others), nodes__isnull=False).distinct() if reader.nodes else rows


def endpoints(reader: Reader) -> QuerySet[WebhookEndpoint]:
    """Endpoints receive what happens in the whole shop, so only who sees all of it sees them."""
    rows = WebhookEndpoint.objects.all()
    return rows.none() if reader.channels or reader.nodes else rows


def messages(reader: Reader) -> QuerySet[InboxMessage]:
    rows = InboxMessage.objects.filter(limits(reader, channel="channel__code"))
    return rows.none() if reader.nodes else rows


def jobs(reader: Reader) -> QuerySet[UploadJob]:
    rows = UploadJob.objects.filter(limits(reader, channel="channel__code"))
    return rows.none() if reader.nodes else rows


def till_returns(reader: Reader) -> QuerySet[TillReturn]:
    return TillReturn.objects.filter(limits(reader, channel="channel__code", node="node__code"))


def replays(reader: Reader) -> QuerySet[ReplayJob]:
    """Jobs over messages of the reader's channels; of all channels together, those who see all."""
    rows = ReplayJob.objects.filter(limits(reader, channel="channel"))
    return rows.none() if reader.nodes else rows


def nodes_of_case(case: ExceptionCase) -> set[str]:
    """Whose people see the case: those of its node and of all that have had its order in hand."""
    here = {case.node} - {""}
    return here | nodes_of_order(case.order_id) if case.order_id is not None else here


def nodes_of_order(order_id: int) -> set[str]:
    """The nodes that have the order in hand, or had, or have handed it over at their counter."""
    counters = Order.objects.filter(_HANDED_OVER, pk=order_id).exclude(pickup_node="")
    fulfilling = FulfillmentOrder.objects.filter(order_id=order_id)
    return {*fulfilling.values_list("node__code", flat=True), *counters.values_list("pickup_node", flat=True)}


def who_may_see(case: ExceptionCase, users: Iterable[User]) -> list[User]:
    """Those of the people whose nodes the case concerns; those without limits always."""
    return of_nodes(users, lambda: nodes_of_case(case))


def who_may_see_order(order_id: int, users: Iterable[User], *, node: str = "") -> list[User]:
    """The same for what is described of an order; ``node``: only what one of its nodes does."""
    return of_nodes(users, lambda: {node} if node else nodes_of_order(order_id))


def of_nodes(users: Iterable[User], concerned: Collection[str] | object) -> list[User]:
    """Those without limits, and those of one of the nodes ``concerned``; a function is asked only if there are limits."""
    people = list(users)
    if not any(user.nodes for user in people):
        return people
    there = set(concerned() if callable(concerned) else concerned)  # type: ignore[call-overload]
    return [user for user in people if not user.nodes or there.intersection(user.nodes)]
