"""How an order was paid, in words: shops send the codes of their gateways."""

from __future__ import annotations

from apps.ui.language import translated

# What several shops call alike, folded. A gateway's own name ("Klarna") is shown as it came.
METHODS = {
    "bank transfer": "bank transfer",
    "bacs": "bank transfer",
    "card": "card",
    "cc": "card",
    "credit card": "credit card",
    "debit card": "debit card",
    "cash": "cash",
    "cash on delivery": "cash on delivery",
    "cod": "cash on delivery",
    "cheque": "cheque",
    "direct debit": "direct debit",
    "gift card": "gift card",
    "invoice": "invoice",
    "manual": "by hand",
    "voucher": "voucher",
}


def method_words(method: str) -> str:
    """Of several, joined by ``+`` or a comma, each; one that nobody knows as its source wrote it."""
    parts = [part.strip() for part in method.replace("+", ",").split(",")]
    known = [METHODS.get(part.replace("_", " ").replace("-", " ").casefold()) for part in parts]
    return ", ".join(translated(word) if word else part for part, word in zip(parts, known, strict=True) if part)
