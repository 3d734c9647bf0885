"""The toy partner's REST API. ``PUT`` of the same parcel twice is one parcel, as its documentation promises."""

from __future__ import annotations

from typing import Any
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
    Refused,
    Stopped,
    SubmitResponse,
    Submitted,
    Unsure,
)
from apps.integrations.framework.exchange import ask, code_word, object_of, reference_of, trouble
from apps.outbound.client import Reply

VERSION = "2026-01"


class Toy(PartnerClient):
    """Our key is its own name for a parcel as well."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._headers = {"X-Api-Key": connection.token}

    def submit(self, message: Message, *, key: str) -> SubmitResponse:
        body = {
            "account": self._connection.settings.account,
            "insured": self._connection.settings.insured,
            "to": message["deliver_to"],
            "contents": {line["line_id"]: [line["sku"], line["quantity"]] for line in message["lines"]},
        }
        reply = self._ask("PUT", key, body=body)
        if not isinstance(reply, Reply):
            return reply
        if reply.status in (200, 201):
            number = reference_of(object_of(reply).get("parcel"))
            return Submitted(reply.status, number, "received") if number else Unsure(reply.status, "unreadable answer")
        return trouble(reply) or Refused(reply.status, _why(reply))

    def look_up(self, key: str) -> LookUpResponse:
        reply = self._ask("GET", key)
        if not isinstance(reply, Reply):
            return reply
        number = reference_of(object_of(reply).get("parcel"))
        if reply.status == 200:
            return Found(reply.status, number, "received") if number else Unsure(reply.status, "unreadable answer")
        # Any other 404 speaks of the address, not of the parcel.
        if reply.status == 404 and object_of(reply).get("why") == "no_such_parcel":
            return Missing(reply.status)
        return trouble(reply) or Refused(reply.status, _why(reply))

    def cancel(self, reference: str, *, key: str) -> CancelResponse:
        reply = self._ask("DELETE", reference)
        if not isinstance(reply, Reply):
            return reply
        if reply.status == 200:
            return Stopped(reply.status)
        return trouble(reply) or Refused(reply.status, _why(reply))

    def _ask(self, method: str, name: str, **given: Any) -> Reply | Failed | Unsure:
        url = f"{self._connection.base_url.rstrip('/')}/parcels/{quote(name, safe='')}"
        return ask(method, url, headers=self._headers, **given)


def _why(reply: Reply) -> str:
    return code_word(object_of(reply).get("why")) or f"answered_{reply.status}"
