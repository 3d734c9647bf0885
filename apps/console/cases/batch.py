"""What is done to several cases at once, in words that name the action, how many and what it comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.casework.resolutions.bulk import Advice, Group
from apps.console.cases.undo import label_of
from apps.ui.language import translated
from apps.ui.locale import money
from apps.ui.wording import plural

# {orders} and {cases} stand for how many, such as "3 orders".
_WORDS = {
    "cancel_order": gettext_noop("Cancel {orders}"),
    "cancel_lines": gettext_noop("Cancel units of {orders}"),
    "accept_price": gettext_noop("Accept the price of {orders}"),
    "release_hold": gettext_noop("Release the hold of {orders}"),
    "choose_node": gettext_noop("Send {orders} from another location"),
    "split": gettext_noop("Split {orders} over more locations"),
    "partial_ship": gettext_noop("Ship what there is of {orders}"),
    "backorder": gettext_noop("Backorder {orders}"),
    "substitute": gettext_noop("Substitute in {orders}"),
    "map_sku": gettext_noop("Match the SKU of {orders}"),
    "wait": gettext_noop("Wait with {cases}"),
    "merge": gettext_noop("Merge {cases}"),
    "read_again": gettext_noop("Read {messages} again"),
    "retry_step": gettext_noop("Start {cases} again"),
}


@dataclass(frozen=True, slots=True)
class BulkButton:
    """One button: ``said`` is what pressing it does, ``seen`` what it brings back."""

    said: str
    seen: str
    needs_approval: bool


def offers_of(groups: Sequence[Group]) -> list[BulkButton]:
    return [BulkButton(said_of(group), group.fingerprint, group.needs_approval) for group in groups]


def said_of(group: Group) -> str:
    """``Cancel 3 orders, £412.90``; a total for each currency; beyond somebody's limits ``Propose: …``."""
    said = said_of_advice(group.code, group.advice, group.totals)
    return _("Propose: {what}").format(what=said) if group.needs_approval else said


def said_of_advice(code: str, advice: Sequence[Advice], totals: Mapping[str, int]) -> str:
    count = len(advice)
    words = (translated(_WORDS[code]) if code in _WORDS else f"{label_of(code)}: {{cases}}").format(
        orders=plural(count, "order"), cases=plural(count, "case"), messages=plural(count, "message")
    )
    return ", ".join(
        [words, " + ".join(money(minor, currency) for currency, minor in totals.items())] if totals else [words]
    )
