"""ShipBob's REST API. An order is known by our key, its ``reference_id``, and by its own number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from apps.core.strict_json import load_bounded
from apps.integrations.adapters.shipbob.messages import STATES, happenings, order_of
from apps.integrations.framework.base import (
    CancelResponse,
    Connection,
    Failed,
    Found,
    LookUpResponse,
    Message,
    Missing,
    Outstanding,
    PartnerClient,
    Refused,
    Stopped,
    SubmitResponse,
    Submitted,
    Unsure,
    Updates,
    UpdatesResponse,
)
from apps.integrations.framework.exchange import ask, object_of, trouble
from apps.outbound.client import Reply

MOST_IN_A_PAGE = 50


class ShipBob(PartnerClient):
    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._url = connection.base_url.rstrip("/") + "/2026-01/order"
        channel = str(connection.settings.channel_id)
        self._headers = {"Authorization": f"Bearer {connection.token}", "shipbob_channel_id": channel}

    def submit(self, message: Message, *, key: str) -> SubmitResponse:
        if not message["lines"]:
            return Refused(422, "no_lines")
        reply = self._ask("POST", self._url, body=order_of(message, key=key))
        if not isinstance(reply, Reply):
            return reply
        if 200 <= reply.status < 300:
            order = object_of(reply)
            number, state = _number(order), STATES.get(str(order.get("status")))
            return Submitted(reply.status, number, state) if number and state else Unsure(reply.status, _UNREADABLE)
        # It has an order of this reference: perhaps from an attempt whose answer was lost.
        if reply.status in (400, 409, 422) and _is_about_reference(object_of(reply)):
            return Unsure(reply.status, "it has this reference already")
        return trouble(reply) or Refused(reply.status, f"answered_{reply.status}")

    def look_up(self, key: str) -> LookUpResponse:
        found = self._orders([key])
        if not isinstance(found, list):
            return found
        # One that was cancelled and made again is known by the later one.
        standing = [one for one in found if one.get("reference_id") == key]
        if not standing:
            return Missing(200) if not found else Unsure(200, _UNREADABLE)
        order = max(standing, key=lambda one: (one.get("status") != "Cancelled", _number(one)))
        number, state = _number(order), STATES.get(str(order.get("status")))
        return Found(200, number, state) if number and state else Unsure(200, _UNREADABLE)

    def cancel(self, reference: str, *, key: str) -> CancelResponse:
        reply = self._ask("POST", f"{self._url}/{quote(reference, safe='')}:cancel")
        if not isinstance(reply, Reply):
            return reply
        said = object_of(reply).get("status")
        if reply.status == 200 and said in ("Success", "Failure", "PartialSuccess"):
            return Stopped(reply.status) if said == "Success" else Refused(reply.status, f"cancelled_{said}".lower())
        if reply.status == 200:
            return Unsure(reply.status, _UNREADABLE)
        if reply.status == 422 and self._is_cancelled(reference):
            return Stopped(reply.status)
        return trouble(reply) or Refused(reply.status, f"answered_{reply.status}")

    def fetch_updates(self, outstanding: Sequence[Outstanding], *, cursor: str) -> UpdatesResponse:
        ours = {one.key for one in outstanding}
        found = self._orders(sorted(ours)) if ours else []
        if not isinstance(found, list):
            return found
        try:
            news = [what for order in found if order.get("reference_id") in ours for what in happenings(order)]
        except (AttributeError, KeyError, TypeError, ValueError):
            return Unsure(200, _UNREADABLE)
        return Updates(200, tuple(news))

    def _orders(self, keys: Sequence[str]) -> list[dict[str, Any]] | Refused | Any:
        """All orders of these references, or why they are not known."""
        params = {"ReferenceIds": ",".join(keys), "Limit": str(MOST_IN_A_PAGE)}
        reply = self._ask("GET", self._url, params=params)
        if not isinstance(reply, Reply):
            return reply
        if reply.status != 200:
            return trouble(reply) or Refused(reply.status, f"answered_{reply.status}")
        try:
            orders = load_bounded(reply.body)
        except ValueError:
            orders = None
        readable = isinstance(orders, list) and all(isinstance(one, dict) for one in orders)
        return orders if readable else Unsure(reply.status, _UNREADABLE)

    def _is_cancelled(self, reference: str) -> bool:
        """Asked to stop again, it refuses what it has stopped already."""
        reply = self._ask("GET", f"{self._url}/{quote(reference, safe='')}")
        return isinstance(reply, Reply) and object_of(reply).get("status") == "Cancelled"

    def _ask(self, method: str, url: str, **given: Any) -> Reply | Failed | Unsure:
        return ask(method, url, headers=self._headers, **given)


_UNREADABLE = "unreadable answer"


def _number(order: Mapping[str, Any]) -> str:
    number = order.get("id")
    return str(number) if isinstance(number, int) and not isinstance(number, bool) else ""


def _is_about_reference(problems: Mapping[str, Any]) -> bool:
    return any(
        name.replace("_", "").lower().endswith("referenceid") and "product" not in name.lower() for name in problems
    )
