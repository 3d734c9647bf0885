"""SKUs."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from django.db.models import QuerySet
from pydantic import Field, model_validator
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.api.v1.base import Listing, View
from apps.api.v1.shapes.catalog import SkuOut, SkuPage, UpsertResult, sku, upsert_result
from apps.catalog.errors import SkuNotFound
from apps.catalog.models import Sku
from apps.catalog.selectors import pks_called, skus_by_barcode
from apps.catalog.services import SkuFacts, upsert_skus
from apps.core.api.bodies import BodyModel
from apps.core.api.filters import Filters, Flag, Text
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described
from apps.orders.canonical import Currency, Minor, SkuCode, Text32, Text64, Text255

MOST_SKUS = 1_000
# The field here, the column there.
_COLUMNS = {"price": "price_minor", "cost": "cost_minor"}


class AliasIn(BodyModel):
    """Another name; ``channel`` empty: in all channels."""

    alias: Annotated[SkuCode, Field(min_length=1)]
    channel: Text64 = ""


class SkuIn(BodyModel):
    """Only what is sent is changed. Aliases and barcodes are added, never taken away."""

    code: Annotated[SkuCode, Field(min_length=1)]
    name: Text255 = ""
    category: Text64 = ""
    shipping_category: Text32 = ""
    attributes: Annotated[
        dict[Text64, Text255],
        Field(max_length=50, description="what tells it from others of its category; substitutes are found by them"),
    ] = {}
    weight_g: Annotated[int, Field(ge=0, le=10**8)] = 0
    price: Minor = 0
    cost: Minor = 0
    currency: Currency = "GBP"
    picture: Annotated[Text255, Field(pattern="^(/[^/].*)?$", description="path on this host")] = ""
    hs_code: Annotated[str, Field(pattern="^([0-9]{4,14})?$", description="customs tariff number, digits only")] = ""
    origin: Annotated[
        str, Field(pattern="^([A-Z]{2})?$", description="ISO 3166 code of the country it was made in")
    ] = ""
    tracked: bool = True
    active: bool = True
    aliases: Annotated[list[AliasIn], Field(max_length=100)] = []
    barcodes: Annotated[list[Annotated[Text64, Field(min_length=1)]], Field(max_length=50)] = []

    def facts(self) -> SkuFacts:
        given = self.model_fields_set - {"code", "aliases", "barcodes"}
        fields = {_COLUMNS.get(name, name): getattr(self, name) for name in sorted(given)}
        return SkuFacts(self.code, fields, [(one.alias, one.channel) for one in self.aliases], self.barcodes)


class UpsertBody(BodyModel):
    items: Annotated[list[SkuIn], Field(min_length=1, max_length=MOST_SKUS)]

    @model_validator(mode="after")
    def _codes_differ(self) -> Self:
        codes = [one.code.upper() for one in self.items]
        if len(set(codes)) < len(codes):
            twice = next(code for code in codes if codes.count(code) > 1)
            raise ValueError(f"code {twice!r} appears twice")
        return self


class SkuFilters(Filters):
    code = Text(field_name="code", lookup_expr="iexact")
    barcode = Text(method="of_barcode", help_text="with or without its leading zeros")
    category = Text(field_name="category")
    active = Flag(field_name="active")
    q = Text(field_name="code", lookup_expr="istartswith", help_text="the beginning of the code")

    def of_barcode(self, rows: QuerySet[Sku], name: str, value: str) -> QuerySet[Sku]:
        return rows.filter(pk__in=[sku.pk for sku in skus_by_barcode([value]).values()])


class Skus(Listing[Sku]):
    scopes: ClassVar[dict[str, str]] = {"GET": "catalog:read"}
    filters = SkuFilters
    sorts: ClassVar[dict[str, str]] = {"id": "pk", "code": "code"}
    page = SkuPage

    def rows(self, caller: Caller) -> QuerySet[Sku]:
        return Sku.objects.prefetch_related("aliases", "barcodes")

    def render(self, rows: list[Sku], caller: Caller) -> list[SkuOut]:
        return [sku(row) for row in rows]


class OneSku(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "catalog:read"}

    @described("get_sku", responses={200: SkuOut})
    def get(self, request: Request, code: str) -> Response:
        """One SKU, by its code whatever the case, by an alias of all channels or by a barcode."""
        row = Sku.objects.filter(pk__in=pks_called(code)).prefetch_related("aliases", "barcodes").first()
        if row is None:
            raise SkuNotFound(sku=code)
        return Response(sku(row))


class UpsertSkus(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "catalog:write"}

    @described("upsert_skus", body=UpsertBody, responses={200: UpsertResult}, key=False)
    def post(self, request: Request) -> Response:
        """Make new SKUs and bring known ones up to date, up to 1,000 at once, all or none."""
        body, caller = self.body(UpsertBody, request), self.caller(request)
        facts = [one.facts() for one in body.items]
        return self.respond(request, lambda: Reply(upsert_result(upsert_skus(facts, actor=caller.actor))))
