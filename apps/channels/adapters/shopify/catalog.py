"""What Shopify sells, and where it keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apps.channels.adapters.shopify import documents
from apps.channels.adapters.shopify.base import ShopifyApi
from apps.channels.adapters.shopify.gids import number_of
from apps.channels.adapters.shopify.nodes import next_of, nodes_of
from apps.channels.adapters.shopify.stock import available_of
from apps.channels.errors import ShopUnreachable
from apps.channels.framework.catalog import CatalogItem, CatalogPage, Location
from apps.channels.framework.json_values import decimal_of, grams_of
from apps.channels.framework.paging import all_rows
from apps.channels.framework.stock import Article

ON_A_PAGE = {"first": 50}
# A product without options has one variant with this title and option.
_NO_OPTION = "Default Title"


class Catalog(ShopifyApi):
    def catalog_page(self, mark: str) -> CatalogPage:
        data = self._ask_in_sizes(documents.CATALOG, {"after": mark or None}, ON_A_PAGE).data
        listed = data.get("productVariants")
        if not isinstance(listed, dict) or not isinstance(listed.get("nodes"), list):
            raise ShopUnreachable("a catalog without variants")
        currency = str((data.get("shop") or {}).get("currencyCode") or "")
        count = data.get("productVariantsCount") or {}
        return CatalogPage(
            items=[_item(one, currency) for one in nodes_of(listed)],
            next=next_of(listed),
            total=count.get("count") if count.get("precision") == "EXACT" else None,
        )

    def locations(self) -> Sequence[Location]:
        def page(mark: str) -> tuple[Any, str]:
            listed = self._api.ask(documents.LOCATIONS, {"after": mark or None}).data.get("locations")
            return nodes_of(listed), next_of(listed)

        return [_location(one) for one in all_rows(page)]


def _item(node: Mapping[str, Any], currency: str) -> CatalogItem:
    product, stock = node.get("product") or {}, node.get("inventoryItem") or {}
    cost, weight = stock.get("unitCost") or {}, (stock.get("measurement") or {}).get("weight") or {}
    barcode = str(node.get("barcode") or "").strip()
    return CatalogItem(
        article=Article(
            external_id=str(number_of(node["id"])),
            stock_id=str(number_of(stock.get("id") or "")),
            code=str(node.get("sku") or ""),
        ),
        title=_title(node, product),
        options=_options(node),
        barcodes=[barcode] if barcode else [],
        # Nothing is what Shopify writes where nobody has said.
        weight_g=grams_of(weight.get("value"), weight.get("unit")) or None,
        price=decimal_of(node.get("price")),
        # What it costs is said in the shop's currency too; in another one it would be compared with the wrong thing.
        cost=decimal_of(cost.get("amount")) if cost.get("currencyCode") in (None, currency) else None,
        currency=currency,
        picture=_picture(node, product),
        tracked=stock.get("tracked") if isinstance(stock.get("tracked"), bool) else None,
        active=product.get("status") in ("ACTIVE", "UNLISTED"),
        available=_levels(stock),
        parts=_parts(node),
        hs_code=str(stock.get("harmonizedSystemCode") or ""),
        origin=str(stock.get("countryCodeOfOrigin") or ""),
    )


def _title(node: Mapping[str, Any], product: Mapping[str, Any]) -> str:
    own = str(node.get("title") or "")
    return " - ".join(part for part in (str(product.get("title") or ""), own) if part and part != _NO_OPTION)


def _options(node: Mapping[str, Any]) -> list[str]:
    values = [str(one.get("value") or "") for one in node.get("selectedOptions") or []]
    return [value for value in values if value and value != _NO_OPTION]


def _picture(node: Mapping[str, Any], product: Mapping[str, Any]) -> str:
    for media in [*nodes_of(node.get("media")), product.get("featuredMedia") or {}]:
        image = (media.get("preview") or {}).get("image") or {}
        if image.get("url"):
            return str(image["url"])
    return ""


def _levels(stock: Mapping[str, Any]) -> dict[str, int] | None:
    if not stock.get("tracked"):
        return None
    levels = nodes_of(stock.get("inventoryLevels"))
    shown = {str(number_of((one.get("location") or {}).get("id") or "")): available_of(one) for one in levels}
    return {place: units for place, units in shown.items() if units is not None}


def _parts(node: Mapping[str, Any]) -> list[tuple[str, int]]:
    parts = [
        (one.get("productVariant") or {}, one.get("quantity")) for one in nodes_of(node.get("productVariantComponents"))
    ]
    return [(str(variant["sku"]), units) for variant, units in parts if variant.get("sku") and isinstance(units, int)]


def _location(node: Mapping[str, Any]) -> Location:
    address = node.get("address") or {}
    return Location(
        external_id=str(number_of(node["id"])),
        name=str(node.get("name") or ""),
        line1=str(address.get("address1") or ""),
        city=str(address.get("city") or ""),
        region=str(address.get("provinceCode") or address.get("province") or ""),
        postal_code=str(address.get("zip") or ""),
        country=str(address.get("countryCode") or ""),
        active=bool(node.get("isActive")),
    )
