"""The shop behind tests/channels/fairs, on a port of its own: its keys, its webhooks, its orders, and the page on which access is given."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.test import Client

from apps.channels.models import Channel
from apps.core import clock
from tests.channels.fairs.fair import SIGNING
from tests.channels.shops import Reply, ShopServer

BOTH = ("orders:read", "orders:write")


@dataclass
class FairShop(ShopServer):
    """``keys``: what each key or token may do; ``codes``: the challenge each code was given for. ``account``: whose shop it is."""

    account: str = "fair.example"
    keys: dict[str, tuple[str, ...]] = field(default_factory=lambda: {"good": BOTH})
    codes: dict[str, str] = field(default_factory=dict)
    registered: list[dict[str, Any]] = field(default_factory=list)
    shipments: list[tuple[str, str]] = field(default_factory=list)
    tokens: int = 0

    def _act(self, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
        if path == "/token":
            return self._token(body)
        key = self.headers[-1].get("Authorization", "").removeprefix("Bearer ")
        if key not in self.keys:
            return 401, {"error": "who are you"}, {}
        if path == "/me":
            said = {"name": "The Fair", "account": self.account, "currency": "EUR", "country": "DE"}
            return 200, {**said, "scopes": self.keys[key]}, {}
        if path.startswith("/hooks"):
            return self._hooks(method, path, body)
        if path == "/locations":
            return 200, [{"id": "L1", "name": "Leeds"}], {}
        return self._orders(method, path, query, body)

    def _token(self, body: dict[str, str]) -> Reply:
        wanted = self.codes.pop(body.get("code", ""), None)
        digest = hashlib.sha256(body.get("code_verifier", "").encode()).digest()
        if wanted is None or wanted != base64.urlsafe_b64encode(digest).rstrip(b"=").decode():
            return 400, {"error": "invalid_grant"}, {}
        self.tokens += 1
        self.keys[f"token-{self.tokens}"] = BOTH
        return 200, {"access_token": f"token-{self.tokens}", "refresh_token": "r", "expires_in": "3600"}, {}

    def _hooks(self, method: str, path: str, body: Any) -> Reply:
        if method == "POST":
            self.registered.append({"id": len(self.registered) + 1, "active": True, **body})
        if method == "PUT":
            self.registered[int(path.rpartition("/")[2]) - 1].update(body)
        return 200, self.registered, {}

    def _orders(self, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
        if method == "POST":
            self.shipments.append((path.split("/")[2], body.get("ref", "")))
            return 200, {}, {}
        changed = [one for one in self.orders.values() if one["changed_at"] >= query["changed_since"]]
        changed.sort(key=lambda one: str(one["changed_at"]))
        first = (int(query["page"]) - 1) * self.page_size
        more = str(int(query["page"]) + 1) if len(changed) > first + self.page_size else None
        return 200, {"orders": changed[first : first + self.page_size], "next": more}, {}

    def send(self, channel: Channel, order: dict[str, Any], *, secret: str = "", account: str = "") -> HttpResponse:
        """The order as this shop's webhook brings it."""
        body = json.dumps(order).encode()
        signed = SIGNING.sign(secret or channel.secret, body, message_id=str(uuid.uuid4()), at=clock.now())
        headers = {**signed, "fair-topic": "order-placed", "fair-shop": account or self.account}
        address = f"/hooks/{channel.kind}/{channel.code}/"
        return Client().post(address, body, content_type="application/json", headers=headers)


def fair_order(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A paid order of two of SKU A to Leeds."""
    return {
        "number": str(number), "state": "paid", "currency": "GBP", "total": "20.00",
        "placed_at": clock.now().isoformat(), "changed_at": clock.now().isoformat(),
        "recipient": {
            "name": "Pat Canary", "street": "1 Canary Row", "city": "Leeds", "postcode": "LS1 1AA", "country": "GB",
        },
        "items": [{"line": 1, "sku": "A", "units": 2, "price": "10.00"}],
    } | changes  # fmt: skip
