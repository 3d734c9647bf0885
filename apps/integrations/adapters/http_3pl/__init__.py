"""Orderyard's own 3PL contract: what a partner that wants to work with us implements."""

from __future__ import annotations

from pathlib import Path

from apps.integrations.adapters.http_3pl.callbacks import EXAMPLES, parse
from apps.integrations.adapters.http_3pl.client import Http3pl
from apps.integrations.framework.adapter import PartnerAdapter
from apps.integrations.framework.offers import Offer
from apps.integrations.framework.signatures import StandardWebhooks
from apps.network.models import Capability

ADAPTER = PartnerAdapter(
    kind="http_3pl",
    title="Orderyard's open HTTP contract",
    version="1",
    contract=Path(__file__).parent / "contract.openapi.yaml",
    client=Http3pl,
    signature=StandardWebhooks(),
    read_callback=parse,
    examples=EXAMPLES,
    capabilities=frozenset({Capability.ACCEPT_REJECT, Capability.LOOK_UP, Capability.DEDUPLICATES, Capability.CANCEL}),
    offers=frozenset({Offer.CALLBACKS, Offer.CONFIRMS}),
)
