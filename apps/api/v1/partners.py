"""Partners: what each can do, by its adapter's word and by trying it."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.api.v1 import visibility
from apps.api.v1.base import Listing, View
from apps.api.v1.shapes.partners import PartnerOut, PartnerPage, partner_out
from apps.casework.visibility import partners
from apps.contracts.services.proving_partners import request_partner_proof
from apps.core.api.filters import Filters, Flag, Text
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described
from apps.integrations.models import Partner


class PartnerFilters(Filters):
    code = Text(field_name="code")
    adapter = Text(field_name="adapter")
    active = Flag(field_name="active")


class Partners(Listing[Partner]):
    scopes: ClassVar[dict[str, str]] = {"GET": "network:read"}
    filters = PartnerFilters
    sorts: ClassVar[dict[str, str]] = {"code": "code"}
    page = PartnerPage

    def rows(self, caller: Caller) -> QuerySet[Partner]:
        return partners(caller)

    def render(self, rows: list[Partner], caller: Caller) -> list[PartnerOut]:
        return [partner_out(row) for row in rows]


class OnePartner(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "network:read"}

    @described("get_partner", responses={200: PartnerOut})
    def get(self, request: Request, partner_ref: str) -> Response:
        """One partner: what it can do, as claimed and as proven."""
        return Response(partner_out(visibility.find_partner(self.caller(request), partner_ref)))


class ProvePartner(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "network:write"}

    @described("prove_partner", responses={200: PartnerOut}, key=False)
    def post(self, request: Request, partner_ref: str) -> Response:
        """Have tried with the partner itself what it can do; no order is put there. What was found stands here a minute later."""
        caller = self.caller(request)
        found = visibility.find_partner(caller, partner_ref)

        def work() -> Reply:
            request_partner_proof(found, actor=caller.actor)
            return Reply(partner_out(found))

        return self.respond(request, work)
