"""Listings Items 2021-08-01: what the seller sells on Amazon and how much of it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from apps.channels.adapters.amazon.calls import SellingPartner
from apps.channels.adapters.amazon.settings import AmazonSettings
from apps.channels.errors import ShopUnreachable
from apps.channels.framework.catalog import CatalogItem, CatalogPage
from apps.channels.framework.json_values import decimal_of, dict_of, dicts, grams_of
from apps.channels.framework.refusal_text import said_in, shop_words
from apps.channels.framework.stock import Article, Figure, FigureResult, Shown, refused

PER_PAGE = 20
# A search ends after so many, whatever there is: the next one goes on from the last one's day.
MOST_FOUND = 1000
# The merchant's own stock; any other is kept, and counted, by Amazon.
OURS = "DEFAULT"
_SHOWN = "fulfillmentAvailability"
_WHOLE = "summaries,attributes,offers,fulfillmentAvailability"
_NOT_OURS = "Amazon fulfills this SKU and counts its stock itself. Take it off what is sold here."


class Listings:
    def __init__(self, calls: SellingPartner, settings: AmazonSettings) -> None:
        self._calls, self._settings = calls, settings
        self._path = f"/listings/2021-08-01/items/{quote(settings.seller_id, safe='')}"
        self._where = {"marketplaceIds": settings.marketplace_id}

    def send(self, figure: Figure) -> FigureResult:
        """``merge``, not ``replace``: the handling time stands beside the quantity and is to stay."""
        article = figure.article
        if article.stock_id not in ("", OURS):
            return refused(article, _NOT_OURS)
        value = [{"fulfillment_channel_code": OURS, "quantity": figure.available}]
        patch = {"op": "merge", "path": "/attributes/fulfillment_availability", "value": value}
        path = f"{self._path}/{quote(article.external_id, safe='')}"
        body = {"productType": "PRODUCT", "patches": [patch]}
        answer = self._calls.call("patchListingsItem", "PATCH", path, params=self._where, body=body)
        if answer.status in (400, 404, 422):
            return refused(article, shop_words(said_in(answer.body)))
        if not answer.went_well:
            raise self._calls.declined("patchListingsItem", answer)
        # What is accepted for processing may be known to fail already; warnings stop nothing.
        errors = [one for one in dicts(answer.body.get("issues")) if one.get("severity") == "ERROR"]
        if answer.body.get("status") in ("ACCEPTED", "VALID") and not errors:
            return FigureResult(article=article, taken=True)
        return refused(article, shop_words(said_in(errors)))

    def shown(self, articles: Sequence[Article]) -> list[Shown]:
        found: dict[str, int | None] = {}
        for start in range(0, len(articles), PER_PAGE):
            codes = [one.external_id for one in articles[start : start + PER_PAGE]]
            items, _, _ = self._search(
                {"identifiers": ",".join(codes), "identifiersType": "SKU", "includedData": _SHOWN}
            )
            found |= {str(one.get("sku")): _ours(one) for one in items}
        return [Shown(article=one, available=found.get(one.external_id)) for one in articles]

    def page(self, mark: str) -> CatalogPage:
        """``mark``: since when the listings of this search were made, and the page of it."""
        since, _, token = mark.partition("|")
        asked = {"includedData": _WHOLE, "sortBy": "createdDate", "sortOrder": "ASC"}
        asked |= {"createdAfter": since} if since else {}
        items, following, total = self._search(asked | ({"pageToken": token} if token else {}))
        following = f"{since}|{following}" if following else _next_search(items, since, total)
        return CatalogPage(
            items=[_item(one) for one in items if one.get("sku")],
            next=following,
            total=None if since or (total or 0) >= MOST_FOUND else total,
        )

    def may(self) -> bool:
        """Whether this app may ask for the seller's listings."""
        params = self._where | {"pageSize": "1", "includedData": "summaries"}
        return self._calls.call("searchListingsItems", "GET", self._path, params=params).status not in (401, 403)

    def _search(self, asked: Mapping[str, str]) -> tuple[list[dict[str, Any]], str, int | None]:
        params = self._where | {"pageSize": str(PER_PAGE), **asked}
        said = self._calls.ask("searchListingsItems", "GET", self._path, params=params).body
        if not isinstance(said.get("items"), list):
            raise ShopUnreachable("no list of listings")
        paging, total = said.get("pagination"), said.get("numberOfResults")
        following = str(paging.get("nextToken") or "") if isinstance(paging, dict) else ""
        return dicts(said["items"]), following, total if isinstance(total, int) else None


def _next_search(items: Sequence[Mapping[str, Any]], since: str, total: int | None) -> str:
    made = max((str(_first(one.get("summaries")).get("createdDate") or "") for one in items), default="")
    return f"{made}|" if (total or 0) >= MOST_FOUND and made > since else ""


def _ours(item: Mapping[str, Any]) -> int | None:
    """None where it is not the merchant's to count."""
    for one in dicts(item.get("fulfillmentAvailability")):
        if one.get("fulfillmentChannelCode") == OURS:
            units = one.get("quantity")
            return units if isinstance(units, int) else 0
    return None


def _item(item: Mapping[str, Any]) -> CatalogItem:
    sku, summary, attributes = str(item["sku"]), _first(item.get("summaries")), item.get("attributes")
    said: Mapping[str, Any] = attributes if isinstance(attributes, dict) else {}
    kept = dicts(item.get("fulfillmentAvailability"))
    kept_as = [str(one.get("fulfillmentChannelCode") or "") for one in kept]
    ours = _ours(item)
    weight = _first(said.get("item_package_weight") or said.get("item_weight"))
    price = next((one.get("price") for one in dicts(item.get("offers")) if one.get("offerType") == "B2C"), None)
    amount: Mapping[str, Any] = price if isinstance(price, dict) else {}
    return CatalogItem(
        article=Article(external_id=sku, stock_id=OURS if not kept or OURS in kept_as else kept_as[0], code=sku),
        title=str(summary.get("itemName") or ""),
        options=[text for text in (_value(said, "size"), _value(said, "color")) if text],
        barcodes=_barcodes(dicts(said.get("externally_assigned_product_identifier"))),
        weight_g=grams_of(weight.get("value"), weight.get("unit")),
        price=decimal_of(amount.get("amount")),
        currency=str(amount.get("currencyCode") or ""),
        picture=str(dict_of(summary.get("mainImage")).get("link") or ""),
        tracked=not kept or OURS in kept_as,
        active="BUYABLE" in (summary.get("status") or ()),
        available=None if ours is None else {"": ours},
        origin=_value(said, "country_of_origin"),
    )


def _barcodes(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(str(one["value"]) for one in rows if one.get("value")))


def _value(attributes: Mapping[str, Any], name: str) -> str:
    return str(_first(attributes.get(name)).get("value") or "")


def _first(value: Any) -> Mapping[str, Any]:
    return next(iter(dicts(value)), {})
