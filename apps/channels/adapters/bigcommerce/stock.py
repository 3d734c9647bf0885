"""How much BigCommerce may sell, at one of its locations."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_noop

from apps.channels.adapters.bigcommerce.api import Api
from apps.channels.adapters.bigcommerce.settings import FIRST_LOCATION, BigCommerceSettings
from apps.channels.errors import ShopDeclined
from apps.channels.framework.stock import Article, Figure, FigureResult, Shown, StockLimits, refused

# It takes 2,000, and refuses all of them for one.
LIMITS = StockLimits(batch=100)
NOT_KNOWN = gettext_noop("It is not known by the id of a variant: import the catalog again.")


class Stock(Api):
    """An article's ``external_id`` is the id of its variant; a product without options has one, too."""

    @property
    def _location(self) -> int:
        settings = self._connection.settings
        return settings.location if isinstance(settings, BigCommerceSettings) else FIRST_LOCATION

    def send_stock(self, figures: Sequence[Figure]) -> Sequence[FigureResult]:
        """All that is sent in one call is taken, or none of it: what is refused whole is sent in halves, until the one is known."""
        known = [one for one in figures if one.article.external_id.isdecimal()]
        unknown = [refused(one.article, NOT_KNOWN) for one in figures if one not in known]
        return unknown + (self._in_halves(known) if known else [])

    def _in_halves(self, figures: Sequence[Figure]) -> list[FigureResult]:
        items = [
            {"location_id": self._location, "variant_id": int(one.article.external_id), "quantity": one.available}
            for one in figures
        ]
        try:
            self._send("PUT", "/v3/inventory/adjustments/absolute", body={"reason": "Orderyard", "items": items})
        except ShopDeclined as refusal:
            if refusal.details["answer"] != 422:
                raise
            if len(figures) == 1:
                return [refused(figures[0].article, str(refusal.details["said"]))]
            half = len(figures) // 2
            return self._in_halves(figures[:half]) + self._in_halves(figures[half:])
        return [FigureResult(article=one.article, taken=True) for one in figures]

    def read_stock(self, articles: Sequence[Article]) -> Sequence[Shown]:
        known = [one.external_id for one in articles if one.external_id.isdecimal()]
        path = f"/v3/inventory/locations/{self._location}/items"
        shown = {}
        for row in self._pages(path, {"variant_id:in": ",".join(known)}) if known else ():
            identity, units = row.get("identity"), row.get("available_to_sell")
            if isinstance(identity, dict) and isinstance(units, int):
                shown[str(identity.get("variant_id"))] = units
        return [Shown(article=one, available=shown.get(one.external_id)) for one in articles]
