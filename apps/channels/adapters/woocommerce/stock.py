"""How much WooCommerce may sell: of products by one address, of variations by their product's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_noop

from apps.channels.adapters.woocommerce.api import API, Api
from apps.channels.errors import ShopDeclined
from apps.channels.framework.json_values import dicts
from apps.channels.framework.refusal_text import said_in, shop_words
from apps.channels.framework.stock import Article, Figure, FigureResult, Shown, StockLimits, refused
from apps.core import clock

_PRODUCTS = f"{API}/products"
LIMITS = StockLimits(batch=100)
# Of a hundred variations each may need a call of its own; what is left over is sent with the next lot.
_LONGEST_S = 20.0
_NOT_COUNTED = gettext_noop(
    "WooCommerce counts no stock for it: switch on WooCommerce → Settings → Products → Inventory → Manage stock, and let the "
    "product be a simple product or a variation."
)
_NOT_KNOWN = gettext_noop("It is not known by an id of WooCommerce's: import the catalog again.")


class Stock(Api):
    """An article's ``stock_id`` is its product's id where it is a variation, and empty where it is a product itself."""

    def send_stock(self, figures: Sequence[Figure]) -> Sequence[FigureResult]:
        """Absolute figures, each with a result of its own. Sent a figure, a product is counted from then on."""
        wanted = {one.article: one.available for one in figures if one.article.external_id.isdecimal()}
        results = [refused(one.article, _NOT_KNOWN) for one in figures if one.article not in wanted]
        until = clock.monotonic() + _LONGEST_S
        for path, articles in _by_address(list(wanted)):
            if clock.monotonic() > until:
                break
            rows = [
                {"id": int(one.external_id), "manage_stock": True, "stock_quantity": wanted[one]} for one in articles
            ]
            answers = self._batch(path, rows)
            results += [
                _result(one, wanted[one], answers[one.external_id]) for one in articles if one.external_id in answers
            ]
        return results

    def _batch(self, path: str, rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """What became of each, by its id."""
        try:
            answer = self._http.ask("POST", f"{path}/batch", body={"update": rows})
        except ShopDeclined as refusal:
            # The product of these variations is gone; anything else is about more than these.
            if refusal.details["answer"] not in (400, 404) or path == _PRODUCTS:
                raise
            return {str(row["id"]): {"error": {"message": refusal.details["said"]}} for row in rows}
        return {str(row.get("id")): row for row in dicts(answer.get("update") if isinstance(answer, dict) else None)}

    def read_stock(self, articles: Sequence[Article]) -> Sequence[Shown]:
        shown, until = list[Shown](), clock.monotonic() + _LONGEST_S
        for path, mine in _by_address(articles):
            if shown and clock.monotonic() > until:
                break
            asked = {"include": ",".join(one.external_id for one in mine), "per_page": str(LIMITS.batch)}
            fields = {"_fields": "id,manage_stock,stock_quantity"}
            # None where the product of these variations is gone.
            rows = self._http.ask("GET", path, params=asked | fields, none_if_missing=path != _PRODUCTS)
            found = {str(row.get("id")): row for row in dicts(rows)}
            shown += [Shown(article=one, available=units_of(found.get(one.external_id, {}))) for one in mine]
        return shown


def units_of(row: dict[str, Any]) -> int | None:
    """Whole units; None: it is not counted. Plugins sell by weight, in fractions."""
    units = row.get("stock_quantity")
    counted = row.get("manage_stock") and isinstance(units, int | float)
    return int(units) if counted and isinstance(units, int | float) else None


def _by_address(articles: Sequence[Article]) -> Iterator[tuple[str, list[Article]]]:
    """Where they are sent to and asked for, in the order in which they come: the last units first."""
    grouped: dict[str, list[Article]] = {}
    for one in articles:
        path = f"{_PRODUCTS}/{one.stock_id}/variations" if one.stock_id else _PRODUCTS
        grouped.setdefault(path, []).append(one)
    yield from grouped.items()


def _result(article: Article, units: int, answer: dict[str, Any]) -> FigureResult:
    error = answer.get("error")
    if isinstance(error, dict):
        return refused(article, shop_words(said_in(error)))
    shows = units_of(answer)
    if shows is None:
        return refused(article, _NOT_COUNTED)
    return FigureResult(article=article, taken=shows == units, shows=shows)
