"""Our own 3PL contract over HTTP (contract.openapi.yaml, beside this file)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast, get_args
from urllib.parse import quote

from apps.integrations.framework.base import (
    CancelResponse,
    Connection,
    Failed,
    Found,
    LookUpResponse,
    Message,
    Missing,
    PartnerClient,
    PartnerState,
    Refused,
    Stopped,
    StopUndecided,
    SubmitResponse,
    Submitted,
    Unsure,
)
from apps.integrations.framework.exchange import ask, code_word, object_of, reference_of, trouble
from apps.outbound.client import Reply

STATES = frozenset(get_args(PartnerState))
# A gateway's word about a partner it got no response from, and a key that is being worked on or came with another body:
# none of them says that the partner does not have it.
_SAYS_NOTHING = frozenset({409, 502, 504})


class Http3pl(PartnerClient):
    """The token is sent as a bearer token where there is one."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._url = connection.base_url.rstrip("/") + "/fulfillment-orders"
        self._headers = {"Accept": "application/json"}
        if connection.token:
            self._headers["Authorization"] = f"Bearer {connection.token}"

    def submit(self, message: Message, *, key: str) -> SubmitResponse:
        reply = self._ask("POST", self._url, key=key, body=message)
        if not isinstance(reply, Reply):
            return reply
        if 200 <= reply.status < 300:
            reference, state = _record(object_of(reply))
            if reference and state:
                return Submitted(reply.status, reference, state)
            return Unsure(reply.status, "unreadable answer")
        if reply.status in _SAYS_NOTHING or object_of(reply).get("code") == "idempotency_key_reused":
            return Unsure(reply.status, f"answered {reply.status}")
        return trouble(reply) or Refused(reply.status, _reason(reply))

    def look_up(self, key: str) -> LookUpResponse:
        reply = self._ask("GET", self._url, params={"key": key})
        if not isinstance(reply, Reply):
            return reply
        if reply.status != 200:
            return trouble(reply) or Refused(reply.status, _reason(reply))
        records = object_of(reply).get("fulfillment_orders")
        if records == []:
            return Missing(reply.status)
        if isinstance(records, list) and isinstance(records[0], dict):
            reference, state = _record(records[0])
            if reference and state:
                return Found(reply.status, reference, state)
        return Unsure(reply.status, "unreadable answer")

    def cancel(self, reference: str, *, key: str) -> CancelResponse:
        reply = self._ask("POST", f"{self._url}/{quote(reference, safe='')}/cancel", key=key, body={})
        if not isinstance(reply, Reply):
            return reply
        if reply.status == 202:
            return StopUndecided(reply.status)
        if reply.status == 200:
            stopped = object_of(reply).get("state") == "cancelled"
            return Stopped(reply.status) if stopped else Unsure(reply.status, "unreadable answer")
        return trouble(reply) or Refused(reply.status, _reason(reply))

    def _ask(self, method: str, url: str, *, key: str = "", **given: Any) -> Reply | Failed | Unsure:
        return ask(method, url, headers={**self._headers, "Idempotency-Key": key} if key else self._headers, **given)


def _record(record: Mapping[str, Any]) -> tuple[str, PartnerState | None]:
    state = record.get("state")
    return reference_of(record.get("reference")), (cast(PartnerState, state) if state in STATES else None)


def _reason(reply: Reply) -> str:
    """The code word given as the reason."""
    document = object_of(reply)
    return code_word(document.get("reason")) or code_word(document.get("code")) or f"answered_{reply.status}"
