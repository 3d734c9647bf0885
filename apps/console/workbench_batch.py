"""What is done to several cases at once, in words that name the action, how many and what it comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.casework.resolutions.bulk import Advice, Group
from apps.console.wording import plural
from apps.console.workbench_undo import label_of
from apps.core.money import show

# {orders} and {cases} stand for how many, such as "3 orders".
_WORDS = {
    "cancel_order": "Cancel {orders}",
    "cancel_lines": "Cancel units of {orders}",
    "accept_price": "Accept the price of {orders}",
    "release_hold": "Release the hold of {orders}",
    "choose_node": "Send {orders} from another node",
    "split": "Split {orders} over more nodes",
    "partial_ship": "Ship what there is of {orders}",
    "backorder": "Backorder {orders}",
    "substitute": "Substitute in {orders}",
    "map_sku": "Match the SKU of {orders}",
    "wait": "Wait with {cases}",
    "merge": "Merge {cases}",
    "read_again": "Read {messages} again",
    "retry_step": "Start {cases} again",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One button: ``said`` is what pressing it does, ``seen`` what it brings back."""

    said: str
    seen: str
    needs_approval: bool


def offers_of(groups: Sequence[Group]) -> list[Offer]:
    return [Offer(said_of(group), group.fingerprint, group.needs_approval) for group in groups]


def said_of(group: Group) -> str:
    """``Cancel 3 orders, £412.90``; a total for each currency; beyond somebody's limits ``Propose: …``."""
    said = said_of_advice(group.code, group.advice, group.totals)
    return f"Propose: {said}" if group.needs_approval else said


def said_of_advice(code: str, advice: Sequence[Advice], totals: Mapping[str, int]) -> str:
    count = len(advice)
    words = _WORDS.get(code, f"{label_of(code)}: {{cases}}").format(
        orders=plural(count, "order"), cases=plural(count, "case"), messages=plural(count, "message")
    )
    return ", ".join(
        [words, " + ".join(show(minor, currency) for currency, minor in totals.items())] if totals else [words]
    )
