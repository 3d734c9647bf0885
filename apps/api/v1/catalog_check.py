"""What in the catalog needs a hand: counts, and the fixes that integrators make by machine."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.v1.base import Shape, View
from apps.api.v1.shapes.catalog import SkuOut, sku
from apps.api.v1.shapes.listings import ListingOut, listing
from apps.core.api.bodies import BodyModel
from apps.core.api.filters import refuse_unknown
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described
from apps.core.errors import NotFound
from apps.listings.catalog_checks import CHECKS
from apps.listings.models import Listing
from apps.listings.services.catalog_fixes import match_listing, merge_skus
from apps.orders.canonical import SkuCode


class CatalogCheckOut(Shape):
    """How many rows each check finds, by its name."""

    counts: dict[str, int]


class MatchBody(BodyModel):
    """``sku``: its code, an alias, a barcode or its name."""

    sku: Annotated[str, Field(min_length=1, max_length=255)]


class MergeBody(BodyModel):
    """``sku`` becomes ``into``, and its code an alias of it."""

    sku: Annotated[SkuCode, Field(min_length=1)]
    into: Annotated[SkuCode, Field(min_length=1)]


class CatalogCheck(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "catalog:write"}

    @described("check_catalog", responses={200: CatalogCheckOut})
    def get(self, request: Request) -> Response:
        """How much in the catalog needs a hand, check by check."""
        refuse_unknown(request, frozenset())
        return Response(CatalogCheckOut(counts={name: rows().count() for name, rows in CHECKS.items()}))


class MatchListing(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "catalog:write"}

    @described("match_listing", body=MatchBody, responses={200: ListingOut}, key=False)
    def post(self, request: Request, listing_ref: str) -> Response:
        """Say which SKU a listing is; the code it has in its channel means that SKU there from now on."""
        body, caller = self.body(MatchBody, request), self.caller(request)
        row = Listing.objects.filter(public_id=listing_ref).first()
        if row is None:
            raise NotFound(what="listing")
        return self.respond(request, lambda: Reply(listing(match_listing(row.pk, sku=body.sku, actor=caller.actor))))


class MergeSkus(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "catalog:write"}

    @described("merge_skus", body=MergeBody, responses={200: SkuOut}, key=True)
    def post(self, request: Request) -> Response:
        """Make one SKU of two: listings, barcodes and aliases move, and the code becomes an alias.

        Only of one that never stood in an order and was never kept in stock.
        """
        body, caller = self.body(MergeBody, request), self.caller(request)

        def work() -> Reply:
            return Reply(sku(merge_skus(body.sku, into=body.into, actor=caller.actor)))

        return self.respond(request, work, key_required=True)
