"""eBay's codes of carriers. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

_CODES = {
    re.sub(r"\W", "", code).casefold(): code
    for code in (
        "AustraliaPost", "CanadaPost", "Chronopost", "ColiposteDomestic", "Correos", "DeutschePost", "DHL", "DPD", "Evri", "FedEx",
        "GLS", "Hermes", "InPost", "OnTrac", "ParcelForce", "PosteItaliane", "PostNL", "Purolator", "RoyalMail", "SEUR", "TNT",
        "UPS", "USPS", "Yodel",
    )
}  # fmt: skip


def carrier_code(name: str, own: Mapping[str, str]) -> str:
    """A carrier without a code goes by its name, which eBay takes too. ``own``: the channel's table."""
    folded = name.strip().casefold()
    given = {key.strip().casefold(): code for key, code in own.items()}.get(folded)
    return given or _CODES.get(re.sub(r"\W", "", folded)) or name.strip() or "Other"
