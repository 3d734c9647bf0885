"""What an import says to people: what stands against a row, what changes, and why something does not."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_noop

from apps.core.text import Text
from apps.listings.importing.row_decisions import Change, Problem
from apps.listings.states import FieldName

PROBLEMS: Mapping[str, str] = {
    "code_unreadable": gettext_noop("The code can't be used: it is longer than 128 characters."),
    "code_twice": gettext_noop("The code {other} stands on another variant too ({title}). Say which SKU this one is."),
    "code_like_row": gettext_noop(
        "The code differs from that of another variant, {other} ({title}), in spaces only. Say which SKU this one is."
    ),
    "code_like": gettext_noop("The code differs from the SKU {sku} in spaces only. Say whether it is the same."),
    "code_is_alias": gettext_noop("The code is a SKU of its own, and an alias of {sku} too. The SKU counts."),
    "code_of_other": gettext_noop(
        "It is {is} here, but its code there is now that of {sku}. It stays {is} until somebody says otherwise."
    ),
    "no_code": gettext_noop("It has no code there. Give it one in the shop, or say which SKU it is."),
    "barcode_taken": gettext_noop("The barcode {barcode} is that of {sku} already, and is left out."),
    "barcode_twice": gettext_noop("The barcode {barcode} stands on {other} too, and is left out."),
    "currency": gettext_noop("Its prices are in {theirs} there and in {ours} here. They are left as they are."),
    "part_unknown": gettext_noop("It is a set, but its part {part} is not known here. It gets no parts."),
    "parts_differ": gettext_noop("It is made of other parts there ({parts}). The parts here are left as they are."),
    "unreadable": gettext_noop("What the shop says as {field} can't be used, and is left out."),
}
_FIELDS: Mapping[str, str] = {
    **{field.value: str(field.label) for field in FieldName},
    "listing": gettext_noop("Listing there"),
    "linked": gettext_noop("Is the SKU"),
    "barcode": gettext_noop("Barcode"),
    "alias": gettext_noop("Also called"),
    "parts": gettext_noop("Parts"),
    "listing_code": gettext_noop("Code there"),
    "listing_title": gettext_noop("Title there"),
    "listing_stock_id": gettext_noop("Stock id there"),
    "listing_picture": gettext_noop("Picture there"),
    "listing_active": gettext_noop("Sold there"),
}
_KEPT: Mapping[str, str] = {
    "edited": gettext_noop("stays, as it was edited here"),
    "here": gettext_noop("stays, as what is here counts for this channel"),
}


def problem_sentence(problem: Problem) -> Text:
    """What stands against a row, in a sentence."""
    details = {name: _as_said(name, value) for name, value in problem.items() if name != "code"}
    return Text(PROBLEMS[str(problem["code"])], **details)


def _as_said(name: str, value: object) -> object:
    return Text.lowered(field_label(str(value))) if name == "field" else value


def field_label(name: str) -> str:
    return _FIELDS.get(name, name)


def kept_words(change: Change) -> Text:
    """Why a change is not taken; empty: it is."""
    because = str(change["because"])
    if because.startswith("channel:"):
        return Text(gettext_noop("stays, as {channel} said it first"), channel=because.removeprefix("channel:"))
    return Text(_KEPT[because]) if because else Text("")
