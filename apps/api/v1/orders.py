"""Orders: take one in, list them, read one, change the little that may be changed."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from django.db.models import Exists, OuterRef, Q, QuerySet
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.api.v1 import examples, visibility
from apps.api.v1.base import Listing, View
from apps.api.v1.channel_filter import OfChannel
from apps.api.v1.proposing import done_or_proposed
from apps.api.v1.shapes.casework import ProposedOut
from apps.api.v1.shapes.fulfillment import FulfillmentOrderOut, fulfillment_orders, with_names
from apps.api.v1.shapes.orders import (
    AcceptedOrder,
    ListedOrder,
    OrderDetail,
    OrderPage,
    OrderSummary,
    accepted_order,
    existing_order,
    listed_orders,
    order_detail,
)
from apps.casework.resolutions.direct.orders import do_to_order
from apps.catalog.selectors import pks_called
from apps.channels.services.direct_orders import is_channel, take_direct_order
from apps.core.api.bodies import BodyModel, parse_body
from apps.core.api.conditions import expected_version
from apps.core.api.filters import AnyOf, Filters, Flag, Moment, Text
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described
from apps.core.errors import InvalidInput
from apps.core.transactions import in_one_statement
from apps.fulfillment.models import FulfillmentOrder
from apps.orders.canonical import CanonicalOrder, Text64
from apps.orders.canonical import Moment as MomentIn
from apps.orders.models import Hold, Order, OrderContact, OrderLine
from apps.orders.repeats import said_otherwise
from apps.orders.selectors import held_order_ids, lines_by_order, ship_to
from apps.orders.states import OrderState
from apps.orders.waiting_for import waiting_for


class NewOrder(CanonicalOrder):
    """A canonical order, and the code of the channel it comes from. Money is integer minor units of ``currency``."""

    channel: Annotated[str, Field(min_length=1, max_length=64)]


class OrderChanges(BodyModel):
    """Only what is sent is changed; ``null`` empties a date."""

    read_only: ClassVar[frozenset[str]] = frozenset(OrderDetail.model_fields) | {"status", "approved_by"}

    tags: list[Text64] = Field(default=[], max_length=50)
    ship_by: MomentIn | None = None
    deliver_by: MomentIn | None = None


class OrderFilters(Filters):
    state = AnyOf(OrderState.choices, field_name="state")
    channel = OfChannel()
    external_id = Text()
    external_number = Text()
    placed_after = Moment(field_name="placed_at", lookup_expr="gte")
    placed_before = Moment(field_name="placed_at", lookup_expr="lt")
    received_after = Moment(field_name="received_at", lookup_expr="gte")
    received_before = Moment(field_name="received_at", lookup_expr="lt")
    has_hold = Flag(method="held", help_text="whether a hold stands")
    sku = Text(method="with_sku", help_text="orders with this SKU, as the source or as we name it")
    q = Text(method="search", help_text="the beginning of the number, or the whole id or external id")

    def held(self, rows: QuerySet[Order], name: str, value: bool) -> QuerySet[Order]:
        standing = Exists(Hold.objects.filter(order=OuterRef("pk"), released_at__isnull=True))
        return rows.filter(standing) if value else rows.exclude(standing)

    def with_sku(self, rows: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        lines = OrderLine.objects.filter(Q(sku_code__iexact=value) | Q(sku__in=pks_called(value)), order=OuterRef("pk"))
        return rows.filter(Exists(lines))

    def search(self, rows: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        return rows.filter(Q(external_number__startswith=value) | Q(external_id=value) | Q(public_id=value))


class Orders(Listing[Order]):
    scopes: ClassVar[dict[str, str]] = {"GET": "orders:read", "POST": "orders:write"}
    filters = OrderFilters
    sorts: ClassVar[dict[str, str]] = {
        "-received_at": "pk",
        "placed_at": "placed_at",
        "entered_state_at": "entered_state_at",
    }
    page = OrderPage

    def rows(self, caller: Caller) -> QuerySet[Order]:
        return visibility.orders(caller)

    def render(self, rows: list[Order], caller: Caller) -> list[ListedOrder]:
        held = held_order_ids([row.pk for row in rows])
        return listed_orders(rows, waiting_for(rows, held=held))

    @described(
        "create_order",
        body=NewOrder,
        responses={201: AcceptedOrder, 200: AcceptedOrder},
        key=True,
        examples=examples.NEW_ORDER,
    )
    def post(self, request: Request) -> Response:
        """Take one order in.

        201 when it is new; 200 with the order made then when the channel has sent this external id before: that changes
        nothing, and `not_taken` names what it says otherwise. An order that is commercially wrong (unknown SKU, bad
        address, totals that do not add up) is taken in and held.
        """
        caller = self.caller(request)
        body = _read_order(request.data, caller)
        if not caller.may_channel(body.channel):
            visibility.note_foreign(caller, "Channel", body.channel)

        def work() -> Reply:
            raw = request._request.body
            accepted = take_direct_order(body, channel=body.channel, raw=raw, caller=caller)
            if accepted.created:
                return Reply.tagged(accepted_order(accepted.order, body), accepted.order.version, status=201)
            return Reply.tagged(_as_it_is(accepted.order, body), accepted.order.version)

        return self.respond(request, work, key_required=True, run=in_one_statement)


def _as_it_is(order: Order, repeat: NewOrder) -> AcceptedOrder:
    lines = lines_by_order([order.pk])[order.pk]
    return existing_order(order, lines, said_otherwise(repeat, order, lines, ship_to([order.pk]).get(order.pk)))


def _read_order(data: Any, caller: Caller) -> NewOrder:
    """Raises InvalidInput; a channel there is not is named with all else that is wrong, not only when that is fixed."""
    data = _unwrapped(data)
    try:
        return parse_body(NewOrder, data)
    except InvalidInput as refusal:
        problems = refusal.details["errors"]
        code = data.get("channel") if isinstance(data, dict) else None
        named = any(problem["pointer"] == "/channel" for problem in problems)
        if isinstance(code, str) and not named and not is_channel(code, caller):
            problems = [*problems, {"pointer": "/channel", "detail": "is no active channel", "code": "unknown"}]
        raise InvalidInput(errors=problems) from None


def _unwrapped(data: Any) -> Any:
    """The order of ``{"orders": [{…}]}`` or ``{"order": {…}}``, the channel beside it or in it; more than one is for the bulk
    endpoint."""
    if not isinstance(data, dict) or not set(data) <= {"orders", "order", "channel"}:
        return data
    inner = data.get("order", data.get("orders"))
    if isinstance(inner, list) and len(inner) == 1:
        inner = inner[0]
    beside = {"channel": data["channel"]} if "channel" in data else {}
    return {**beside, **inner} if isinstance(inner, dict) else data


class OneOrder(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "orders:read", "PATCH": "orders:write"}

    @described("get_order", responses={200: OrderDetail})
    def get(self, request: Request, order_ref: str) -> Response:
        """One order whole."""
        caller = self.caller(request)
        order = visibility.find_order(caller, order_ref)
        holds = list(order.holds.order_by("pk"))
        held = [order.pk for hold in holds if hold.released_at is None]
        detail = order_detail(
            order,
            lines=lines_by_order([order.pk])[order.pk],
            contacts=OrderContact.objects.filter(order=order),
            holds=holds,
            fulfillment_orders=self._fulfillment_orders(caller, order),
            waiting_for=waiting_for([order], held=held)[order.pk],
        )
        return self.tagged(detail, order.version)

    @described("amend_order", body=OrderChanges, responses={200: OrderSummary, 202: ProposedOut}, key=False, match=True)
    def patch(self, request: Request, order_ref: str) -> Response:
        """Change an order's tags or dates.

        Everything else about an order is decided elsewhere and read-only here. A later promise counts against the caller's
        limits; 202: it was beyond them and waits for somebody's approval, tags and all.
        """
        expected = expected_version(request, required=True)
        body, caller = self.body(OrderChanges, request), self.caller(request)
        changes = {name: getattr(body, name) for name in body.model_fields_set}
        if not changes:
            raise InvalidInput(errors=[{"pointer": "", "detail": "names nothing to change", "code": "missing"}])
        order = visibility.find_order(caller, order_ref)

        def work() -> Reply:
            made = do_to_order(
                order.pk, code="change_promise", params={"changes": changes}, expected_version=expected, caller=caller
            )
            return done_or_proposed(made, caller, request)

        return self.respond(request, work)

    def _fulfillment_orders(self, caller: Caller, order: Order) -> list[FulfillmentOrderOut]:
        # A store that sees an order because it has a part of it sees its own part.
        rows: QuerySet[FulfillmentOrder] = visibility.fulfillment_orders(caller).filter(order=order)
        return fulfillment_orders(with_names(rows).order_by("pk"))
