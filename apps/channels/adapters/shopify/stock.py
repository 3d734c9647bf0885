"""How much Shopify shows of what is sold there: set at one of its locations, and read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apps.channels.adapters.shopify import documents
from apps.channels.adapters.shopify.base import ShopifyApi
from apps.channels.adapters.shopify.gids import gid
from apps.channels.adapters.shopify.settings import ShopifySettings
from apps.channels.errors import ShopUnreachable
from apps.channels.framework.json_values import dicts
from apps.channels.framework.refusal_text import shop_words
from apps.channels.framework.stock import Article, Figure, FigureResult, Shown, refused
from apps.core.ids import new_id

# Figures in one call at most.
BATCH = 250
# It shows something else than was said, or the same key is under way: neither is a refusal of the article.
_STALE = frozenset({"CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE"})
_AGAIN = frozenset({"IDEMPOTENCY_CONCURRENT_REQUEST"})


class Stock(ShopifyApi):
    def send_stock(self, figures: Sequence[Figure]) -> Sequence[FigureResult]:
        """Shopify sets all of a call or nothing of it: what it names as wrong is left out, and the rest is sent again."""
        left, results = list(figures), dict[str, FigureResult]()
        location = self._stock_location()
        while left:
            errors = self._set(left, location)
            if not errors:
                results |= {one.ref: FigureResult(article=one.article, taken=True) for one in left}
                break
            wrong = _by_figure(errors, left)
            if not wrong:
                raise self._api.declined("inventorySetQuantities", [str(one.get("message") or "") for one in errors])
            results |= {one.ref: _refused(one, wrong[one.ref]) for one in left if one.ref in wrong}
            left = [one for one in left if one.ref not in wrong]
        return [results[one.ref] for one in figures]

    def read_stock(self, articles: Sequence[Article]) -> Sequence[Shown]:
        ids = [gid("InventoryItem", one.stock_id) for one in articles]
        asked = {"ids": ids, "location": self._stock_location()}
        nodes = self._same_shop(self._api.ask(documents.STOCK_SHOWN, asked)).data.get("nodes")
        if not isinstance(nodes, list) or len(nodes) != len(ids):
            raise ShopUnreachable("not one answer for each article")
        return [Shown(article=one, available=_available(node)) for one, node in zip(articles, nodes, strict=True)]

    def _set(self, figures: Sequence[Figure], location: str) -> list[dict[str, Any]]:
        quantities = [
            {
                "inventoryItemId": gid("InventoryItem", one.article.stock_id),
                "locationId": location,
                "quantity": one.available,
                "changeFromQuantity": one.shown,
            }
            for one in figures
        ]
        given = {"name": "available", "reason": "correction", "quantities": quantities}
        # A key of its own for each call: 5, 3 and 5 again would be taken for the first 5 said twice. What was set before is known by
        # the comparison.
        answer = self._api.ask(documents.STOCK_SET, {"input": given, "key": new_id("set")})
        payload = answer.data.get("inventorySetQuantities")
        if not isinstance(payload, dict):
            raise ShopUnreachable("inventorySetQuantities without a payload")
        errors = dicts(payload.get("userErrors"))
        if any(one.get("code") in _AGAIN for one in errors):
            raise ShopUnreachable("the same figures are being set there")
        return errors

    def _stock_location(self) -> str:
        """The location our figures are for: the one that is set, else the shop's first."""
        settings = self._connection.settings
        if isinstance(settings, ShopifySettings) and settings.stock_location:
            return gid("Location", settings.stock_location)
        known = self._same_shop(self._api.ask(documents.PRIMARY_LOCATION, {})).data.get("location")
        if not isinstance(known, dict):
            raise self._api.declined("location", ["It has no location of its own to keep stock at"])
        return str(known["id"])


def _by_figure(errors: Sequence[Mapping[str, Any]], figures: Sequence[Figure]) -> dict[str, list[Mapping[str, Any]]]:
    """What is wrong with each figure, where an error names it by its place, as in ``input.quantities.3.quantity``."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for error in errors:
        places = [int(part) for part in error.get("field") or [] if str(part).isdecimal()]
        if places and places[0] < len(figures):
            found.setdefault(figures[places[0]].ref, []).append(error)
    return found


def _refused(figure: Figure, errors: Sequence[Mapping[str, Any]]) -> FigureResult:
    words = [str(one.get("message") or "") for one in errors if one.get("code") not in _STALE]
    return refused(figure.article, shop_words(words)) if words else FigureResult(article=figure.article, taken=False)


def _available(node: Any) -> int | None:
    level = node.get("inventoryLevel") if isinstance(node, dict) and node.get("tracked") else None
    return available_of(level)


def available_of(level: Any) -> int | None:
    quantities = dicts(level.get("quantities")) if isinstance(level, dict) else []
    found = quantities[0].get("quantity") if quantities else None
    return found if isinstance(found, int) else None
