"""What WooCommerce sells: products, and the variations of those that have some."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

from apps.channels.adapters.woocommerce.api import API, Api
from apps.channels.adapters.woocommerce.stock import units_of
from apps.channels.errors import ShopUnreachable
from apps.channels.framework.catalog import CatalogItem, CatalogPage
from apps.channels.framework.json_values import decimal_of, dicts, grams_of
from apps.channels.framework.stock import Article

# Each with variations is a call of its own.
PER_LOOK = 20
# It pages by number: where some are deleted meanwhile, others move up. What is given twice is no harm.
OVERLAP = 5
# Lists of other products, and links to other shops.
_NOT_SOLD_HERE = frozenset({"grouped", "external"})


@dataclass(frozen=True, slots=True)
class _Mark:
    """How many products have been read, and what the shop counts in: asked for once, with the first page."""

    read: int
    currency: str
    weight_unit: str

    @classmethod
    def of(cls, text: str) -> _Mark:
        read, currency, unit = text.split(":")
        return cls(int(read), currency, unit)

    def __str__(self) -> str:
        return f"{self.read}:{self.currency}:{self.weight_unit}"


class Catalog(Api):
    def catalog_page(self, mark: str) -> CatalogPage:
        """By id, oldest first: what is added meanwhile comes last."""
        at = (
            _Mark.of(mark)
            if mark
            else _Mark(0, self._setting("general", "currency"), self._setting("products", "weight_unit"))
        )
        params = {"orderby": "id", "order": "asc", "per_page": str(PER_LOOK), "offset": str(max(0, at.read - OVERLAP))}
        products, reply = self._http.ask_page(f"{API}/products", params)
        if not isinstance(products, list):
            raise ShopUnreachable("no list of products")
        items = [item for one in dicts(products) for item in self._items_of(one, at)]
        read = max(0, at.read - OVERLAP) + len(products)
        more = len(products) >= PER_LOOK and read > at.read
        total = reply.headers.get("x-wp-total", "")
        after = str(_Mark(read, at.currency, at.weight_unit)) if more else ""
        return CatalogPage(items=items, next=after, total=int(total) if total.isdecimal() else None)

    def _setting(self, group: str, name: str) -> str:
        answer = self._http.ask("GET", f"{API}/settings/{group}/woocommerce_{name}", none_if_missing=True)
        return str(answer.get("value") or "") if isinstance(answer, dict) else ""

    def _items_of(self, product: dict[str, Any], at: _Mark) -> Iterator[CatalogItem]:
        if product.get("type") in _NOT_SOLD_HERE:
            return
        if not product.get("variations"):
            yield _item(product, {}, at)
            return
        for variation in self._all(f"{API}/products/{product['id']}/variations", {"orderby": "id", "order": "asc"}):
            yield _item(variation, product, at)


def _item(row: dict[str, Any], parent: dict[str, Any], at: _Mark) -> CatalogItem:
    """``parent``: of a variation; empty where the product is sold itself. What a variation leaves out is its product's."""
    units, is_there = units_of(row), row.get("status") in ("publish", "private")
    attributes = [one for one in dicts(row.get("attributes")) if parent and one.get("option")]
    barcode = str(row.get("global_unique_id") or "").strip()
    return CatalogItem(
        article=Article(
            external_id=str(row.get("id")),
            stock_id=str(parent["id"]) if parent else "",
            code=str(row.get("sku") or "").strip(),
        ),
        title=unescape(str((parent or row).get("name") or "")),
        options=[unescape(str(one["option"])) for one in attributes],
        option_names=[unescape(str(one.get("name") or "")) for one in attributes],
        barcodes=[barcode] if barcode else [],
        weight_g=grams_of(row.get("weight") or parent.get("weight"), at.weight_unit) or None,
        price=decimal_of(row.get("price")),
        cost=decimal_of(cost.get("total_value")) if isinstance(cost := row.get("cost_of_goods_sold"), dict) else None,
        currency=at.currency,
        picture=_picture(row) or _picture(parent),
        tracked=bool(row.get("manage_stock")),
        active=is_there and parent.get("status", "publish") in ("publish", "private"),
        available=None if units is None else {"": units},
    )


def _picture(row: dict[str, Any]) -> str:
    pictures = dicts(row.get("images")) or dicts([row.get("image")])
    return str(pictures[0].get("src") or "") if pictures else ""
