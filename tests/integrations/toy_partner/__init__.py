"""A partner with a small contract of its own: the folder to copy for a partner of yours (docs/how-to/add-a-partner.md)."""

from __future__ import annotations

from apps.integrations.framework.adapter import PartnerAdapter
from apps.integrations.framework.offers import Offer
from apps.integrations.framework.signatures import HmacBase64
from apps.network.models import Capability

from .callbacks import EXAMPLES, read
from .client import VERSION, Toy
from .settings import ToySettings

ADAPTER = PartnerAdapter(
    kind="toy",
    title="Toy logistics",
    version=VERSION,
    client=Toy,
    signature=HmacBase64(header="toy-signature"),
    read_callback=read,
    examples=EXAMPLES,
    settings=ToySettings,
    # It takes whatever it gets, so it declares nothing of accepting and rejecting.
    capabilities=frozenset({Capability.LOOK_UP, Capability.DEDUPLICATES, Capability.CANCEL}),
    offers=frozenset({Offer.CALLBACKS}),
)
