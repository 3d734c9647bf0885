"""The simulated WooCommerce's settings, keys, webhooks and the plugin that keeps tracking numbers."""

from __future__ import annotations

import itertools
from base64 import b64decode
from typing import Any

from ...exchange import Request, Response
from ..base import Order


class Office:
    """``keys``: those it takes, as ``key:secret``, each with ``read``, ``write`` or ``read_write``; empty: any, for everything.
    ``tracks``: whether a plugin for tracking is installed, and what it received by order."""

    def __init__(self, numbers: itertools.count[int]) -> None:
        self._numbers = numbers
        self.keys: dict[str, str] = {}
        self.hooks: dict[int, Order] = {}
        self.home = "https://canary.example"
        self.tracks = False
        self.trackings: dict[str, list[Order]] = {}

    def refusal(self, request: Request) -> Response | None:
        """As WooCommerce refuses a request whose key it does not know, or which may not do it."""
        if not self.keys:
            return None
        _, _, given = request.headers.get("authorization", "").partition(" ")
        allowed = self.keys.get(b64decode(given).decode("utf-8", "replace"))
        if allowed is None:
            return _no("woocommerce_rest_authentication_error", "Consumer key is invalid.")
        wanted = "read" if request.method == "GET" else "write"
        if wanted not in allowed:
            said = f"The API key provided does not have {wanted} permissions."
            return _no("woocommerce_rest_authentication_error", said)
        return None

    def index(self, request: Request) -> Response:
        about = {"name": "Canary shop", "home": self.home, "url": self.home}
        return Response(200, {**about, "timezone_string": "Europe/London"})

    def general(self, request: Request) -> Response:
        rows = [("woocommerce_currency", "GBP"), ("woocommerce_default_country", "GB:LDS")]
        return Response(200, [{"id": name, "value": value} for name, value in rows])

    def empty_batch(self, request: Request, what: str) -> Response:
        return Response(200, {})

    # --- webhooks

    def list_hooks(self, request: Request) -> Response:
        size, page = int(request.query.get("per_page", "10")), int(request.query.get("page", "1"))
        rows = list(self.hooks.values())
        shown = [{name: value for name, value in one.items() if name != "secret"} for one in rows]
        headers = {"X-WP-Total": str(len(rows)), "X-WP-TotalPages": str(-(-len(rows) // size))}
        return Response(200, shown[(page - 1) * size : page * size], headers)

    def create_hook(self, request: Request) -> Response:
        given = request.json()
        if not str(given.get("topic", "")).startswith(("order.", "product.", "customer.", "coupon.")):
            return Response(400, {"code": "woocommerce_rest_webhook_invalid_topic", "message": "Invalid topic."})
        made = {"id": next(self._numbers), "status": "active", **given}
        self.hooks[made["id"]] = made
        return Response(201, made)

    def change_hook(self, request: Request, hook_id: str) -> Response:
        known = self.hooks.get(int(hook_id))
        if known is None:
            return Response(404, {"code": "woocommerce_rest_shop_webhook_invalid_id", "message": "Invalid ID."})
        known.update(request.json())
        return Response(200, known)

    def switch_off(self, topic: str) -> None:
        """As after more than five failures in a row."""
        for one in self.hooks.values():
            if one["topic"] == topic:
                one["status"] = "disabled"

    # --- tracking

    def list_trackings(self, request: Request, order_id: str) -> Response:
        return Response(200, self.trackings.get(order_id, [])) if self.tracks else _no_route()

    def add_tracking(self, request: Request, order_id: str) -> Response:
        if not self.tracks:
            return _no_route()
        given: dict[str, Any] = {"tracking_id": str(next(self._numbers)), **request.json()}
        self.trackings.setdefault(order_id, []).append(given)
        return Response(201, given)


def _no(code: str, said: str) -> Response:
    return Response(401, {"code": code, "message": said, "data": {"status": 401}})


def _no_route() -> Response:
    said = "No route was found matching the URL and request method."
    return Response(404, {"code": "rest_no_route", "message": said, "data": {"status": 404}})
