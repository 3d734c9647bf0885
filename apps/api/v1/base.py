"""What every view of version 1 shares: the caller, typed bodies, ETags."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.caller import Caller
from apps.core.api.bodies import parse_body
from apps.core.errors import DomainError, StaleVersion

Body = TypeVar("Body", bound=BaseModel)


class BodyModel(BaseModel):
    """A request body: unknown and read-only fields are refused, so that a typo is heard."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PreconditionRequired(DomainError):
    code = "precondition_required"
    status = 428
    message = "Send If-Match with the ETag you read, so that nobody's change is overwritten unseen."


class View(APIView):
    """``scopes`` names the scope each method needs."""

    scopes: dict[str, str] = {}

    def caller(self, request: Request) -> Caller:
        return cast(Caller, request.user)

    def body(self, model: type[Body], request: Request) -> Body:
        """The parsed body. Raises InvalidInput."""
        return parse_body(model, request.data)


def etag(version: int) -> str:
    return f'"{version}"'


def require_match(request: Request, version: int) -> None:
    """The caller must name the version it read. Raises PreconditionRequired, StaleVersion."""
    given = request.headers.get("If-Match")
    if given is None:
        raise PreconditionRequired()
    if given.strip() not in (etag(version), "*"):
        raise StaleVersion(headers={"ETag": etag(version)}, current=version)


def tagged(body: Any, version: int, status: int = 200) -> Response:
    return Response(body, status=status, headers={"ETag": etag(version)})
