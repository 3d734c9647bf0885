"""The API of both kinds of fairs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from apps.channels.errors import ShopUnreachable
from apps.channels.framework.catalog import CatalogItem, CatalogPage, Location
from apps.channels.framework.exchange import Exchange
from apps.channels.framework.json_values import dicts, moment
from apps.channels.framework.paging import Page
from apps.channels.framework.setup import ConnectionReport, Hook, Scope
from apps.channels.framework.shop import Connection, ShipmentReport, Shop
from apps.channels.framework.stock import Article

VERSION = "v1"
TOPICS = ("order-placed", "order-cancelled")


class Fair(Shop):
    """``api_key`` is the token of the API."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._http = Exchange(connection.channel, connection.base_url, headers=self._headers)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._connection.api_key}"}

    def check_connection(self) -> ConnectionReport:
        said = self._http.ask("GET", "/me")
        wanted = {"orders:read": "to take orders", "orders:write": "to report shipments"}
        granted = set(said.get("scopes", []))
        return ConnectionReport(
            shop_name=said["name"],
            account=said["account"],
            currency=said.get("currency", ""),
            country=said.get("country", ""),
            scopes=[Scope(name=name, purpose=purpose, granted=name in granted) for name, purpose in wanted.items()],
        )

    def hooks(self) -> Sequence[Hook]:
        return [_hook(one) for one in dicts(self._http.ask("GET", "/hooks"))]

    def register_hooks(self, address: str, secret: str) -> Sequence[Hook]:
        there = {one.topic: one for one in self.hooks() if one.address == address}
        for topic in TOPICS:
            if topic not in there:
                self._http.ask("POST", "/hooks", body={"topic": topic, "address": address, "secret": secret})
            elif not there[topic].active:
                self._http.ask("PUT", f"/hooks/{there[topic].external_id}", body={"active": True, "secret": secret})
        return [one for one in self.hooks() if one.address == address]

    def changed_orders(self, listing: str, since: datetime, until: datetime | None, mark: str) -> Page:
        params = {"changed_since": since.astimezone(UTC).isoformat(), "page": mark or "1"}
        answer, _ = self._http.ask_page("/orders", params)
        if not isinstance(answer, dict) or not isinstance(answer.get("orders"), list):
            raise ShopUnreachable("a list without orders")
        orders: list[Any] = answer["orders"]
        moments = [moment(one.get("changed_at")) for one in orders]
        return Page(orders, moments, str(answer.get("next") or ""), by_time=not mark)

    def report_shipment(self, shipped: ShipmentReport, *, check_first: bool) -> str:
        self._http.ask("POST", f"/orders/{quote(shipped.external_id, safe='')}/shipments", body={"ref": shipped.ref})
        return "sent to the shop"

    def report_cancellation(self, external_id: str, *, check_first: bool) -> str:
        self._http.ask("POST", f"/orders/{quote(external_id, safe='')}/cancellation")
        return "sent to the shop"

    def catalog_page(self, mark: str) -> CatalogPage:
        return CatalogPage(items=[CatalogItem(article=Article(external_id="1", code="A"))], next="")

    def locations(self) -> Sequence[Location]:
        return [Location(external_id=one["id"], name=one["name"]) for one in dicts(self._http.ask("GET", "/locations"))]


def _hook(one: dict[str, Any]) -> Hook:
    return Hook(external_id=str(one["id"]), topic=one["topic"], address=one["address"], active=one["active"])
