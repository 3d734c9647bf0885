"""Returning the first response to a repeat (IETF idempotency-key draft), scoped to client, method and path."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import to_json
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.conditions import etag
from apps.core.bulk.bulk_insert import insert_groups
from apps.core.bulk.fast_rows import make_row
from apps.core.errors import DomainError
from apps.core.models import IdempotencyRecord
from apps.core.transactions import in_transaction

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class KeyMissing(DomainError):
    code = "idempotency_key_missing"
    status = 400
    message = "The header Idempotency-Key is required here: a fresh unique text per request, the same on a retry."


class KeyInvalid(DomainError):
    code = "idempotency_key_invalid"
    status = 400
    message = "The Idempotency-Key must be 1 to 255 visible ASCII characters."


class KeyReused(DomainError):
    code = "idempotency_key_reused"
    status = 422
    message = "This Idempotency-Key was used with another body; use a fresh key for a new request."


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request gets back; ``body`` is a model or plain data."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def tagged(cls, body: Any, version: int, status: int = 200) -> Reply:
        """A reply whose ETag is the row's version."""
        return cls(body, status, {"ETag": etag(version)})


Work = Callable[[], Reply]
Run = Callable[[Callable[[], Any]], Any]


def respond(
    request: Request, client: str, work: Work, *, key_required: bool = False, run: Run = in_transaction
) -> Response:
    """Run ``work`` in one transaction and return its reply; a repeat of its Idempotency-Key gets that reply.

    ``run``: ``in_one_statement`` for work that reads nothing of what it writes.
    Raises KeyMissing, KeyInvalid, KeyReused and what ``work`` raises.
    """
    key = request._request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None and key_required:
        raise KeyMissing()
    if key is None:
        return _response(run(work))
    if not _KEY.fullmatch(key):
        raise KeyInvalid()
    return _Keyed(request, client, key).respond(work, run)


def _response(reply: Reply) -> Response:
    return Response(reply.body, status=reply.status, headers=dict(reply.headers))


class _Keyed:
    """One request with a key.

    The record is written last. Of two at once, one meets the other's unique key, is rolled back whole, and finds the
    response on its second look. Work that fails leaves no record and is done again.
    """

    def __init__(self, request: Request, client: str, key: str) -> None:
        self._scope = {"client": client, "method": request.method or "", "path": request.path[:255], "key": key}
        self._hash = hashlib.sha256(request._request.body).digest()
        # The first look is saved: nearly every key is new, and the unique key catches the one that is not.
        self._look = False

    def respond(self, work: Work, run: Run) -> Response:
        try:
            done: Response = run(lambda: self._attempt(work))
            return done
        except DomainError:
            # What was done the first time may be refused now (a hold is released once); the first response stands.
            first = self._first_response()
            if first is None:
                raise
            return first

    def _attempt(self, work: Work) -> Response:
        first = self._first_response() if self._look else None
        self._look = True
        if first is not None:
            return first
        reply = work()
        insert_groups([self._record(reply)])
        return _response(reply)

    def _record(self, reply: Reply) -> IdempotencyRecord:
        return make_row(
            IdempotencyRecord,
            **self._scope,
            body_hash=self._hash,
            status=reply.status,
            response=to_json(reply.body),
            headers=dict(reply.headers),
        )

    def _first_response(self) -> Response | None:
        """The response given before. Raises KeyReused where it was to another body."""
        first = IdempotencyRecord.objects.filter(**self._scope).first()
        if first is None:
            return None
        if bytes(first.body_hash) != self._hash:
            raise KeyReused()
        body = json.loads(bytes(first.response or b"null"))
        return Response(body, status=first.status, headers={**first.headers, "Idempotent-Replayed": "true"})
