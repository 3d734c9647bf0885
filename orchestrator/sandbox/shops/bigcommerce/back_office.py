"""The simulated BigCommerce's store, tokens and webhooks."""

from __future__ import annotations

import itertools
import time
from typing import Any

from ...exchange import Request, Response
from ..base import Order
from .shelf import paged, problem

# By what an address begins: the scope for reading, and the one for writing.
_SCOPES = (
    ("/bigcommerce/v2/store", "information", ""),
    ("/bigcommerce/v2/orders", "orders", "orders"),
    ("/bigcommerce/v3/catalog", "products", "products"),
    ("/bigcommerce/v3/inventory/locations/", "inventory", "inventory"),
    ("/bigcommerce/v3/inventory/locations", "locations", "locations"),
    ("/bigcommerce/v3/inventory", "inventory", "inventory"),
)


class BackOffice:
    """``tokens``: those it takes and what each may (``orders``, ``orders:write``, …); empty: any, for everything."""

    def __init__(self, numbers: itertools.count[int]) -> None:
        self._numbers = numbers
        self.tokens: dict[str, set[str]] = {}
        self.hooks: dict[int, Order] = {}
        self.domain = "canary.example"

    def refusal(self, request: Request) -> Response | None:
        if not self.tokens:
            return None
        allowed = self.tokens.get(request.headers.get("x-auth-token", ""))
        if allowed is None:
            return problem(401, "Unauthorized")
        scope = next((scope for start, scope, _ in _SCOPES if request.path.startswith(start)), "")
        wanted = scope if request.method == "GET" or not scope else f"{scope}:write"
        if wanted and wanted not in allowed and f"{scope}:write" not in allowed:
            return problem(403, "You don't have a required scope to access the endpoint")
        return None

    def store(self, request: Request) -> Response:
        return Response(
            200,
            {
                "id": "canary1", "domain": self.domain, "name": "Canary store", "currency": "GBP", "weight_units": "KGS",
                "country_code": "GB", "timezone": {"name": "Europe/London"},
            },
        )  # fmt: skip

    # --- webhooks

    def list_hooks(self, request: Request) -> Response:
        return paged(list(self.hooks.values()), request)

    def create_hook(self, request: Request) -> Response:
        given = request.json()
        same = [
            one for one in self.hooks.values() if all(one[name] == given[name] for name in ("scope", "destination"))
        ]
        if same:
            return problem(422, "The webhook already exists.")
        at = int(time.time())
        made = {"id": next(self._numbers), "client_id": "client", "store_hash": "canary1", "created_at": at, **given}
        self.hooks[made["id"]] = {**made, "updated_at": at}
        return self._shown(self.hooks[made["id"]])

    def change_hook(self, request: Request, hook_id: str) -> Response:
        known = self.hooks.get(int(hook_id))
        if known is None:
            return problem(404, "Webhook not found")
        known.update(request.json())
        return self._shown(known)

    def _shown(self, hook: dict[str, Any]) -> Response:
        return Response(200, {"data": hook, "meta": {}})

    def switch_off(self, scope: str) -> None:
        """As where its destination fails for two days."""
        for one in self.hooks.values():
            if one["scope"] == scope:
                one["is_active"] = False
