"""Nodes and channels."""

from __future__ import annotations

from datetime import time
from typing import Annotated, ClassVar

from django.db.models import QuerySet
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.api.v1 import visibility
from apps.api.v1.base import Listing, View
from apps.api.v1.shapes.network import (
    ChannelOut,
    ChannelPage,
    ChannelStanding,
    DowntimeOut,
    NodeOut,
    NodePage,
    channel,
    channel_standing,
    downtime,
    node,
)
from apps.channels.framework.registry import kind_choices
from apps.channels.models import Channel
from apps.channels.services.onboarding import begin_channel
from apps.core import clock
from apps.core.api.bodies import BodyModel
from apps.core.api.conditions import expected_version
from apps.core.api.filters import AnyOf, Filters, Flag, Text
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described
from apps.core.errors import InvalidInput
from apps.network.models import Node, NodeKind
from apps.network.services import change_node, shut_node
from apps.orders.canonical import Moment


class NodeChanges(BodyModel):
    """Only what is sent is changed. ``capacity_per_day`` null: no limit; ``cutoff`` null: none."""

    read_only: ClassVar[frozenset[str]] = frozenset(NodeOut.model_fields)

    active: bool = True
    priority: Annotated[int, Field(ge=0, le=10**6)] = 100
    capacity_per_day: Annotated[int, Field(ge=0, le=10**6)] | None = None
    cutoff: time | None = None


class DowntimeBody(BodyModel):
    """``starts_at`` left out: now; ``ends_at`` left out: until further notice."""

    starts_at: Moment | None = None
    ends_at: Moment | None = None
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class NodeFilters(Filters):
    code = Text(field_name="code")
    kind = AnyOf(NodeKind.choices, field_name="kind")
    active = Flag(field_name="active")


class Nodes(Listing[Node]):
    scopes: ClassVar[dict[str, str]] = {"GET": "network:read"}
    filters = NodeFilters
    sorts: ClassVar[dict[str, str]] = {"code": "code", "priority": "priority"}
    page = NodePage

    def rows(self, caller: Caller) -> QuerySet[Node]:
        return visibility.nodes(caller)

    def render(self, rows: list[Node], caller: Caller) -> list[NodeOut]:
        return [node(row) for row in rows]


class OneNode(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "network:read", "PATCH": "network:write"}

    @described("get_node", responses={200: NodeOut})
    def get(self, request: Request, node_code: str) -> Response:
        """One node."""
        row = visibility.find_node(self.caller(request), node_code)
        return self.tagged(node(row), row.version)

    @described("change_node", body=NodeChanges, responses={200: NodeOut}, key=False, match=True)
    def patch(self, request: Request, node_code: str) -> Response:
        """Switch a node on or off, or change its priority, capacity or cutoff.

        The next routing obeys; orders already assigned stay where they are.
        """
        expected = expected_version(request, required=True)
        body, caller = self.body(NodeChanges, request), self.caller(request)
        changes = {name: getattr(body, name) for name in body.model_fields_set}
        if not changes:
            raise InvalidInput(errors=[{"pointer": "", "detail": "names nothing to change", "code": "missing"}])
        found = visibility.find_node(caller, node_code)

        def work() -> Reply:
            row = change_node(found.pk, changes=changes, expected_version=expected, actor=caller.actor)
            return Reply.tagged(node(row), row.version)

        return self.respond(request, work)


class Downtimes(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "network:write"}

    @described("shut_node", body=DowntimeBody, responses={201: DowntimeOut}, key=True)
    def post(self, request: Request, node_code: str) -> Response:
        """Announce that a node is shut for a while; routing passes it by."""
        body, caller = self.body(DowntimeBody, request), self.caller(request)
        found = visibility.find_node(caller, node_code)

        def work() -> Reply:
            starts_at = body.starts_at or clock.now()
            row = shut_node(found.pk, starts_at=starts_at, ends_at=body.ends_at, reason=body.reason, actor=caller.actor)
            return Reply(downtime(row, found.code), status=201)

        return self.respond(request, work, key_required=True)


class ChannelFilters(Filters):
    kind = AnyOf(kind_choices(), field_name="kind")
    active = Flag(field_name="active")


class ChannelBody(BodyModel):
    """``code`` left out: made of the name."""

    kind: Annotated[str, Field(max_length=32)]
    name: Annotated[str, Field(min_length=1, max_length=128)]
    code: Annotated[str, Field(max_length=64)] = ""


class Channels(Listing[Channel]):
    scopes: ClassVar[dict[str, str]] = {"GET": "orders:read", "POST": "channels:write"}
    filters = ChannelFilters
    sorts: ClassVar[dict[str, str]] = {"code": "code"}
    page = ChannelPage

    def rows(self, caller: Caller) -> QuerySet[Channel]:
        return visibility.channels(caller)

    def render(self, rows: list[Channel], caller: Caller) -> list[ChannelOut]:
        return [channel(row) for row in rows]

    @described("create_channel", body=ChannelBody, responses={201: ChannelStanding}, key=True)
    def post(self, request: Request) -> Response:
        """Begin to connect a channel of a kind. It takes nothing and sends nothing before it is taken live."""
        body, caller = self.body(ChannelBody, request), self.caller(request)

        def work() -> Reply:
            made = begin_channel(kind=body.kind, name=body.name, code=body.code, actor=caller.actor)
            return Reply(channel_standing(made), status=201)

        return self.respond(request, work, key_required=True)
