"""The toy shop of tests/channels/toy_channel, on a port of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.channels.shops import Reply, ShopServer


@dataclass
class ToyShop(ShopServer):
    """Pages by number, oldest change first; keeps what it is told by the order's number."""

    shipments: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    # What it shows, by article; what it says of those it does not take; and every figure it took, in the order of taking.
    stock: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[str, int]] = field(default_factory=list)
    # What it sells, in its own order, and where it keeps it.
    articles: list[dict[str, Any]] = field(default_factory=list)
    branches: list[dict[str, Any]] = field(default_factory=list)
    scopes: list[str] = field(default_factory=lambda: ["orders", "stock"])
    hooks: list[dict[str, Any]] = field(default_factory=list)
    # What happens there once a page of its articles was given.
    on_page: Callable[[str], None] = lambda page: None

    def told(self) -> str:
        return str(self.shipments)

    def _act(self, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
        if path == "/v1/stock" and method == "PUT":
            return 200, [self._take(one) for one in body], {}
        if path == "/v1/stock":
            asked = query["articles"].split(",")
            return 200, [{"article": one, "available": self.stock[one]} for one in asked if one in self.stock], {}
        if path == "/v1/articles":
            return self._articles(query)
        if path == "/v1/branches":
            return 200, self.branches, {}
        if path == "/v1/shop":
            return 200, {"id": "toy-1", "name": "Toys of Leeds", "currency": "GBP", "scopes": self.scopes}, {}
        if path == "/v1/hooks":
            return 200, self._hooks(method, body), {}
        number, _, what = path.removeprefix("/v1/orders").strip("/").partition("/")
        if not number:
            return self._list(query)
        if number not in self.orders:
            return 404, {"error": "no such order"}, {}
        if not what:
            return 200, self.orders[number], {}
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

    def _hooks(self, method: str, body: Any) -> list[dict[str, Any]]:
        if method == "PUT":
            known = [one for one in self.hooks if (one["topic"], one["url"]) != (body["topic"], body["url"])]
            self.hooks = [*known, {"id": len(known) + 1, "topic": body["topic"], "url": body["url"], "on": True}]
        return self.hooks

    def _articles(self, query: dict[str, str]) -> Reply:
        first = (int(query["page"]) - 1) * self.page_size
        more = str(int(query["page"]) + 1) if len(self.articles) > first + self.page_size else None
        shown = self.articles[first : first + self.page_size]
        self.on_page(query["page"])
        return 200, {"articles": shown, "next": more, "total": len(self.articles)}, {}

    def _take(self, figure: dict[str, Any]) -> dict[str, Any]:
        article, expected = figure["article"], figure["expected"]
        if article in self.refusals:
            return {"article": article, "taken": False, "refusal": self.refusals[article]}
        if self.articles and article not in {one["id"] for one in self.articles}:
            return {"article": article, "taken": False, "refusal": "no such article"}
        if expected is not None and self.stock.get(article, expected) != expected:
            return {"article": article, "taken": False, "shows": self.stock[article]}
        self.stock[article] = figure["available"]
        self.taken.append((article, figure["available"]))
        return {"article": article, "taken": True}
