"""Amazon's stores: the id of each, its country and currency. Pure."""

from __future__ import annotations

_KNOWN = {
    "A2EUQ1WTGCTBG2": ("CA", "CAD"), "ATVPDKIKX0DER": ("US", "USD"), "A1AM78C64UM0Y8": ("MX", "MXN"),
    "A2Q3Y263D00KWC": ("BR", "BRL"), "A28R8C7NBKEWEA": ("IE", "EUR"), "A1RKKUPIHCS9HS": ("ES", "EUR"),
    "A1F83G8C2ARO7P": ("GB", "GBP"), "A13V1IB3VIYZZH": ("FR", "EUR"), "AMEN7PMS3EDWL": ("BE", "EUR"),
    "A1805IZSGTT6HS": ("NL", "EUR"), "A1PA6795UKMFR9": ("DE", "EUR"), "APJ6JRA9NG5V4": ("IT", "EUR"),
    "A2NODRKZP88ZB9": ("SE", "SEK"), "AE08WJ6YKNBMC": ("ZA", "ZAR"), "A1C3SOZRARQ6R3": ("PL", "PLN"),
    "ARBP9OOSHTCHU": ("EG", "EGP"), "A33AVAJ2PDY3EV": ("TR", "TRY"), "A17E79C6D8DWNP": ("SA", "SAR"),
    "A2VIGQ35RCS4UG": ("AE", "AED"), "A21TJRUUN4KGV": ("IN", "INR"), "A19VAU5U5O7RUS": ("SG", "SGD"),
    "A39IBJ37TRP1C6": ("AU", "AUD"), "A1VC38T7YXB528": ("JP", "JPY"),
}  # fmt: skip


def country_and_currency(marketplace_id: str) -> tuple[str, str]:
    """Empty for a store we do not know."""
    return _KNOWN.get(marketplace_id, ("", ""))
