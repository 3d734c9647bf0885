"""What every view of version 1 shares: the caller, typed bodies, responses, lists."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar, cast

from django.db.models import Model, QuerySet
from pydantic import BaseModel, ConfigDict
from pydantic_core import to_jsonable_python
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.caller import Caller
from apps.api.v1.visibility import note_foreign
from apps.casework.redaction import redaction_for
from apps.core.api.bodies import parse_body
from apps.core.api.conditions import etag
from apps.core.api.filters import Filters, filtered
from apps.core.api.idempotency import Run, Work, respond
from apps.core.api.pagination import page_of
from apps.core.errors import NotFound
from apps.core.transactions import in_transaction

Body = TypeVar("Body", bound=BaseModel)
Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item", bound=BaseModel)


class Shape(BaseModel):
    """Something the API returns. Money is minor units, times are UTC, ids public."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PageOf(Shape, Generic[Item]):
    """One page of a list; ``next_cursor`` null: there is no more."""

    items: list[Item]
    next_cursor: str | None


class View(APIView):
    """``scopes`` names the scope each method needs; ``address_parts`` says what stands in an address."""

    scopes: ClassVar[dict[str, str]] = {}
    address_parts: ClassVar[dict[str, str]] = {"channel_ref": "The channel's code, as it is stored, or its id."}

    def caller(self, request: Request) -> Caller:
        return cast(Caller, request.auth)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Whatever is returned, a caller limited to places reads nothing of the others."""
        answered: Response = super().finalize_response(request, response, *args, **kwargs)
        # Not by `auth`, which would ask again who it is, and be refused again, where that was the refusal.
        caller = getattr(request, "_auth", None)
        if isinstance(caller, Caller) and caller.nodes and answered.data is not None:
            answered.data = redaction_for(caller.nodes).plain(to_jsonable_python(answered.data))
        return answered

    def body(self, model: type[Body], request: Request) -> Body:
        """The parsed body. Raises InvalidInput."""
        return parse_body(model, request.data)

    def tagged(self, body: BaseModel, version: int) -> Response:
        """200 with the row's version as its ETag."""
        return Response(body, headers={"ETag": etag(version)})

    def respond(
        self, request: Request, work: Work, *, key_required: bool = False, run: Run = in_transaction
    ) -> Response:
        """Do ``work`` in one transaction; a repeat of an Idempotency-Key gets the first response."""
        return respond(request, self.caller(request).actor.name, work, key_required=key_required, run=run)


class Listing(View, Generic[Row]):
    """``GET`` returns a page of ``rows``, filtered and sorted as ``filters`` and ``sorts`` allow."""

    filters: ClassVar[type[Filters]]
    sorts: ClassVar[dict[str, str]]
    page: ClassVar[type[BaseModel]]

    def rows(self, caller: Caller) -> QuerySet[Row]:
        """All that this caller may see, with what ``render`` needs at hand."""
        raise NotImplementedError

    def render(self, rows: list[Row], caller: Caller) -> list[Any]:
        raise NotImplementedError

    def get(self, request: Request, **of: str) -> Response:
        caller = self.caller(request)
        rows, node = self.rows(caller), request.query_params.get("node", "")
        if node and not caller.may_node(node):
            # Whether another's place is in it is not to be found out by asking for it.
            note_foreign(caller, "Node", node)
            rows = rows.none()
        page = page_of(filtered(self.filters, rows, request), request, sorts=self.sorts)
        return Response({"items": self.render(page.rows, caller), "next_cursor": page.next_cursor})


class NothingHere(APIView):
    """Every address under /api/v1/ that is none."""

    authentication_classes = ()
    permission_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound(what="resource")
