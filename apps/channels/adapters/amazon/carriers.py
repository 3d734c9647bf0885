"""Amazon's names of carriers. Pure."""

from __future__ import annotations

from collections.abc import Mapping

# The codes that the shipment confirmation knows; another carrier is "Other", with its name.
_CODES = {
    code.casefold(): code
    for code in (
        "Australia Post", "bpost", "Canada Post", "Chronopost", "Colissimo", "Correos", "Deutsche Post", "DHL", "DHL eCommerce",
        "DPD", "Evri", "FedEx", "GLS", "Hermes", "InPost", "Japan Post", "La Poste", "OnTrac", "Parcelforce", "Poste Italiane",
        "PostNL", "Purolator", "Royal Mail", "Sagawa", "SEUR", "TNT", "UPS", "USPS", "Yamato", "Yodel",
    )
}  # fmt: skip


def carrier_of(name: str, own: Mapping[str, str]) -> dict[str, str]:
    """``carrierCode``, and ``carrierName`` where there is no code. ``own``: the channel's table."""
    folded = name.strip().casefold()
    given = {key.strip().casefold(): code for key, code in own.items()}.get(folded) or _CODES.get(folded)
    if given:
        return {"carrierCode": given}
    return {"carrierCode": "Other", "carrierName": name.strip() or "Other"}
