"""Pydantic at the door: a body becomes a typed value, or a 422 that points at what is wrong."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from apps.core.errors import InvalidInput

Body = TypeVar("Body", bound=BaseModel)


def parse_body(model: type[Body], data: Any) -> Body:
    """``data`` as ``model``. Raises InvalidInput with one pointer (RFC 6901) per problem."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InvalidInput(errors=problems_of(error)) from None


def problems_of(error: ValidationError) -> list[dict[str, str]]:
    """Pydantic's findings as ``{"pointer", "detail", "code"}``."""
    return [
        {
            "pointer": "/" + "/".join(_escaped(part) for part in found["loc"]),
            "detail": _said(found["msg"]),
            "code": found["type"],
        }
        for found in error.errors(include_url=False, include_context=False, include_input=False)[:100]
    ]


def _escaped(part: int | str) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _said(message: str) -> str:
    return message.removeprefix("Value error, ")
