"""Catalogs of shops: read, looked at, taken in; the places of a shop, and whose word counts for which field."""

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
from apps.api.v1.channel_filter import OfChannel
from apps.api.v1.shapes.catalog_imports import (
    FieldOwnersOut,
    ImportOut,
    ImportPage,
    ImportRowOut,
    ImportRowPage,
    PlaceOut,
    PlacePage,
    catalog_import,
    import_row,
    place,
)
from apps.channels.models import Channel
from apps.core.api.bodies import BodyModel
from apps.core.api.filters import AnyOf, Filters, Text
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described
from apps.listings.errors import ImportNotFound, PlaceNotFound
from apps.listings.importing.selectors import imports, rules_of
from apps.listings.models import CatalogImport, ChannelPlace, ImportRow
from apps.listings.services.catalog_applying import apply_import
from apps.listings.services.catalog_reading import drop_import, resume_import, start_import
from apps.listings.services.ownership import set_field_owners
from apps.listings.services.places import make_node_of, match_place
from apps.listings.states import FieldName, FieldOwner, ImportState, RowVerdict
from apps.orders.canonical import Text64

MOST_PLACES = 200


class StartBody(BodyModel):
    """``channel``: its id."""

    channel: Annotated[Text64, Field(min_length=1)]


class ApplyBody(BodyModel):
    """``stock_from``: ids of the shop's places whose stock is taken as opening stock, where nothing was ever counted here."""

    stock_from: Annotated[list[int], Field(max_length=MOST_PLACES)] = []


class PlaceBody(BodyModel):
    """``node``: the code of the node it is, empty for none; or ``make``: the code of a new one made after it."""

    node: Text64 | None = None
    make: Text64 | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.node is None) == (not self.make):
            raise ValueError("send node or make")
        return self


class OwnersBody(BodyModel):
    """Fields not named stay as they are."""

    owners: Annotated[dict[FieldName, FieldOwner], Field(min_length=1)]


class ImportFilters(Filters):
    channel = OfChannel("channel__code")
    state = AnyOf(ImportState.choices, field_name="state")


class CatalogImports(ListView[CatalogImport]):
    scopes: ClassVar[dict[str, str]] = {"GET": "catalog:write", "POST": "catalog:write"}
    filters = ImportFilters
    sorts: ClassVar[dict[str, str]] = {"-started_at": "pk"}
    page = ImportPage

    def rows(self, caller: Caller) -> QuerySet[CatalogImport]:
        return imports()

    def render(self, rows: list[CatalogImport], caller: Caller) -> list[ImportOut]:
        return [catalog_import(row) for row in rows]

    @described("start_catalog_import", body=StartBody, responses={201: ImportOut}, key=True)
    def post(self, request: Request) -> Response:
        """Have a shop's catalog read and compared; nothing changes before it is applied.

        One that waits to be applied is dropped for it.
        """
        body, caller = self.body(StartBody, request), self.caller(request)
        channel = visibility.find_selling_channel(caller, body.channel)
        return self.respond(
            request, lambda: Reply(catalog_import(start_import(channel, actor=caller.actor)), 201), key_required=True
        )


class OneImport(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "catalog:write"}

    @described("get_catalog_import", responses={200: ImportOut})
    def get(self, request: Request, import_ref: str) -> Response:
        """How far an import is, and what it would change."""
        return Response(catalog_import(_import(import_ref)))


class RowFilters(Filters):
    verdict = AnyOf([choice for choice in RowVerdict.choices if choice[0]], field_name="verdict")
    code = Text(field_name="code", lookup_expr="iexact")


class ImportRows(ListView[ImportRow]):
    scopes: ClassVar[dict[str, str]] = {"GET": "catalog:write"}
    filters = RowFilters
    sorts: ClassVar[dict[str, str]] = {"id": "pk"}
    page = ImportRowPage

    def rows(self, caller: Caller) -> QuerySet[ImportRow]:
        return ImportRow.objects.filter(run=_import(self.kwargs["import_ref"])).select_related("sku")

    def render(self, rows: list[ImportRow], caller: Caller) -> list[ImportRowOut]:
        return [import_row(row) for row in rows]


class ApplyImport(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "catalog:write"}

    @described("apply_catalog_import", body=ApplyBody, responses={202: ImportOut}, key=False)
    def post(self, request: Request, import_ref: str) -> Response:
        """Have an import taken in as its rows say; opening stock needs the scope inventory:write as well.

        Each row is checked again, so what changed here meanwhile counts. Applied twice is applied once.
        """
        body, caller, run = self.body(ApplyBody, request), self.caller(request), _import(import_ref)
        if body.stock_from:
            caller.require("inventory:write")

        def work() -> Reply:
            return Reply(catalog_import(apply_import(run.pk, stock_from=body.stock_from, actor=caller.actor)), 202)

        return self.respond(request, work)


class ResumeImport(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "catalog:write"}

    @described("resume_catalog_import", responses={202: ImportOut}, key=False)
    def post(self, request: Request, import_ref: str) -> Response:
        """Go on reading where the shop refused, from the page it came to."""
        caller, run = self.caller(request), _import(import_ref)
        return self.respond(request, lambda: Reply(catalog_import(resume_import(run.pk, actor=caller.actor)), 202))


class DropImport(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "catalog:write"}

    @described("drop_catalog_import", responses={200: ImportOut}, key=False)
    def post(self, request: Request, import_ref: str) -> Response:
        """Read no further and apply nothing; what was taken in stays."""
        caller, run = self.caller(request), _import(import_ref)
        return self.respond(request, lambda: Reply(catalog_import(drop_import(run.pk, actor=caller.actor))))


class Places(ListView[ChannelPlace]):
    scopes: ClassVar[dict[str, str]] = {"GET": "catalog:write"}
    filters = Filters
    sorts: ClassVar[dict[str, str]] = {"id": "pk"}
    page = PlacePage

    def rows(self, caller: Caller) -> QuerySet[ChannelPlace]:
        channel = visibility.find_selling_channel(caller, self.kwargs["channel_ref"])
        return ChannelPlace.objects.filter(channel=channel).select_related("node")

    def render(self, rows: list[ChannelPlace], caller: Caller) -> list[PlaceOut]:
        return [place(row) for row in rows]


class OnePlace(View):
    scopes: ClassVar[dict[str, str]] = {"PATCH": "catalog:write"}

    @described("match_channel_place", body=PlaceBody, responses={200: PlaceOut}, key=False)
    def patch(self, request: Request, channel_ref: str, place_id: int) -> Response:
        """Say which node a place of the shop is, or have one made after it (scope network:write)."""
        body, caller = self.body(PlaceBody, request), self.caller(request)
        rows = ChannelPlace.objects.filter(channel=visibility.find_selling_channel(caller, channel_ref))
        if not rows.filter(pk=place_id).exists():
            raise PlaceNotFound()
        if body.make:
            caller.require("network:write")

        def work() -> Reply:
            if body.make:
                make_node_of(place_id, code=body.make, actor=caller.actor)
            else:
                match_place(place_id, node=body.node or "", actor=caller.actor)
            return Reply(place(rows.select_related("node").get(pk=place_id)))

        return self.respond(request, work)


class FieldOwners(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "catalog:read", "PATCH": "catalog:write"}

    @described("get_field_owners", responses={200: FieldOwnersOut})
    def get(self, request: Request, channel_ref: str) -> Response:
        """Whose word counts for each field of what the channel sells."""
        return Response(_owners(visibility.find_selling_channel(self.caller(request), channel_ref)))

    @described("set_field_owners", body=OwnersBody, responses={200: FieldOwnersOut}, key=False)
    def patch(self, request: Request, channel_ref: str) -> Response:
        """Say whose word counts from the next import on: the shop's unless edited here, the shop's, or what is here."""
        body, caller = self.body(OwnersBody, request), self.caller(request)
        channel = visibility.find_selling_channel(caller, channel_ref)

        def work() -> Reply:
            set_field_owners(channel, body.owners, actor=caller.actor)
            return Reply(_owners(channel))

        return self.respond(request, work)


def _owners(channel: Channel) -> FieldOwnersOut:
    rules = rules_of(channel)
    return FieldOwnersOut(owners={str(field): str(rules.get(field, FieldOwner.FIRST)) for field in FieldName})


def _import(ref: str) -> CatalogImport:
    """Raises ImportNotFound."""
    run = imports().filter(public_id=ref).first()
    if run is None:
        raise ImportNotFound()
    return run
