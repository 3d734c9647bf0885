"""Etsy's Open API v3: receipts by polling, tracking out. Stock and catalog are in ``inventory``."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from apps.channels.adapters.etsy.inventory import Inventory
from apps.channels.adapters.etsy.messages import as_message, moment_of
from apps.channels.adapters.etsy.setting_up import SCOPES
from apps.channels.errors import ShopUnreachable
from apps.channels.framework.exchange import time_of
from apps.channels.framework.json_values import dicts
from apps.channels.framework.paging import Page
from apps.channels.framework.setup import ConnectionReport, Scope
from apps.channels.framework.shop import Parcel, ShipmentReport

VERSION = "v3"
PER_PAGE = 100
# Carriers that Etsy knows by another word than their name; what it does not know is "other", with the number all the same.
OTHER = "other"


class Etsy(Inventory):
    id_pattern = r"^\d+$"

    def changed_orders(self, listing: str, since: datetime, until: datetime | None, mark: str) -> Page:
        params = {
            "min_last_modified": str(int(since.timestamp())),
            "sort_on": "updated",
            "sort_order": "asc",
            "limit": str(PER_PAGE),
            "offset": mark or "0",
        }
        if until is not None:
            params["max_last_modified"] = str(int(until.timestamp()))
        answer, reply = self._http.ask_page(f"{self._shop}/receipts", params)
        if not isinstance(answer, dict) or not isinstance(answer.get("results"), list):
            raise ShopUnreachable("no list of receipts")
        receipts = [as_message(one) for one in dicts(answer["results"])]
        count = answer.get("count")
        total, reached = count if isinstance(count, int) else None, int(mark or "0") + len(receipts)
        more = bool(receipts) and (reached < total if total is not None else len(receipts) >= PER_PAGE)
        return Page(
            receipts,
            [moment_of(one.get("updated_timestamp") or one.get("update_timestamp")) for one in receipts],
            str(reached) if more else "",
            total=total,
            shop_time=time_of(reply),
        )

    def report_shipment(self, shipped: ShipmentReport, *, check_first: bool) -> str:
        """Each parcel by its number; one without a number marks the receipt as shipped. Etsy completes a receipt with the first."""
        path = f"{self._shop}/receipts/{quote(shipped.external_id, safe='')}"
        known = self._http.ask("GET", path, none_if_missing=True) if check_first else None
        sent = {str(one.get("tracking_code")) for one in dicts((known or {}).get("shipments"))}
        parcels = [one for one in shipped.parcels if one.number] or [Parcel("", "", "")]
        left = [one for one in parcels if one.number not in sent]
        if known and not any(one.number for one in parcels) and known.get("is_shipped"):
            left = []
        for parcel in left:
            self._track(path, parcel)
        if not left:
            return "the shop had it already"
        return "sent to the shop" if shipped.complete else "sent to the shop; more is to follow"

    def _track(self, path: str, parcel: Parcel) -> None:
        form = {"tracking_code": parcel.number, "carrier_name": self._carrier(parcel.carrier)} if parcel.number else {}
        status, answer, _ = self._http.send("POST", f"{path}/tracking", form={**form, "send_bcc": "false"})
        if status >= 300:
            raise self._http.declined(status, answer, "tracking")

    def _carrier(self, name: str) -> str:
        """By the channel's table of carriers, else as Etsy writes names: in lower case, with hyphens."""
        table = self._connection.settings.tables.get("carrier", {})
        return table.get(name) or "-".join(name.casefold().split()) or OTHER

    def check_connection(self) -> ConnectionReport:
        """Whose shop it is, what the token allows, and the shop itself: three calls, because Etsy says it in three places."""
        token = self._connection.token()
        status, said, _ = self._http.send("POST", "/v3/application/scopes", form={"token": token}, operation="read")
        if status >= 300:
            raise self._http.declined(status, said, "scopes")
        granted = set(said.get("scopes") or said) if isinstance(said, dict) else set(said or ())
        shop = self._http.ask("GET", self._shop)
        if not isinstance(shop, dict):
            raise ShopUnreachable("an answer without the shop")
        return ConnectionReport(
            shop_name=str(shop.get("shop_name") or ""),
            account=str(shop.get("shop_id") or ""),
            currency=str(shop.get("currency_code") or ""),
            country=str(shop.get("shop_location_country_iso") or ""),
            scopes=[
                Scope(name=name, purpose=purpose, granted=name in granted, needed=needed)
                for name, purpose, needed in SCOPES
            ],
        )
