"""Pydantic's findings as a caller can use them: a pointer into what was sent (RFC 6901), a sentence, a stable code."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import ValidationError

MOST_PROBLEMS = 100


def problems_of(error: ValidationError, *, read_only: Collection[str] = ()) -> list[dict[str, str]]:
    """``{"pointer", "detail", "code"}`` for each finding; ``read_only``: top-level fields that may be seen, not sent."""
    found = error.errors(include_url=False, include_context=False, include_input=False)[:MOST_PROBLEMS]
    return [_problem(one["loc"], one["msg"], one["type"], read_only) for one in found]


def _problem(at: tuple[int | str, ...], message: str, code: str, read_only: Collection[str]) -> dict[str, str]:
    pointer = "".join(f"/{_escaped(part)}" for part in at)
    if code == "extra_forbidden":
        if len(at) == 1 and at[0] in read_only:
            return {"pointer": pointer, "detail": "is read-only", "code": "read_only"}
        return {"pointer": pointer, "detail": "is not a field here", "code": "unknown_field"}
    if code in ("model_type", "model_attributes_type", "dict_type"):
        return {"pointer": pointer, "detail": "has to be an object", "code": code}
    return {"pointer": pointer, "detail": message.removeprefix("Value error, "), "code": code}


def _escaped(part: int | str) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")
