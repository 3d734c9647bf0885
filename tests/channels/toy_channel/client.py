"""The toy shop's REST API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from pydantic import Field

from apps.channels.errors import ShopUnreachable
from apps.channels.framework.catalog import CatalogItem, CatalogPage, Location
from apps.channels.framework.exchange import Exchange, time_of
from apps.channels.framework.json_values import dicts, moment
from apps.channels.framework.paging import Page
from apps.channels.framework.settings import ChannelSettings
from apps.channels.framework.setup import ConnectionReport, Hook, Scope
from apps.channels.framework.shop import Connection, ShipmentReport, Shop
from apps.channels.framework.stock import Article, Figure, FigureResult, Shown

VERSION = "v1"
SCOPES = (("orders", "takes orders in and reports what happened"), ("stock", "sends what may be sold"))
TOPICS = ("order-placed", "order-changed", "order-cancelled", "order-refunded")
_ORDERS, _STOCK, _ARTICLES, _BRANCHES, _HOOKS, _SHOP = (
    f"/{VERSION}/{what}" for what in ("orders", "stock", "articles", "branches", "hooks", "shop")
)


class ToySettings(ChannelSettings):
    """What only channels of this kind can be set to; each is a field on the channel's page."""

    branch: str = Field("", title="Branch", description="The shop's branch that our shipments are booked under.")


class Toy(Shop):
    """``api_key`` of the channel is the token of the API."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        headers = {"Authorization": f"Bearer {connection.api_key}"}
        self._http = Exchange(connection.channel, connection.base_url, headers=headers)

    def changed_orders(self, listing: str, since: datetime, until: datetime | None, mark: str) -> Page:
        """Oldest change first; the next page is named in the answer."""
        params = {"changed_since": since.astimezone(UTC).isoformat(), "page": mark or "1"}
        answer, reply = self._http.ask_page(_ORDERS, params)
        if not isinstance(answer, dict) or not isinstance(answer.get("orders"), list):
            raise ShopUnreachable("a list without orders")
        orders: list[Any] = answer["orders"]
        moments = [moment(one.get("changed_at")) if isinstance(one, dict) else None for one in orders]
        following = str(answer.get("next") or "")
        return Page(orders, moments, following, by_time=not mark, shop_time=time_of(reply), id_key="number")

    def whole_order(self, external_id: str) -> dict[str, Any] | None:
        found = self._http.ask("GET", _order(external_id), none_if_missing=True)
        return found if isinstance(found, dict) else None

    def report_shipment(self, shipped: ShipmentReport, *, check_first: bool) -> str:
        """Our own reference of a shipment is kept there: a second attempt asks for it first."""
        path = f"{_order(shipped.external_id)}/shipments"
        known = dicts(self._http.ask("GET", path, none_if_missing=True)) if check_first else []
        if any(one.get("reference") == shipped.ref for one in known):
            return "the shop had it already"
        numbers = [parcel.number for parcel in shipped.parcels]
        settings = self._connection.settings
        branch = settings.branch if isinstance(settings, ToySettings) else ""
        body = {"reference": shipped.ref, "branch": branch, "units": dict(shipped.units), "tracking_numbers": numbers}
        self._http.ask("POST", path, body=body)
        return "sent to the shop"

    def report_cancellation(self, external_id: str, *, check_first: bool) -> str:
        """Saying it twice changes nothing there."""
        self._http.ask("POST", f"{_order(external_id)}/cancellation")
        return "sent to the shop"

    def send_stock(self, figures: Sequence[Figure]) -> Sequence[FigureResult]:
        """The shop takes a figure only while it shows what is ``expected``; it answers for each article by itself."""
        body = [
            {"article": one.article.external_id, "available": one.available, "expected": one.shown} for one in figures
        ]
        answers = {one.get("article"): one for one in dicts(self._http.ask("PUT", _STOCK, body=body))}
        return [
            _result(one.article, answers[one.article.external_id])
            for one in figures
            if one.article.external_id in answers
        ]

    def read_stock(self, articles: Sequence[Article]) -> Sequence[Shown]:
        asked = ",".join(one.external_id for one in articles)
        shown = {
            one.get("article"): one.get("available")
            for one in dicts(self._http.ask("GET", _STOCK, params={"articles": asked}))
        }
        return [Shown(article=one, available=shown.get(one.external_id)) for one in articles]

    def catalog_page(self, mark: str) -> CatalogPage:
        """The next page is named in the answer."""
        answer = self._http.ask("GET", _ARTICLES, params={"page": mark or "1"})
        if not isinstance(answer, dict) or not isinstance(answer.get("articles"), list):
            raise ShopUnreachable("a list without articles")
        items = [_item(one) for one in dicts(answer["articles"])]
        return CatalogPage(items=items, next=str(answer.get("next") or ""), total=answer.get("total"))

    def locations(self) -> Sequence[Location]:
        return [
            Location(
                external_id=str(one["id"]),
                name=str(one["name"]),
                city=one.get("city", ""),
                country=one.get("country", ""),
            )
            for one in dicts(self._http.ask("GET", _BRANCHES))
        ]

    def check_connection(self) -> ConnectionReport:
        """The shop says what the token allows."""
        said = self._http.ask("GET", _SHOP)
        allowed = said.get("scopes", ())
        return ConnectionReport(
            shop_name=said.get("name", ""),
            account=said.get("id", ""),
            currency=said.get("currency", ""),
            scopes=[Scope(name=name, purpose=purpose, granted=name in allowed) for name, purpose in SCOPES],
        )

    def hooks(self) -> Sequence[Hook]:
        return [
            Hook(external_id=str(one["id"]), topic=one["topic"], address=one["url"], active=one["on"])
            for one in dicts(self._http.ask("GET", _HOOKS))
        ]

    def register_hooks(self, address: str, secret: str) -> Sequence[Hook]:
        """One for each topic; the shop keeps one of a topic and an address, and switches it on."""
        for topic in TOPICS:
            self._http.ask("PUT", _HOOKS, body={"topic": topic, "url": address, "secret": secret})
        return [one for one in self.hooks() if one.address == address]


def _order(external_id: str) -> str:
    return f"{_ORDERS}/{quote(external_id, safe='')}"


def _item(one: dict[str, Any]) -> CatalogItem:
    price, cost = one.get("price"), one.get("cost")
    return CatalogItem(
        article=Article(external_id=str(one["id"]), stock_id=str(one.get("stock_id", "")), code=one.get("sku", "")),
        title=one.get("title", ""),
        option_names=list(one.get("options", {})),
        options=list(one.get("options", {}).values()),
        barcodes=one.get("barcodes", []),
        weight_g=one.get("grams"),
        price=None if price is None else Decimal(str(price)),
        cost=None if cost is None else Decimal(str(cost)),
        currency=one.get("currency", ""),
        picture=one.get("picture", ""),
        hs_code=one.get("hs_code", ""),
        origin=one.get("origin", ""),
        tracked=one.get("tracked"),
        active=one.get("active", True),
        available=one.get("available"),
        parts=[(part["sku"], part["units"]) for part in one.get("parts", [])],
    )


def _result(article: Article, answer: dict[str, Any]) -> FigureResult:
    return FigureResult(
        article=article,
        taken=bool(answer.get("taken")),
        refusal=str(answer.get("refusal") or ""),
        shows=answer.get("shows"),
    )
