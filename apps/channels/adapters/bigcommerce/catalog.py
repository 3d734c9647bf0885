"""What BigCommerce sells, and where it keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from apps.channels.adapters.bigcommerce.api import Api
from apps.channels.errors import ShopUnreachable
from apps.channels.framework.catalog import CatalogItem, CatalogPage, Location
from apps.channels.framework.json_values import decimal_of, dicts, grams_of
from apps.channels.framework.stock import Article

PER_LOOK = 50


@dataclass(frozen=True, slots=True)
class _Mark:
    """The last product read, and what the store counts in: asked for once, with the first page."""

    after: int
    currency: str
    weight_unit: str

    @classmethod
    def of(cls, text: str) -> _Mark:
        after, currency, unit = text.split(":")
        return cls(int(after), currency, unit)

    def __str__(self) -> str:
        return f"{self.after}:{self.currency}:{self.weight_unit}"


class Catalog(Api):
    def catalog_page(self, mark: str) -> CatalogPage:
        """By id, each page after the last one's: what is deleted or added meanwhile hides nothing."""
        at = _Mark.of(mark) if mark else self._first_mark()
        params = {"include": "variants,primary_image", "sort": "id", "direction": "asc", "limit": str(PER_LOOK)}
        answer = self._send("GET", "/v3/catalog/products", params={**params, "id:greater": str(at.after)})
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
            raise ShopUnreachable("no list of products")
        products = dicts(answer["data"])
        items = [item for one in products for item in _items(one, at)]
        last = products[-1].get("id") if products else None
        more = len(products) >= PER_LOOK and isinstance(last, int) and last > at.after
        return CatalogPage(
            items=items, next=str(_Mark(int(last), at.currency, at.weight_unit)) if more and last else ""
        )

    def _first_mark(self) -> _Mark:
        store = self._send("GET", "/v2/store")
        store = store if isinstance(store, dict) else {}
        return _Mark(0, str(store.get("currency") or ""), str(store.get("weight_units") or ""))

    def locations(self) -> Sequence[Location]:
        return [_location(one) for one in self._pages("/v3/inventory/locations")]


def _items(product: dict[str, Any], at: _Mark) -> Iterator[CatalogItem]:
    """Each variant; a product without options has one, too."""
    for variant in dicts(product.get("variants")):
        counted = product.get("inventory_tracking") in ("product", "variant")
        # Counted as a whole, the product has the count, and its variants share it.
        units = (product if product.get("inventory_tracking") == "product" else variant).get("inventory_level")
        options = dicts(variant.get("option_values"))
        barcodes = [
            variant.get("upc") or variant.get("gtin"),
            *([] if options else [product.get("upc") or product.get("gtin")]),
        ]
        picture = product.get("primary_image")
        yield CatalogItem(
            article=Article(
                external_id=str(variant.get("id")), code=str(variant.get("sku") or product.get("sku") or "").strip()
            ),
            title=str(product.get("name") or ""),
            options=[str(one.get("label") or "") for one in options],
            option_names=[str(one.get("option_display_name") or "") for one in options],
            barcodes=list(dict.fromkeys(str(one) for one in barcodes if one)),
            weight_g=grams_of(_first(variant, product, "calculated_weight", "weight"), at.weight_unit) or None,
            price=decimal_of(_first(variant, product, "calculated_price", "price")),
            cost=decimal_of(_first(variant, product, "cost_price")) or None,
            currency=at.currency,
            picture=str(
                variant.get("image_url") or (picture.get("url_standard") if isinstance(picture, dict) else "") or ""
            ),
            tracked=counted,
            active=bool(product.get("is_visible")) and not variant.get("purchasing_disabled"),
            available={"": units} if counted and isinstance(units, int) else None,
        )


def _first(variant: dict[str, Any], product: dict[str, Any], *names: str) -> Any:
    """What the variant says of itself, or else its product."""
    found = (row.get(name) for row in (variant, product) for name in names)
    return next((one for one in found if one is not None), None)


def _location(row: dict[str, Any]) -> Location:
    address = row.get("address")
    at = address if isinstance(address, dict) else {}
    return Location(
        external_id=str(row.get("id")),
        name=str(row.get("label") or row.get("code") or ""),
        line1=str(at.get("address1") or ""),
        city=str(at.get("city") or ""),
        region=str(at.get("state") or ""),
        postal_code=str(at.get("zip") or ""),
        country=str(at.get("country_code") or ""),
        active=row.get("enabled") is not False,
    )
