"""The simulated eBay's Notification API: where it sends what, once it has been answered there that the address is ours."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from typing import Any

from ...exchange import Request, Response
from .answers import errors, not_allowed

_TOPICS = frozenset({"ORDER_CONFIRMATION", "MARKETPLACE_ACCOUNT_DELETION"})
_TOKEN_LENGTHS = range(32, 81)


class Notifications:
    """``destinations`` and ``hooks`` (subscriptions) by id. ``asks``: has an address asked its challenge code, and returns what it answers;
    None: every address is believed. ``may_subscribe``: whether access was given for it. ``page_size``: at most so many on a page."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.alert_email = "alerts@canary.example"
        self.destinations: dict[str, dict[str, Any]] = {}
        self.hooks: dict[str, dict[str, Any]] = {}
        self.asks: Callable[[str], Any] | None = None
        self.may_subscribe = True
        self.page_size = 100

    def switch_off(self, topic: str) -> None:
        """As eBay does where an address fails for long: its destination is marked down."""
        for hook in self.hooks.values():
            if hook["topicId"] == topic:
                self.destinations[hook["destinationId"]]["status"] = "MARKED_DOWN"

    # --- of the application

    def show_config(self, request: Request) -> Response:
        if not self.alert_email:
            return errors(404, 195026, "Configuration Not Found.")
        return Response(200, {"alertEmail": self.alert_email})

    def take_config(self, request: Request) -> Response:
        given = str(request.json().get("alertEmail") or "")
        if "@" not in given:
            return errors(400, 195025, "Invalid or missing email.")
        self.alert_email = given
        return Response(204, raw=b"")

    def list_destinations(self, request: Request) -> Response:
        return self._page(request, "destinations", list(self.destinations.values()), "/destination")

    def add_destination(self, request: Request) -> Response:
        given = request.json()
        if not self.alert_email:
            return errors(409, 195003, "Please provide configurations required for notifications. Refer to /config")
        if any(one["deliveryConfig"]["endpoint"] == _endpoint(given) for one in self.destinations.values()):
            return errors(409, 195021, "Destination exists for this endpoint")
        return self._refused(given) or self._made(self.destinations, "destinationId", given, "/destination")

    def change_destination(self, request: Request, number: str) -> Response:
        given = request.json()
        if number not in self.destinations:
            return errors(404, 195022, "Invalid or missing destination id.")
        if refusal := self._refused(given):
            return refusal
        self.destinations[number] |= given
        return Response(204, raw=b"")

    def _refused(self, given: dict[str, Any]) -> Response | None:
        endpoint, token = _endpoint(given), str(given["deliveryConfig"].get("verificationToken") or "")
        # The demo's own address has no certificate.
        if not endpoint.startswith(("https://", "http://localhost", "http://127.0.0.1", "http://testserver")):
            return errors(400, 195017, "Invalid or missing endpoint.")
        if given.get("status") not in ("ENABLED", "DISABLED"):
            return errors(400, 195018, "Invalid or missing destination status. Supported values:[ENABLED,DISABLED]")
        if len(token) not in _TOKEN_LENGTHS or not token.replace("-", "").replace("_", "").isalnum():
            return errors(400, 195019, "Invalid or missing verification token for this endpoint.")
        if self.asks is not None and self.asks(f"{endpoint}?challenge_code=c0de") != _answer("c0de", token, endpoint):
            return errors(409, 195020, "Challenge verification failed for requested endpoint")
        return None

    # --- of the seller

    def list_subscriptions(self, request: Request) -> Response:
        if not self.may_subscribe:
            return not_allowed()
        return self._page(request, "subscriptions", list(self.hooks.values()), "/subscription")

    def subscribe(self, request: Request) -> Response:
        given = request.json()
        if not self.may_subscribe:
            return not_allowed()
        if given["topicId"] not in _TOPICS:
            return errors(400, 195027, "Invalid or missing topic id.")
        if given["destinationId"] not in self.destinations:
            return errors(400, 195007, "Invalid or missing destination id.")
        if any(one["topicId"] == given["topicId"] for one in self.hooks.values()):
            return errors(409, 195012, "Subscription already exists")
        return self._made(self.hooks, "subscriptionId", given, "/subscription")

    def change_subscription(self, request: Request, number: str) -> Response:
        if number not in self.hooks:
            return errors(404, 195013, "Invalid subscription Id.")
        self.hooks[number] |= request.json()
        return Response(204, raw=b"")

    def enable(self, request: Request, number: str) -> Response:
        if number not in self.hooks:
            return errors(404, 195013, "Invalid subscription Id.")
        if self.destinations[self.hooks[number]["destinationId"]]["status"] != "ENABLED":
            return errors(409, 195015, "The subscription cannot be enabled since the destination is not enabled.")
        self.hooks[number]["status"] = "ENABLED"
        return Response(204, raw=b"")

    def _made(self, kept: dict[str, dict[str, Any]], name: str, given: dict[str, Any], path: str) -> Response:
        number = f"{name[0]}-{next(self._numbers)}"
        kept[number] = {name: number, **given}
        return Response(201, {}, {"Location": f"https://api.ebay.com/commerce/notification/v1{path}/{number}"})

    def _page(self, request: Request, key: str, found: list[dict[str, Any]], path: str) -> Response:
        first = int(request.query.get("continuation_token", "0"))
        last = first + min(int(request.query.get("limit", "20")), self.page_size)
        whole: dict[str, Any] = {key: found[first:last], "total": len(found)}
        more = {"next": f"https://api.ebay.com/commerce/notification/v1{path}?limit=100&continuation_token={last}"}
        return Response(200, whole | (more if len(found) > last else {}))


def _endpoint(given: dict[str, Any]) -> str:
    return str(given.get("deliveryConfig", {}).get("endpoint") or "")


def _answer(code: str, token: str, endpoint: str) -> dict[str, str]:
    return {"challengeResponse": hashlib.sha256(f"{code}{token}{endpoint}".encode()).hexdigest()}
