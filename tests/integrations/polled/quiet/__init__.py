"""A partner of our own contract that reports nothing: it is asked order by order how each stands."""

from __future__ import annotations

from collections.abc import Sequence

from apps.integrations.adapters.http_3pl.client import Http3pl
from apps.integrations.framework.adapter import PartnerAdapter
from apps.integrations.framework.base import (
    Callback,
    CalledOff,
    Found,
    GoodsArrived,
    GoodsLeft,
    Missing,
    Outstanding,
    ReportedParcel,
    TakenOn,
    Updates,
    UpdatesResponse,
)
from apps.integrations.framework.offers import Offer
from apps.network.models import Capability


class Quiet(Http3pl):
    def fetch_updates(self, outstanding: Sequence[Outstanding], *, cursor: str) -> UpdatesResponse:
        heard: list[Callback] = []
        for one in outstanding:
            found = self.look_up(one.key)
            if isinstance(found, Found):
                heard += _said(one.key, found)
            elif not isinstance(found, Missing):
                return found
        return Updates(200, tuple(heard), cursor=f"{int(cursor or 0) + 1}")


def _said(key: str, found: Found) -> list[Callback]:
    left = GoodsLeft(key, found.reference, f"S-{found.reference}", "coastpost", "", (ReportedParcel("T-1", "", 0, ()),))
    if found.state == "received":
        return []
    if found.state == "accepted":
        return [TakenOn(key, found.reference)]
    if found.state == "shipped":
        return [left]
    return [left, GoodsArrived(key, left.shipment)] if found.state == "delivered" else [CalledOff(key)]


ADAPTER = PartnerAdapter(
    kind="quiet",
    title="A partner that reports nothing",
    version="1",
    client=Quiet,
    capabilities=frozenset({Capability.ACCEPT_REJECT, Capability.LOOK_UP, Capability.DEDUPLICATES, Capability.CANCEL}),
    offers=frozenset({Offer.UPDATES}),
)
