"""eBay's Inventory API: what is sold there, how much of it is shown, and where it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apps.channels.adapters.ebay.calls import SellApi, mark_of
from apps.channels.errors import ShopUnreachable
from apps.channels.framework.catalog import CatalogItem, CatalogPage, Location
from apps.channels.framework.json_values import decimal_of, dict_of, dicts, grams_of
from apps.channels.framework.paging import all_rows
from apps.channels.framework.refusal_text import said_in, shop_words
from apps.channels.framework.stock import Article, Figure, FigureResult, Shown, refused

# As many as one call takes, of figures and of items read.
BATCH = 25
_API = "/sell/inventory/v1"


class Inventory:
    """An article is an inventory item by its SKU; its ``stock_id`` is the offer that shows it, where it is for sale."""

    def __init__(self, calls: SellApi, marketplace_id: str) -> None:
        self._calls, self._marketplace = calls, marketplace_id

    def send(self, figures: Sequence[Figure]) -> list[FigureResult]:
        body = {"requests": [_request(one) for one in figures]}
        answer = self._calls.call("bulkUpdatePriceQuantity", "POST", f"{_API}/bulk_update_price_quantity", body=body)
        responses = dicts(answer.body.get("responses"))
        if not responses:
            raise self._calls.declined("bulkUpdatePriceQuantity", answer)
        found = [_result(one.article, responses) for one in figures]
        return [one for one in found if one is not None]

    def shown(self, articles: Sequence[Article]) -> list[Shown]:
        found: dict[str, int | None] = {}
        for start in range(0, len(articles), BATCH):
            asked = {"requests": [{"sku": one.external_id} for one in articles[start : start + BATCH]]}
            said = self._calls.ask("bulkGetInventoryItem", "POST", f"{_API}/bulk_get_inventory_item", body=asked)
            found |= {str(one.get("sku")): _units(one.get("inventoryItem")) for one in dicts(said.get("responses"))}
        return [Shown(article=one, available=found.get(one.external_id)) for one in articles]

    def page(self, mark: str) -> CatalogPage:
        """Items, each with its offer: eBay gives offers of one SKU at a time."""
        asked = {"limit": str(BATCH), "offset": mark or "0"}
        said = self._calls.ask("getInventoryItems", "GET", f"{_API}/inventory_item", params=asked)
        if not isinstance(said.get("inventoryItems"), list):
            raise ShopUnreachable("no list of inventory items")
        items = [one for one in dicts(said["inventoryItems"]) if one.get("sku")]
        total = said.get("total")
        return CatalogPage(
            items=[_item(one, self._offer(str(one["sku"]))) for one in items],
            next=mark_of(said.get("next")),
            total=total if isinstance(total, int) else None,
        )

    def _offer(self, sku: str) -> Mapping[str, Any]:
        """That by which it is for sale at a fixed price: the published one, if there is one."""
        params = {"sku": sku, "format": "FIXED_PRICE"}
        params |= {"marketplace_id": self._marketplace} if self._marketplace else {}
        answer = self._calls.call("getOffers", "GET", f"{_API}/offer", params=params)
        if answer.status == 404:
            return {}
        if not answer.went_well:
            raise self._calls.declined("getOffers", answer)
        offers = dicts(answer.body.get("offers"))
        return next((one for one in offers if one.get("status") == "PUBLISHED"), next(iter(offers), {}))

    def locations(self) -> list[Location]:
        def page(mark: str) -> tuple[Any, str]:
            params = {"limit": "100", "offset": mark or "0"}
            said = self._calls.ask("getLocations", "GET", f"{_API}/location", params=params)
            return said.get("locations") or [], mark_of(said.get("next"))

        return [_location(one) for one in all_rows(page) if one.get("merchantLocationKey")]

    def may(self) -> bool:
        params = {"limit": "1", "offset": "0"}
        answer = self._calls.call("getInventoryItems", "GET", f"{_API}/inventory_item", params=params)
        return answer.status not in (401, 403)


def _request(figure: Figure) -> dict[str, Any]:
    """The item's stock, and that of its offer: an offer with a figure of its own would go on showing that."""
    said = {"sku": figure.article.external_id, "shipToLocationAvailability": {"quantity": figure.available}}
    if not figure.article.stock_id:
        return said
    return said | {"offers": [{"offerId": figure.article.stock_id, "availableQuantity": figure.available}]}


def _result(article: Article, responses: Sequence[Mapping[str, Any]]) -> FigureResult | None:
    """What is said of the item and of its offer. Taken if both were; None: nothing is said of it."""
    mine = [
        one
        for one in responses
        if str(one.get("sku")) == article.external_id
        or (article.stock_id and str(one.get("offerId")) == article.stock_id)
    ]
    if not mine:
        return None
    wrong = [one for one in mine if not 200 <= int(one.get("statusCode") or 0) < 300]
    if not wrong:
        return FigureResult(article=article, taken=True)
    return refused(
        article, shop_words(dict.fromkeys(sentence for one in wrong for sentence in said_in(one.get("errors"))))
    )


def _units(item: Any) -> int | None:
    shown = dict_of(dict_of(dict_of(item).get("availability")).get("shipToLocationAvailability")).get("quantity")
    return shown if isinstance(shown, int) else None


def _item(item: Mapping[str, Any], offer: Mapping[str, Any]) -> CatalogItem:
    sku, product = str(item["sku"]), dict_of(item.get("product"))
    weight = dict_of(dict_of(item.get("packageWeightAndSize")).get("weight"))
    price = dict_of(dict_of(offer.get("pricingSummary")).get("price"))
    units = _units(item)
    barcodes = [str(code) for kind in ("ean", "upc", "isbn") for code in product.get(kind) or ()]
    return CatalogItem(
        article=Article(external_id=sku, stock_id=str(offer.get("offerId") or ""), code=sku),
        title=str(product.get("title") or ""),
        barcodes=list(dict.fromkeys(code for code in barcodes if code.casefold() != "does not apply")),
        weight_g=grams_of(weight.get("value"), weight.get("unit")),
        price=decimal_of(price.get("value")),
        currency=str(price.get("currency") or ""),
        picture=str(next(iter(product.get("imageUrls") or ()), "")),
        tracked=True,
        active=offer.get("status") == "PUBLISHED",
        available=None if units is None else {"": units},
    )


def _location(one: Mapping[str, Any]) -> Location:
    address = dict_of(dict_of(one.get("location")).get("address"))
    return Location(
        external_id=str(one["merchantLocationKey"]),
        name=str(one.get("name") or one["merchantLocationKey"]),
        line1=str(address.get("addressLine1") or ""),
        city=str(address.get("city") or ""),
        region=str(address.get("stateOrProvince") or ""),
        postal_code=str(address.get("postalCode") or ""),
        country=str(address.get("country") or ""),
        active=one.get("merchantLocationStatus") != "DISABLED",
    )
