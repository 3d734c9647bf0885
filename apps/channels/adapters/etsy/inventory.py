"""Etsy's listings: how much each shows, and what is sold there.

An inventory is only written whole. So it is read, the quantities that are ours are put in, and all the rest goes back as it was:
prices, properties, other products. Etsy knows no comparison; what it shows is compared here, right before it is written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import quote

from apps.channels.adapters.etsy.messages import in_whole_units
from apps.channels.adapters.etsy.settings import EtsySettings
from apps.channels.errors import ShopUnreachable
from apps.channels.framework.catalog import CatalogItem, CatalogPage
from apps.channels.framework.exchange import Exchange
from apps.channels.framework.json_values import dicts, grams_of
from apps.channels.framework.refusal_text import said_in, shop_words
from apps.channels.framework.shop import Connection, Shop
from apps.channels.framework.stock import Article, Figure, FigureResult, Shown, refused
from apps.core.text import Text
from apps.outbound.health import Limits

Product = dict[str, Any]
# Figures in one call of ours; those of one listing are written together. Each takes up to three calls, of which a burst has 30.
BATCH, PER_PAGE = 8, 100
LIMITS = Limits(per_second=8.0, burst=30)
STATES = ("active", "sold_out", "inactive")
_ON_PROPERTY = ("price_on_property", "quantity_on_property", "sku_on_property")
_GONE = Text("Etsy has no such product any more; import the catalog again.")
_SHARED = Text("Etsy counts this together with other products of the listing; let quantities vary there.")
_INACTIVE = Text(
    "The listing is not on sale at Etsy; publish it there, or switch on that listings are put on sale again."
)


class Inventory(Shop):
    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._http = Exchange(connection.channel, connection.base_url, headers=self._headers, limits=LIMITS)

    def _headers(self) -> dict[str, str]:
        """Since February 2026 the key is refused without the app's shared secret."""
        key = ":".join(filter(None, [self._connection.api_key, self._connection.api_secret]))
        return {"x-api-key": key, "Authorization": f"Bearer {self._connection.token()}"}

    @cached_property
    def _shop(self) -> str:
        me = self._http.ask("GET", "/v3/application/users/me")
        if not isinstance(me, dict) or not me.get("shop_id"):
            raise ShopUnreachable("an answer without the shop's id")
        return f"/v3/application/shops/{me['shop_id']}"

    # Stock

    def send_stock(self, figures: Sequence[Figure]) -> Sequence[FigureResult]:
        by_listing: dict[str, list[Figure]] = {}
        for figure in figures:
            by_listing.setdefault(_listing_of(figure.article), []).append(figure)
        results = {one.ref: result for id_, many in by_listing.items() for one, result in self._write(id_, many)}
        return [results[figure.ref] for figure in figures]

    def _write(self, listing_id: str, figures: Sequence[Figure]) -> list[tuple[Figure, FigureResult]]:
        inventory = self._read(listing_id)
        if inventory is None:
            return [(one, refused(one.article, _GONE)) for one in figures]
        products = _products(inventory)
        places = {one.ref: _place(one.article, products) for one in figures}
        groups = _counted_together(inventory, products)
        results: dict[str, FigureResult] = {}
        wanted: dict[int, int] = {}
        for one in figures:
            place = places[one.ref]
            result = _judged(one, place, products)
            together = groups[place] if place is not None else set()
            if result is None and not _may_change(together, one, figures, places, products):
                result = refused(one.article, _SHARED)
            if result is None:
                wanted |= dict.fromkeys(together, one.available)
            else:
                results[one.ref] = result
        left = [one for one in figures if one.ref not in results]
        if left:
            results |= self._put(listing_id, inventory, wanted, left)
        return [(one, results[one.ref]) for one in figures]

    def _put(
        self, listing_id: str, inventory: Product, wanted: Mapping[int, int], figures: Sequence[Figure]
    ) -> dict[str, FigureResult]:
        body = _written(inventory, wanted)
        if not any(one["quantity"] for product in body["products"] for one in product["offerings"]):
            # "One offering must have quantity greater than 0": what has nothing left is taken off sale instead.
            return self._switch(listing_id, inventory, figures, on=False)
        path = f"/v3/application/listings/{quote(listing_id, safe='')}/inventory"
        status, answer, _ = self._http.send("PUT", path, body=body)
        if status >= 300:
            now = self._read(listing_id)
            if now is not None and _products(now) != _products(inventory):
                # Somebody edited it between the two; it is read and sent again.
                return {one.ref: FigureResult(article=one.article, taken=False) for one in figures}
            return self._all_refused(figures, status, answer, "updateListingInventory")
        if _state(inventory) == "inactive" and any(one.available for one in figures):
            return self._switch(listing_id, inventory, figures, on=True)
        return {one.ref: FigureResult(article=one.article, taken=True, shows=one.available) for one in figures}

    def _switch(
        self, listing_id: str, inventory: Product, figures: Sequence[Figure], *, on: bool
    ) -> dict[str, FigureResult]:
        settings = self._connection.settings
        if on and not (isinstance(settings, EtsySettings) and settings.reactivate):
            return {one.ref: refused(one.article, _INACTIVE) for one in figures}
        path = f"{self._shop}/listings/{quote(listing_id, safe='')}"
        if on or _state(inventory) != "inactive":
            status, answer, _ = self._http.send("PATCH", path, form={"state": "active" if on else "inactive"})
            if status >= 300:
                return self._all_refused(figures, status, answer, "updateListing")
        return {one.ref: FigureResult(article=one.article, taken=True, shows=one.available) for one in figures}

    def _all_refused(
        self, figures: Sequence[Figure], status: int, answer: Any, operation: str
    ) -> dict[str, FigureResult]:
        """In Etsy's words. Access that was taken back is no matter of the listing."""
        if status in (401, 403):
            raise self._http.declined(status, answer, operation)
        return {one.ref: refused(one.article, shop_words(said_in(answer))) for one in figures}

    def read_stock(self, articles: Sequence[Article]) -> Sequence[Shown]:
        read = {id_: self._read(id_) for id_ in {_listing_of(one) for one in articles}}
        return [Shown(article=one, available=_shown(one, read[_listing_of(one)])) for one in articles]

    def _read(self, listing_id: str) -> Product | None:
        path = f"/v3/application/listings/{quote(listing_id, safe='')}/inventory"
        found = self._http.ask("GET", path, params={"includes": "Listing"}, none_if_missing=True)
        return found if isinstance(found, dict) else None

    # Catalog

    def catalog_page(self, mark: str) -> CatalogPage:
        state, _, offset = (mark or f"{STATES[0]}:0").partition(":")
        params = {"state": state, "includes": "Inventory,Images", "limit": str(PER_PAGE), "offset": offset}
        answer = self._http.ask("GET", f"{self._shop}/listings", params=params)
        if not isinstance(answer, dict) or not isinstance(answer.get("results"), list):
            raise ShopUnreachable("no list of listings")
        listings, reached = dicts(answer["results"]), int(offset) + len(answer["results"])
        more = bool(listings) and reached < int(answer.get("count") or 0)
        following = STATES[STATES.index(state) + 1 :][:1]
        next_ = f"{state}:{reached}" if more else f"{following[0]}:0" if following else ""
        return CatalogPage(items=[item for one in listings for item in self._items(one)], next=next_)

    def _items(self, listing: Mapping[str, Any]) -> list[CatalogItem]:
        if listing.get("listing_type") == "download":
            return []
        settings = self._connection.settings
        on_sale = ("active", "sold_out", "inactive") if getattr(settings, "reactivate", False) else STATES[:2]
        inventory = listing.get("inventory") or {}
        return [_item(listing, product, active=listing.get("state") in on_sale) for product in _products(inventory)]


def _listing_of(article: Article) -> str:
    return article.external_id.partition(":")[0]


def _products(inventory: Mapping[str, Any]) -> list[Product]:
    return [one for one in dicts(inventory.get("products")) if not one.get("is_deleted")]


def _state(inventory: Mapping[str, Any]) -> str:
    listing = inventory.get("listing")
    return str(listing.get("state") or "") if isinstance(listing, dict) else ""


def _place(article: Article, products: Sequence[Product]) -> int | None:
    """Which product it is: by id, or by a SKU that only one of them has, because Etsy gives products new ids when they are edited."""
    product_id = article.external_id.partition(":")[2]
    by_id = [place for place, one in enumerate(products) if str(one.get("product_id")) == product_id]
    by_code = [place for place, one in enumerate(products) if article.code and one.get("sku") == article.code]
    found = by_id or (by_code if len(by_code) == 1 else [])
    return found[0] if found else None


def _quantity(product: Product) -> int:
    offered = [one for one in dicts(product.get("offerings")) if not one.get("is_deleted")]
    return sum(int(one.get("quantity") or 0) for one in offered if one.get("is_enabled", True))


def _judged(figure: Figure, place: int | None, products: Sequence[Product]) -> FigureResult | None:
    """What it comes to without being sent; None: it is sent."""
    if place is None:
        return refused(figure.article, _GONE)
    shows = _quantity(products[place])
    if figure.shown is not None and figure.shown != shows and figure.shown > 0 and shows != figure.available:
        return FigureResult(article=figure.article, taken=False, shows=shows)
    return None


def _counted_together(inventory: Mapping[str, Any], products: Sequence[Product]) -> list[set[int]]:
    """For each product, those that have one quantity with it: all that agree in the properties quantities vary by."""
    varies = set(inventory.get("quantity_on_property") or [])
    keys = [
        tuple(
            (value.get("property_id"), tuple(value.get("value_ids") or ()))
            for value in dicts(one.get("property_values"))
            if value.get("property_id") in varies
        )
        for one in products
    ]
    return [{other for other, key in enumerate(keys) if key == keys[place]} for place in range(len(products))]


def _may_change(
    together: set[int],
    figure: Figure,
    figures: Sequence[Figure],
    places: Mapping[str, int | None],
    products: Sequence[Product],
) -> bool:
    """Not where that would change what is not ours, or ours to another figure."""
    others = {places[one.ref]: one.available for one in figures}
    code = figure.article.code
    return all(
        others[place] == figure.available if place in others else products[place].get("sku") == code and bool(code)
        for place in together
    )


def _written(inventory: Mapping[str, Any], wanted: Mapping[int, int]) -> dict[str, Any]:
    """The whole inventory as Etsy takes it: what it gives back is not quite what it takes."""
    products = [
        {
            "sku": product.get("sku") or "",
            "property_values": [_property(one) for one in dicts(product.get("property_values"))],
            "offerings": [
                _offering(one, wanted.get(place))
                for one in dicts(product.get("offerings"))
                if not one.get("is_deleted")
            ],
        }
        for place, product in enumerate(_products(inventory))
    ]
    return {"products": products, **{name: list(inventory.get(name) or []) for name in _ON_PROPERTY}}


def _property(value: Mapping[str, Any]) -> dict[str, Any]:
    kept = {
        name: value[name]
        for name in ("property_id", "property_name", "scale_id", "value_ids", "values")
        if name in value
    }
    # Without a scale the field is left out: null is refused by some categories.
    return {name: one for name, one in kept.items() if one is not None}


def _offering(offering: Mapping[str, Any], quantity: int | None) -> dict[str, Any]:
    price = offering.get("price") or {}
    return {
        # JSON has no decimals: the digits of the price are written as they are.
        "price": json.loads(in_whole_units(price)) if price else 0,
        "quantity": int(offering.get("quantity") or 0) if quantity is None else max(quantity, 0),
        "is_enabled": bool(offering.get("is_enabled", True)),
    }


def _shown(article: Article, inventory: Mapping[str, Any] | None) -> int | None:
    if inventory is None:
        return None
    products = _products(inventory)
    place = _place(article, products)
    if place is None:
        return None
    return 0 if _state(inventory) == "inactive" else _quantity(products[place])


def _item(listing: Mapping[str, Any], product: Product, *, active: bool) -> CatalogItem:
    prices = [one["price"] for one in dicts(product.get("offerings")) if isinstance(one.get("price"), dict)]
    options = [str(word) for value in dicts(product.get("property_values")) for word in value.get("values") or []]
    images = dicts(listing.get("images"))
    return CatalogItem(
        article=Article(
            external_id=f"{listing.get('listing_id')}:{product.get('product_id')}",
            stock_id=str(listing.get("listing_id") or ""),
            code=str(product.get("sku") or ""),
        ),
        title=" - ".join(part for part in (str(listing.get("title") or ""), " / ".join(options)) if part),
        options=options,
        weight_g=grams_of(listing.get("item_weight"), listing.get("item_weight_unit")) or None,
        price=Decimal(in_whole_units(prices[0])) if prices else None,
        currency=str(prices[0].get("currency_code") or "") if prices else "",
        picture=str(images[0].get("url_570xN") or images[0].get("url_fullxfull") or "") if images else "",
        tracked=True,
        active=active,
        available={"": _quantity(product)},
    )
