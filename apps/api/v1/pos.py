"""Tills: sales that are handed over already, and goods brought back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar

from django.conf import settings
from django.db.models import QuerySet
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.api.v1 import examples, visibility
from apps.api.v1.base import Listing as ListView
from apps.api.v1.base import PageOf, Shape, View
from apps.api.v1.channel_filter import OfChannel
from apps.channels.models import TillReturn
from apps.channels.services.till_batches import ReceiptResult, take_receipts
from apps.channels.services.till_receipts import RETURN, SALE, TillReturnBody, TillSale
from apps.core.api.bodies import BodyModel
from apps.core.api.filters import Filters, Text
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described

MOST_RECEIPTS = 500
# On average; a receipt of fifty lines has some hundreds.
VALUES_A_RECEIPT = 400


class SalesBody(BodyModel):
    """Receipts of one channel. Each is read on its own: a wrong one spoils no other."""

    channel: Annotated[str, Field(min_length=1, max_length=64)]
    sales: Annotated[list[Any], Field(min_length=1, max_length=MOST_RECEIPTS)]


class SalesBodyDescribed(SalesBody):
    """Receipts of one channel. Each is read on its own: a wrong one spoils no other."""

    sales: Annotated[list[TillSale], Field(min_length=1, max_length=MOST_RECEIPTS)]


class ReturnsBody(BodyModel):
    """Returns of one channel. Each is read on its own: a wrong one spoils no other."""

    channel: Annotated[str, Field(min_length=1, max_length=64)]
    returns: Annotated[list[Any], Field(min_length=1, max_length=MOST_RECEIPTS)]


class ReturnsBodyDescribed(ReturnsBody):
    """Returns of one channel. Each is read on its own: a wrong one spoils no other."""

    returns: Annotated[list[TillReturnBody], Field(min_length=1, max_length=MOST_RECEIPTS)]


class ReceiptOut(Shape):
    """What became of one receipt.

    ``outcome``: ``accepted``; ``existing``: booked before; ``quarantined``: kept as ``message`` until what ``errors`` say is put
    right, and then booked when it is sent again or replayed; ``refused``: not in form, and not kept. ``ref``: the id of its order
    or its return. ``errors`` of one that was accepted are worth knowing and changed nothing else: their ``code`` is
    ``total_differs``, ``no_stock_kept`` or ``counted_already``; of one in quarantine it is ``unknown_location``,
    ``unknown_sku``, ``currency_not_sold``, ``dated_ahead`` or ``unreadable``.
    """

    row: int
    till: str
    receipt: str
    outcome: str
    ref: str
    message: str
    errors: list[dict[str, str]]


class ReceiptsOut(Shape):
    """One result a receipt, in the order sent."""

    counts: dict[str, int]
    items: list[ReceiptOut]


class TillReturnLineOut(Shape):
    """``code``: as the till wrote it; ``changed``: by how much stock on the shelf rose; ``unit_price``: minor units."""

    code: str
    sku: str
    units: int
    damaged: bool
    unit_price: int
    changed: int


class _Receipts(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "orders:write"}
    body_limit = settings.CSV_UPLOAD_MAX_BYTES
    body_values = MOST_RECEIPTS * VALUES_A_RECEIPT

    def take(self, request: Request, topic: str, rows: list[Any], channel: str) -> Response:
        caller = self.caller(request)
        if not caller.may_channel(channel):
            visibility.note_foreign(caller, "Channel", channel)

        def work() -> Reply:
            return Reply(_answer(take_receipts(topic, rows, channel=channel, caller=caller)))

        return self.respond(request, work)


class Sales(_Receipts):
    @described(
        "record_sales", body=SalesBodyDescribed, responses={200: ReceiptsOut}, key=False, examples=examples.SALES
    )
    def post(self, request: Request) -> Response:
        """Record sales that tills have made, up to 500 at once.

        Each is an order that is over: nothing of it is routed, and the store's stock falls at once, in the ledger at the time of
        the sale. A receipt counts once, by till and number, so that a batch can be sent again at any time, in any order and days
        late; a sale from before the store's last count of a SKU is in that count and lowers nothing.
        """
        body = self.body(SalesBody, request)
        return self.take(request, SALE, body.sales, body.channel)


class TillReturnOut(Shape):
    """Goods brought back. ``order``: the id of the sale, once it is known; ``lines``: as they were booked."""

    id: str
    channel: str
    receipt: str
    sold_as: str
    order: str
    node: str
    returned_at: datetime
    recorded_at: datetime
    currency: str
    refunded: int
    lines: list[TillReturnLineOut]


class TillReturnPage(PageOf[TillReturnOut]):
    """Returns at tills."""


class ReturnFilters(Filters):
    channel = OfChannel("channel__code")
    node = Text(field_name="node__code")
    order = Text(field_name="order__public_id", help_text="the id of the sale")


def till_return(row: TillReturn) -> TillReturnOut:
    """Needs channel, node and order at hand."""
    return TillReturnOut(
        id=row.public_id,
        channel=row.channel.code,
        receipt=row.external_id,
        sold_as=row.sold_as,
        order=row.order.public_id if row.order else "",
        node=row.node.code,
        returned_at=row.returned_at,
        recorded_at=row.recorded_at,
        currency=row.currency,
        refunded=row.refunded_minor,
        lines=[
            TillReturnLineOut(**{name: line[name] for name in TillReturnLineOut.model_fields}) for line in row.lines
        ],
    )


class Returns(_Receipts, ListView[TillReturn]):
    scopes: ClassVar[dict[str, str]] = {"GET": "orders:read", "POST": "orders:write"}
    filters = ReturnFilters
    sorts: ClassVar[dict[str, str]] = {"-recorded_at": "pk"}
    page = TillReturnPage

    def rows(self, caller: Caller) -> QuerySet[TillReturn]:
        return visibility.till_returns(caller).select_related("channel", "node", "order")

    def render(self, rows: list[TillReturn], caller: Caller) -> list[TillReturnOut]:
        return [till_return(row) for row in rows]

    @described(
        "record_returns", body=ReturnsBodyDescribed, responses={200: ReceiptsOut}, key=False, examples=examples.RETURNS
    )
    def post(self, request: Request) -> Response:
        """Record goods brought back to tills, up to 500 at once.

        What can be sold again raises the store's stock at once; damaged goods do not. The money the till has given back is
        written down, and moved by nobody. The sale may be named, and may come later than its return.
        """
        body = self.body(ReturnsBody, request)
        return self.take(request, RETURN, body.returns, body.channel)


def _answer(results: list[ReceiptResult]) -> ReceiptsOut:
    items = [
        ReceiptOut(
            row=one.row,
            till=one.till,
            receipt=one.receipt,
            outcome=one.outcome,
            ref=one.ref,
            message=one.message,
            errors=[{"pointer": e["pointer"], "detail": str(e["detail"]), "code": e["code"]} for e in one.errors],
        )
        for one in results
    ]
    counts: dict[str, int] = {}
    for item in items:
        counts[item.outcome] = counts.get(item.outcome, 0) + 1
    return ReceiptsOut(counts=counts, items=items)
