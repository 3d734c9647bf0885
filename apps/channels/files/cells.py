"""What spreadsheets do to cells: numbers written as people write them, ids cut short, totals below the orders. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from apps.channels.mapping.documents import Document

# 4.00638E+12: the digits behind the point are all that is left of the id.
_CUT = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-][0-9]+\Z")
_BROKEN = re.compile(r"#+\Z|#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!)\Z", re.IGNORECASE)
_NO_ID = frozenset({"null", "none", "nan", "n/a", "na", "nil", "undefined", "-", "?"})
_TOTALS = frozenset(
    {"total", "totals", "grand total", "subtotal", "sub total", "sum", "gesamt", "summe", "totale", "somme", "suma", "totaal"}
)  # fmt: skip
_NUMERIC = frozenset({"money", "whole_number", "minor_units", "sum_of", "sum_of_products"})
# Of one order there is one of each. A phone is written in many ways, and a tier is no person.
_ONCE = ("customer.", "shipping_address.", "billing_address.", "currency")
_NOT_ONCE = ("phone", "tier")
_SIGNS = {"£": {"GBP", "EGP", "GIP", "FKP", "SHP"}, "€": {"EUR"}, "¥": {"JPY", "CNY"}, "₹": {"INR"}, "zł": {"PLN"}}
_DOLLARS = re.compile(r"[A-Z]{2}D\Z")
_SPACES = re.compile("(?<=[0-9])[ \u00a0\u2009\u202f'’](?=[0-9]{3}(?:[^0-9]|\\Z))")
_WRITTEN = re.compile(r"([+(−-]?) ?([0-9][0-9.,]*) ?([)-]?)\Z")
_GROUPED = {",": re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+\Z"), ".": re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+\Z")}


def columns_with(document: Document, *, steps: Iterable[str] = (), targets: Sequence[str] = ()) -> list[str]:
    """The columns that a contract reads with one of the steps, or for one of the targets; in the contract's order."""
    found: dict[str, None] = {}
    for field in [*document.raw["fields"], *document.raw["lines"]["fields"]]:
        named = {step["name"] for step in field.get("transforms", [])}
        if named & set(steps) or field["target"].startswith(tuple(targets) or "\0"):
            sources = field.get("source") or []
            for path in [sources] if isinstance(sources, str) else sources:
                found[path.removeprefix("rows[0].").removeprefix("rows[].")] = None
            for step in field.get("transforms", []):
                for path in step.get("args", {}).get("factors", []):
                    found[path] = None
    return [name for name in found if name not in ("key", "rows[]")]


def number_columns(document: Document) -> list[str]:
    return columns_with(document, steps=_NUMERIC)


def order_columns(document: Document) -> list[str]:
    """The columns that say whose order it is and where it goes."""
    return [name for name in columns_with(document, targets=_ONCE) if not name.endswith(_NOT_ONCE)]


def id_columns(document: Document) -> list[str]:
    return columns_with(document, targets=("sku", "customer.reference"))


def has_comma_decimals(cells: Iterable[str]) -> bool | None:
    """Whether the file's amounts have a decimal comma; None where they do not show it."""
    comma = point = False
    for cell in cells:
        if not cell.isdigit():
            comma = comma or re.search(r"[0-9],[0-9]{1,2}\Z", cell.strip()) is not None
            point = point or re.search(r"[0-9]\.[0-9]{1,2}\Z", cell.strip()) is not None
    return comma if comma != point else None


def plain_number(cell: str, currency: str, comma: bool | None) -> str:
    """The number with a point and nothing else, as far as there is one way to read it; else the cell as it is."""
    text = _SPACES.sub("", _without_sign(cell.strip(), currency.strip().upper()))
    found = _WRITTEN.match(text)
    if found is None:
        return cell
    before, digits, after = found.groups()
    sign = "-" if before in ("-", "−", "(") or after == "-" else ""
    if "," in digits and "." in digits:
        mark = max(",", ".", key=digits.rfind)
        whole, _, part = digits.rpartition(mark)
        other = "." if mark == "," else ","
        return f"{sign}{whole.replace(other, '')}.{part}" if _GROUPED[other].match(whole) and part else cell
    for mark, decimal in ((",", comma), (".", None if comma is None else not comma)):
        if mark not in digits:
            continue
        grouped = _GROUPED[mark].match(digits) is not None
        if digits.count(mark) > 1 or (grouped and decimal is False):
            return sign + digits.replace(mark, "") if grouped else cell
        return cell if grouped and mark == "," and decimal is None else sign + digits.replace(",", ".")
    return sign + digits


def _without_sign(text: str, currency: str) -> str:
    """Without the sign or code of the order's own currency; another currency's stays, and is refused."""
    for sign, codes in _SIGNS.items():
        if sign in text and currency in codes:
            return text.replace(sign, "", 1).strip()
    if "$" in text and _DOLLARS.match(currency):
        return text.replace("$", "", 1).strip()
    if currency and currency in text:
        return text.replace(currency, "", 1).strip()
    return text


def is_cut(cell: str) -> bool:
    return _CUT.match(cell.strip()) is not None


def is_broken(cell: str) -> bool:
    """A formula's error, or a column too narrow to show its number."""
    return _BROKEN.match(cell.strip()) is not None


def names_none(cell: str) -> bool:
    """A word for "nothing" where an id should stand: rows that say it are not one order."""
    return cell.strip().casefold() in _NO_ID


def is_total(cell: str) -> bool:
    return cell.strip().strip(":").casefold() in _TOTALS
