"""Request bodies by Pydantic: a body becomes a typed value, or a 422 that points at what is wrong."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from apps.core.errors import InvalidInput
from apps.core.validation import problems_of


class BodyModel(BaseModel):
    """A request body: unknown and read-only fields are refused, so that typos are noticed.

    ``read_only`` names fields the caller sees but may not send, and gets a message that says so.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    read_only: ClassVar[Collection[str]] = ()


Body = TypeVar("Body", bound=BaseModel)


def parse_body(model: type[Body], data: Any) -> Body:
    """``data`` as ``model``. Raises InvalidInput with one pointer (RFC 6901) per problem."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InvalidInput(errors=problems_of(error, read_only=getattr(model, "read_only", ()))) from None
