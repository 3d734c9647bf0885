"""Our own 3PL contract over HTTP (docs/reference/3pl-contract.openapi.yaml)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast, get_args
from urllib.parse import quote

from apps.core.errors import AddressRefused
from apps.core.strict_json import load_bounded
from apps.integrations.adapters.base import (
    Callback,
    CancelAnswer,
    Failed,
    Found,
    LookUpAnswer,
    Message,
    Missing,
    PartnerState,
    Refused,
    Stopped,
    StopUndecided,
    SubmitAnswer,
    Submitted,
    TooMany,
    Trouble,
    Unsure,
)
from apps.integrations.adapters.http_3pl_callbacks import parse
from apps.outbound.client import Reply, exchange
from apps.outbound.errors import CutShort, NotSent

STATES = frozenset(get_args(PartnerState))
_REFERENCE = re.compile(r"[\x21-\x7e]{1,128}")
_REASON = re.compile(r"[a-z0-9_]{1,64}")
# A gateway's word about a partner it did not hear from, and a key that is being worked on or came with another body:
# none of them says that the partner does not have it.
_SAYS_NOTHING = frozenset({409, 502, 504})


class Http3pl:
    """``base_url`` without a slash at its end; ``token`` is sent as a bearer token where there is one."""

    def __init__(self, base_url: str, token: str) -> None:
        self._url = base_url.rstrip("/") + "/fulfillment-orders"
        self._headers = {"Accept": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def submit(self, message: Message, *, key: str) -> SubmitAnswer:
        reply = self._ask("POST", self._url, key=key, body=message)
        if not isinstance(reply, Reply):
            return reply
        if 200 <= reply.status < 300:
            reference, state = _record(_object(reply))
            if reference and state:
                return Submitted(reply.status, reference, state)
            return Unsure(reply.status, "unreadable answer")
        if reply.status in _SAYS_NOTHING or _word(reply, "code") == "idempotency_key_reused":
            return Unsure(reply.status, f"answered {reply.status}")
        return _trouble(reply) or Refused(reply.status, _reason(reply))

    def look_up(self, key: str) -> LookUpAnswer:
        reply = self._ask("GET", self._url, params={"key": key})
        if not isinstance(reply, Reply):
            return reply
        if reply.status != 200:
            return _trouble(reply) or Refused(reply.status, _reason(reply))
        records = _object(reply).get("fulfillment_orders")
        if records == []:
            return Missing(reply.status)
        if isinstance(records, list) and isinstance(records[0], dict):
            reference, state = _record(records[0])
            if reference and state:
                return Found(reply.status, reference, state)
        return Unsure(reply.status, "unreadable answer")

    def cancel(self, reference: str, *, key: str) -> CancelAnswer:
        reply = self._ask("POST", f"{self._url}/{quote(reference, safe='')}/cancel", key=key, body={})
        if not isinstance(reply, Reply):
            return reply
        if reply.status == 202:
            return StopUndecided(reply.status)
        if reply.status == 200:
            stopped = _object(reply).get("state") == "cancelled"
            return Stopped(reply.status) if stopped else Unsure(reply.status, "unreadable answer")
        return _trouble(reply) or Refused(reply.status, _reason(reply))

    def parse_callback(self, body: bytes) -> Callback:
        return parse(body)

    def _ask(
        self,
        method: str,
        url: str,
        *,
        key: str = "",
        body: Message | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Reply | Failed | Unsure:
        headers = {**self._headers, "Idempotency-Key": key} if key else self._headers
        try:
            return exchange(method, url, headers=headers, json=body, params=params)
        except (NotSent, AddressRefused) as error:
            return Failed(None, f"not reached: {str(error)[:80]}")
        except CutShort as error:
            return Unsure(None, str(error), timed_out=error.timed_out)


def _trouble(reply: Reply) -> Trouble | None:
    """What is no answer to the question; None where the partner considered it and said no."""
    if reply.status == 429:
        return TooMany(reply.status)
    if reply.status in (408, 425) or not 400 <= reply.status < 500:
        return Failed(reply.status, f"answered {reply.status}")
    return None


def _object(reply: Reply) -> dict[str, Any]:
    """The body as an object; an empty one where it is anything else."""
    try:
        value = load_bounded(reply.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _record(record: Mapping[str, Any]) -> tuple[str, PartnerState | None]:
    reference, state = record.get("reference"), record.get("state")
    good = isinstance(reference, str) and _REFERENCE.fullmatch(reference)
    return (str(reference) if good else ""), (cast(PartnerState, state) if state in STATES else None)


def _reason(reply: Reply) -> str:
    """The code word given as the reason. Free text is not kept: it may repeat whom the parcel was for."""
    return _word(reply, "reason") or _word(reply, "code") or f"answered_{reply.status}"


def _word(reply: Reply, name: str) -> str:
    value = _object(reply).get(name)
    return value if isinstance(value, str) and _REASON.fullmatch(value) else ""
