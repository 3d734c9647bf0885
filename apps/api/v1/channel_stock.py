"""Stock on channels: what each shows and why, the rules of how much it may, and sending again."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from django.db.models import QuerySet
from pydantic import Field, model_validator
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.api.v1 import visibility
from apps.api.v1.base import Listing as ListView
from apps.api.v1.base import View
from apps.api.v1.inventory import Units
from apps.api.v1.shapes.listings import (
    ListingOut,
    ListingPage,
    ReadBackOut,
    ResentOut,
    RulePreviewOut,
    StockRuleOut,
    StockRulePage,
    WhyOut,
    listing,
    rule_preview,
    stock_rule,
    why,
)
from apps.catalog.errors import SkuNotFound
from apps.catalog.selectors import pks_called, resolve_codes
from apps.channels.models import Channel
from apps.core.api.bodies import BodyModel
from apps.core.api.filters import AnyOf, Filters, Flag, Text
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described
from apps.listings.explaining import explain
from apps.listings.models import Listing, StockRule
from apps.listings.selectors import listings_of, with_difference
from apps.listings.services.reading_back import ask_to_read
from apps.listings.services.resending import resend
from apps.listings.services.rules import Scope, Terms, drop_rule, preview_rule, set_rule
from apps.listings.states import FigureState
from apps.orders.canonical import SkuCode, Text64

MOST_LISTINGS = 1_000


class ScopeBody(BodyModel):
    """Of a SKU, of a category, or with neither of everything the channel sells."""

    sku: SkuCode | None = None
    category: Text64 = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.sku and self.category:
            raise ValueError("a rule is for a SKU or for a category")
        return self

    def scope(self, channel: Channel) -> Scope:
        """Raises SkuNotFound."""
        if not self.sku:
            return Scope(category=self.category)
        found = resolve_codes([self.sku], channel=channel.code).get(self.sku)
        if found is None:
            raise SkuNotFound(sku=self.sku)
        return Scope(sku=found)


class TermsBody(ScopeBody):
    """A rule whole: what is left out is as it is without a rule."""

    sold_here: bool = True
    buffer_units: Units = 0
    buffer_percent: Annotated[int, Field(ge=0, le=100)] = 0
    cap: Units | None = None
    floor: Units = 0
    guaranteed: Units = 0
    oversell: Units = 0
    sells_ahead: bool = False

    def terms(self) -> Terms:
        return Terms(**{name: getattr(self, name) for name in Terms.__dataclass_fields__})


class RuleBody(TermsBody):
    """``reason`` stands in the rule's history."""

    reason: Annotated[str, Field(min_length=1, max_length=100)]


class DropBody(ScopeBody):
    reason: Annotated[str, Field(min_length=1, max_length=100)]


class ListingsBody(BodyModel):
    """``listings``: their ids; left out: all of the channel."""

    listings: Annotated[list[str], Field(min_length=1, max_length=MOST_LISTINGS)] | None = None


class ListingFilters(Filters):
    sku = Text(method="of_sku", help_text="its code, an alias or a barcode")
    state = AnyOf(FigureState.choices, field_name="state")
    active = Flag(field_name="active")
    differs = Flag(field_name="differs", help_text="whether it shows something else than it should, as far as is known")

    def of_sku(self, rows: QuerySet[Listing], name: str, value: str) -> QuerySet[Listing]:
        return rows.filter(sku__in=pks_called(value))


class ChannelStock(ListView[Listing]):
    scopes: ClassVar[dict[str, str]] = {"GET": "inventory:read"}
    filters = ListingFilters
    sorts: ClassVar[dict[str, str]] = {"id": "pk"}
    page = ListingPage

    def rows(self, caller: Caller) -> QuerySet[Listing]:
        channel = visibility.find_selling_channel(caller, self.kwargs["channel_ref"])
        return with_difference(listings_of(channel.pk)).select_related("sku", "channel__stock_feed")

    def render(self, rows: list[Listing], caller: Caller) -> list[ListingOut]:
        return [listing(row) for row in rows]


class WhyStock(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "inventory:read"}

    @described("explain_channel_stock", responses={200: WhyOut})
    def get(self, request: Request, channel_ref: str, code: str) -> Response:
        """Why the channel may sell so many of a SKU, term by term; what it was sent last, and what it shows.

        Computed as of now: what is `wanted` of a listing follows within a second or two.
        """
        channel = visibility.find_selling_channel(self.caller(request), channel_ref)
        return Response(why(explain(channel, code)))


class StockRules(ListView[StockRule]):
    scopes: ClassVar[dict[str, str]] = {"GET": "inventory:read", "PUT": "channels:write"}
    filters = Filters
    sorts: ClassVar[dict[str, str]] = {"id": "pk"}
    page = StockRulePage

    def rows(self, caller: Caller) -> QuerySet[StockRule]:
        channel = visibility.find_selling_channel(caller, self.kwargs["channel_ref"])
        return StockRule.objects.filter(channel=channel).select_related("sku")

    def render(self, rows: list[StockRule], caller: Caller) -> list[StockRuleOut]:
        return [stock_rule(row) for row in rows]

    @described("set_stock_rule", body=RuleBody, responses={200: StockRuleOut}, key=False)
    def put(self, request: Request, channel_ref: str) -> Response:
        """Make or replace the rule of a SKU, of a category, or of all the channel sells.

        The narrowest rule that fits holds whole: one of the SKU before one of its category before the channel's own. Figures that
        change are sent within seconds.
        """
        body, caller = self.body(RuleBody, request), self.caller(request)
        channel = visibility.find_selling_channel(caller, channel_ref)

        def work() -> Reply:
            row = set_rule(channel, body.scope(channel), body.terms(), reason=body.reason, actor=caller.actor)
            return Reply(stock_rule(row))

        return self.respond(request, work)


class DropStockRule(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "channels:write"}

    @described("drop_stock_rule", body=DropBody, responses={200: StockRuleOut}, key=False)
    def post(self, request: Request, channel_ref: str) -> Response:
        """Take a rule away, which is answered as it was; the next wider one holds."""
        body, caller = self.body(DropBody, request), self.caller(request)
        channel = visibility.find_selling_channel(caller, channel_ref)

        def work() -> Reply:
            row = drop_rule(channel, body.scope(channel), reason=body.reason, actor=caller.actor)
            return Reply(stock_rule(row))

        return self.respond(request, work)


class PreviewStockRule(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "inventory:read"}

    @described("preview_stock_rule", body=TermsBody, responses={200: RulePreviewOut})
    def post(self, request: Request, channel_ref: str) -> Response:
        """Which figures of the channel a rule would change, and to what; changes nothing."""
        body = self.body(TermsBody, request)
        channel = visibility.find_selling_channel(self.caller(request), channel_ref)
        return Response(rule_preview(preview_rule(channel, body.scope(channel), body.terms())))


class ResendStock(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "inventory:write"}

    @described("resend_stock", body=ListingsBody, responses={200: ResentOut}, key=True)
    def post(self, request: Request, channel_ref: str) -> Response:
        """Send figures once more, whatever the channel was sent before: of some listings, or of all."""
        body, caller = self.body(ListingsBody, request), self.caller(request)
        channel = visibility.find_selling_channel(caller, channel_ref)

        def work() -> Reply:
            rows = listings_of(channel.pk, body.listings)
            return Reply(ResentOut(figures=resend(list(rows.values_list("pk", flat=True)), actor=caller.actor)))

        return self.respond(request, work, key_required=True)


class ReadStock(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "inventory:write"}

    @described("read_channel_stock", body=ListingsBody, responses={202: ReadBackOut}, key=False)
    def post(self, request: Request, channel_ref: str) -> Response:
        """Have the channel asked what it shows: of some listings, or of those not looked at for longest."""
        body, caller = self.body(ListingsBody, request), self.caller(request)
        channel = visibility.find_selling_channel(caller, channel_ref)

        def work() -> Reply:
            asked = ask_to_read([channel.pk], listings=body.listings, actor=caller.actor)
            return Reply(ReadBackOut(asked=bool(asked)), status=202)

        return self.respond(request, work)
