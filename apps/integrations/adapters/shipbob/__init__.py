"""ShipBob, a 3PL: its 2026-01 API."""

from __future__ import annotations

from apps.integrations.adapters.shipbob.client import ShipBob
from apps.integrations.adapters.shipbob.settings import ShipBobSettings
from apps.integrations.framework.adapter import PartnerAdapter
from apps.integrations.framework.offers import Offer
from apps.network.models import Capability

ADAPTER = PartnerAdapter(
    kind="shipbob",
    title="ShipBob",
    version="2026-01",
    client=ShipBob,
    settings=ShipBobSettings,
    # It takes whatever it gets, and refuses a reference it has seen before instead of answering with the order.
    capabilities=frozenset({Capability.LOOK_UP, Capability.CANCEL}),
    offers=frozenset({Offer.UPDATES}),
)
