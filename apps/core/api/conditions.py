"""ETags: the version of what was read, and requests that hold only for it."""

from __future__ import annotations

import re

from rest_framework.request import Request

from apps.core.errors import DomainError, StaleVersion

_OURS = re.compile(r'(?:W/)?"([0-9]{1,9})"')
_NEVER = -1


class PreconditionRequired(DomainError):
    code = "precondition_required"
    status = 428
    message = "Send If-Match with the ETag you read, so that nobody's change is overwritten unseen."


def etag(version: int) -> str:
    """The ETag of a row's version, quotes included."""
    return f'"{version}"'


def expected_version(request: Request, *, required: bool) -> int | None:
    """The version the caller read, to be compared under the lock; None: any. Raises PreconditionRequired.

    An ETag that was never ours is a version nothing ever has.
    """
    given = request.headers.get("If-Match")
    if given is None and required:
        raise PreconditionRequired()
    if given is None or given.strip() == "*":
        return None
    ours = _OURS.fullmatch(given.strip())
    return int(ours[1]) if ours else _NEVER


def refuse_stale(current: int, expected: int | None) -> None:
    """Raises StaleVersion unless ``expected`` is None or the current version."""
    if expected is not None and expected != current:
        raise StaleVersion(current=current)
