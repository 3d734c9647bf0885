"""Barcodes as scanners and shops write them: one number may come with and without its leading zeros. Pure."""

from __future__ import annotations

LONGEST = 64
# GS1: EAN-8, UPC-A, EAN-13 and GTIN-14 are one number, filled up with zeros to 14 digits.
_LENGTHS = frozenset({8, 12, 13, 14})
# What shops write where a field may not be empty.
_NONE = frozenset({"", "-", "0", "N/A", "NA", "NONE", "NULL", "DOES NOT APPLY", "NOT APPLICABLE", "EXEMPT"})


def tidy_barcode(text: str) -> str:
    """Without spaces around and inside, and without dashes where the rest is a number; empty for what is none."""
    if text.strip().upper() in _NONE:
        return ""
    bare = "".join(text.split())
    digits = bare.replace("-", "")
    tidy = digits if digits.isascii() and digits.isdigit() else bare
    return tidy if tidy.strip("0") else ""


def barcode_key(code: str) -> str:
    """The same for every way of writing one number: UPC, EAN and GTIN-14 agree, letters in any case do."""
    return code.zfill(14) if _is_gtin(code) else code.upper()


def barcode_forms(text: str) -> list[str]:
    """Every way in which the barcode may stand in the catalog, in capitals; empty for what is none."""
    code = tidy_barcode(text)
    if not code or len(code) > LONGEST:
        return []
    if not _is_gtin(code):
        return [code.upper()]
    whole = code.zfill(14)
    return [whole[14 - length :] for length in sorted(_LENGTHS) if not whole[: 14 - length].strip("0")]


def _is_gtin(code: str) -> bool:
    return len(code) in _LENGTHS and code.isascii() and code.isdigit()
