"""The toy shop of tests/channels/toy_channel, on a port of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.channels.shops import Reply, ShopServer


@dataclass
class ToyShop(ShopServer):
    """Pages by number, oldest change first; keeps what it is told by the order's number."""

    shipments: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def told(self) -> str:
        return str(self.shipments)

    def _act(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> Reply:
        number, _, what = path.removeprefix("/v1/orders").strip("/").partition("/")
        if not number:
            return self._list(query)
        if number not in self.orders:
            return 404, {"error": "no such order"}, {}
        if what == "cancellation":
            self.orders[number]["state"] = "cancelled"
        elif method == "POST":
            self.shipments.setdefault(number, []).append(body)
        return 200, self.shipments.get(number, []), {}

    def _list(self, query: dict[str, str]) -> Reply:
        changed = [one for one in self.orders.values() if one["changed_at"] >= query["changed_since"]]
        changed.sort(key=lambda one: str(one["changed_at"]))
        first = (int(query["page"]) - 1) * self.page_size
        shown = changed[first : first + self.page_size]
        more = str(int(query["page"]) + 1) if len(changed) > first + self.page_size else None
        return 200, {"orders": shown, "next": more}, {}
