"""Answering a repeat with the first answer (IETF idempotency-key draft), scoped to client, method and path."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import DomainError
from apps.core.models import IdempotencyRecord
from apps.core.retrying import in_transaction

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class KeyMissing(DomainError):
    code = "idempotency_key_missing"
    status = 400
    message = "Send an Idempotency-Key header: a fresh unique text per request, the same on a retry."


class KeyInvalid(DomainError):
    code = "idempotency_key_invalid"
    status = 400
    message = "The Idempotency-Key must be 1 to 255 visible ASCII characters."


class KeyReused(DomainError):
    code = "idempotency_key_reused"
    status = 422
    message = "This Idempotency-Key was used with another body; use a fresh key for a new request."


def idempotent(request: Request, client: str, raw: bytes, work: Callable[[], tuple[int, dict[str, Any]]]) -> Response:
    """Run ``work`` (answers status and body) in a transaction with the record of its answer; a repeat gets that answer.

    The record is written last. Of two at once, one meets the other's unique key, is rolled back whole, and finds the
    answer on its second look. Work that fails leaves no record and is done again.
    """
    key = _key(request)
    body_hash, path = hashlib.sha256(raw).digest(), request.path[:255]
    first_look = True

    def attempt() -> Response:
        nonlocal first_look
        # The first look is saved: nearly every key is new, and the unique key catches the one that is not.
        told = None if first_look else _told(client, request, path, key)
        first_look = False
        if told is not None:
            return _replay(told, body_hash)
        status, body = work()
        IdempotencyRecord.objects.bulk_create(
            [
                IdempotencyRecord(
                    client=client,
                    method=request.method or "",
                    path=path,
                    key=key,
                    body_hash=body_hash,
                    status=status,
                    response=json.dumps(body, separators=(",", ":")).encode(),
                )
            ]
        )
        return Response(body, status=status)

    return in_transaction(attempt)


def _key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        raise KeyMissing()
    if not _KEY.fullmatch(key):
        raise KeyInvalid()
    return key


def _told(client: str, request: Request, path: str, key: str) -> IdempotencyRecord | None:
    return IdempotencyRecord.objects.filter(client=client, method=request.method, path=path, key=key).first()


def _replay(told: IdempotencyRecord, body_hash: bytes) -> Response:
    if bytes(told.body_hash) != body_hash:
        raise KeyReused()
    body = json.loads(bytes(told.response or b"null"))
    return Response(body, status=told.status, headers={"Idempotent-Replayed": "true"})
