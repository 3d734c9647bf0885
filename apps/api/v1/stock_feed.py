"""Stock for whoever sells through a channel that we can't call: fetched from a mark on, or as one file."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.v1 import visibility
from apps.api.v1.base import Shape, View
from apps.core.api.filters import refuse_unknown
from apps.core.api.schema import described, refused
from apps.core.errors import InvalidInput
from apps.listings.feed import changes, parse_mark
from apps.listings.services.feed_files import lines_of
from apps.listings.services.feeding import require_feed

_NO_FEED = {409: "The channel offers no stock feed, or is switched off (`stock_feed_off`)"}
_CURSOR = OpenApiParameter("cursor", str, description="that of the last answer; left out: from the beginning")


class FigureOut(Shape):
    """What may be sold of one thing: absolute, never a change of it."""

    sku: str
    external_id: str
    available: int
    changed_at: datetime


class StockFeedOut(Shape):
    """Figures that changed since the cursor, oldest first. ``more``: ask again at once; else in a while, with ``cursor`` in any case.

    ``restarted``: the cursor was of another life of the database, and everything is given again. ``paused``: the channel is paused, so
    nothing is sent to it; the figures are right all the same.
    """

    items: list[FigureOut]
    cursor: str
    more: bool
    restarted: bool
    paused: bool


class StockFeed(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "inventory:read"}

    @described(
        "read_stock_feed",
        responses={200: StockFeedOut},
        query=[_CURSOR],
        refusals={**_NO_FEED, 422: "The cursor is none of this feed"},
    )
    def get(self, request: Request, channel_ref: str) -> Response:
        """Read what has changed of the channel's figures since a cursor, up to 1,000.

        No change is left out, however many are made at the same time; one that changed often is given as it is now. A channel
        offers a feed once that is switched on in its settings, and then for every SKU that is sold; one that offers none, or is
        switched off, answers 409 `stock_feed_off` instead of figures that nobody keeps right.
        """
        refuse_unknown(request, frozenset({"cursor"}))
        channel = visibility.find_selling_channel(self.caller(request), channel_ref)
        require_feed(channel)
        since = parse_mark(request.query_params.get("cursor", ""))
        if since is None:
            problem = {"pointer": "/cursor", "detail": "is no cursor of this feed", "code": "invalid"}
            raise InvalidInput(errors=[problem])
        page = changes(channel.pk, since)
        items = [
            FigureOut(sku=one.sku, external_id=one.external_id, available=one.available, changed_at=one.changed_at)
            for one in page.items
        ]
        return Response(
            StockFeedOut(
                items=items,
                cursor=str(page.mark),
                more=page.more,
                restarted=page.restarted,
                paused=channel.paused_at is not None,
            )
        )


class StockFeedFile(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "inventory:read"}

    @extend_schema(
        operation_id="download_stock_feed",
        summary="All figures of the channel, as CSV.",
        responses={(200, "text/csv"): str, **refused(_NO_FEED)},
    )
    def get(self, request: Request, channel_ref: str) -> StreamingHttpResponse:
        channel = visibility.find_selling_channel(self.caller(request), channel_ref)
        require_feed(channel)
        response = StreamingHttpResponse(lines_of(channel.pk), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{channel.code}-stock.csv"'
        return response
