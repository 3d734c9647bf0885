"""Webhook endpoints: which events go where, and what was delivered."""

from __future__ import annotations

from typing import Annotated, ClassVar

from django.db.models import QuerySet
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.api.v1.base import Listing, View
from apps.api.v1.shapes.webhooks import (
    DeliveryOut,
    DeliveryPage,
    EndpointMade,
    EndpointOut,
    EndpointPage,
    ReplayOut,
    delivery,
    endpoint,
    endpoint_made,
)
from apps.core.api.bodies import BodyModel
from apps.core.api.conditions import expected_version
from apps.core.api.filters import AnyOf, Filters, Flag, Moment, Text
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described
from apps.core.errors import InvalidInput
from apps.orders.canonical import Moment as At
from apps.orders.canonical import Text64
from apps.webhooks.errors import EndpointNotFound
from apps.webhooks.models import Delivery, WebhookEndpoint
from apps.webhooks.services import change_endpoint, create_endpoint, remove_endpoint, replay_deliveries, rotate_secret
from apps.webhooks.states import DeliveryState

SCOPE = "webhooks:write"
Name = Annotated[str, Field(min_length=1, max_length=100)]
Url = Annotated[str, Field(min_length=1, max_length=500, description="https, on the open internet")]
Events = Annotated[list[Text64], Field(max_length=100)]


class EndpointBody(BodyModel):
    """``events``: names such as ``case.opened``, or families such as ``case.*``; empty: all of them."""

    name: Name
    url: Url
    events: Events = []


class EndpointChanges(BodyModel):
    """Only what is sent is changed. ``active`` true also sends what was kept while it was switched off."""

    read_only: ClassVar[frozenset[str]] = frozenset(EndpointOut.model_fields) - {"name", "url", "events", "active"}

    name: Name = ""
    url: Url = ""
    events: Events = []
    active: bool = True


class ReplayBody(BodyModel):
    """``since`` left out: all that is owed."""

    since: At | None = None


class EndpointFilters(Filters):
    active = Flag(field_name="active")


class Endpoints(Listing[WebhookEndpoint]):
    scopes: ClassVar[dict[str, str]] = {"GET": SCOPE, "POST": SCOPE}
    filters = EndpointFilters
    sorts: ClassVar[dict[str, str]] = {"-created_at": "pk", "name": "name"}
    page = EndpointPage

    def rows(self, caller: Caller) -> QuerySet[WebhookEndpoint]:
        return WebhookEndpoint.objects.all()

    def render(self, rows: list[WebhookEndpoint], caller: Caller) -> list[EndpointOut]:
        return [endpoint(row) for row in rows]

    @described("create_webhook", body=EndpointBody, responses={201: EndpointMade})
    def post(self, request: Request) -> Response:
        """Subscribe an address to events; the secret its deliveries are signed with is shown this once.

        A repeat makes another endpoint: the response holds a secret, so it is not kept to be given again.
        """
        body, caller = self.body(EndpointBody, request), self.caller(request)
        made, secret = create_endpoint(name=body.name, url=body.url, events=body.events, actor=caller.actor)
        return Response(endpoint_made(made, secret), status=201, headers={"Cache-Control": "no-store"})


class OneEndpoint(View):
    scopes: ClassVar[dict[str, str]] = {"GET": SCOPE, "PATCH": SCOPE, "DELETE": SCOPE}

    @described("get_webhook", responses={200: EndpointOut})
    def get(self, request: Request, endpoint_ref: str) -> Response:
        """One webhook endpoint."""
        row = _find(endpoint_ref)
        return self.tagged(endpoint(row), row.version)

    @described("change_webhook", body=EndpointChanges, responses={200: EndpointOut}, key=False, match=True)
    def patch(self, request: Request, endpoint_ref: str) -> Response:
        """Change where a webhook goes, which events it sends, or switch it on or off."""
        expected = expected_version(request, required=True)
        body, caller = self.body(EndpointChanges, request), self.caller(request)
        if not body.model_fields_set:
            raise InvalidInput(errors=[{"pointer": "", "detail": "names nothing to change", "code": "missing"}])
        sent = body.model_dump(exclude_unset=True)

        def work() -> Reply:
            row = change_endpoint(
                endpoint_ref,
                name=sent.get("name"),
                url=sent.get("url"),
                events=sent.get("events"),
                active=sent.get("active"),
                expected_version=expected,
                actor=caller.actor,
            )
            return Reply.tagged(endpoint(row), row.version)

        return self.respond(request, work)

    @described("remove_webhook", responses={200: EndpointOut})
    def delete(self, request: Request, endpoint_ref: str) -> Response:
        """Remove a webhook endpoint with its deliveries; returns what it was."""
        row = _find(endpoint_ref)
        remove_endpoint(endpoint_ref)
        return Response(endpoint(row))


class RotateSecret(View):
    scopes: ClassVar[dict[str, str]] = {"POST": SCOPE}

    @described("rotate_webhook_secret", responses={200: EndpointMade})
    def post(self, request: Request, endpoint_ref: str) -> Response:
        """Make a new secret, shown this once; for a day deliveries carry a signature of each."""
        row, secret = rotate_secret(endpoint_ref)
        return Response(endpoint_made(row, secret), headers={"Cache-Control": "no-store"})


class ReplayDeliveries(View):
    scopes: ClassVar[dict[str, str]] = {"POST": SCOPE}

    @described("replay_webhook", body=ReplayBody, responses={200: ReplayOut}, key=False)
    def post(self, request: Request, endpoint_ref: str) -> Response:
        """Send again what was given up, or kept while the endpoint was switched off; a thousand at a time."""
        body, caller = self.body(ReplayBody, request), self.caller(request)

        def work() -> Reply:
            return Reply(ReplayOut(count=replay_deliveries(endpoint_ref, since=body.since, actor=caller.actor)))

        return self.respond(request, work)


class DeliveryFilters(Filters):
    state = AnyOf(DeliveryState.choices, field_name="state")
    event = Text(field_name="event")
    made_after = Moment(field_name="made_at", lookup_expr="gte")


class Deliveries(Listing[Delivery]):
    scopes: ClassVar[dict[str, str]] = {"GET": SCOPE}
    filters = DeliveryFilters
    sorts: ClassVar[dict[str, str]] = {"-made_at": "pk"}
    page = DeliveryPage

    def rows(self, caller: Caller) -> QuerySet[Delivery]:
        return Delivery.objects.filter(endpoint=_find(self.kwargs["endpoint_ref"]))

    def render(self, rows: list[Delivery], caller: Caller) -> list[DeliveryOut]:
        return [delivery(row) for row in rows]


def _find(ref: str) -> WebhookEndpoint:
    row = WebhookEndpoint.objects.filter(public_id=ref).first()
    if row is None:
        raise EndpointNotFound(endpoint=ref)
    return row
