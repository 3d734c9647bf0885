"""The black-box checker: reads only the API and the partners' own books, and says what can't be true of them together.

Knows nothing of the database. The simulation runs it after each seed; `python -m simulation.blackbox` runs it against a demo.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

Record = Mapping[str, Any]
ENDED = frozenset({"delivered", "cancelled"})
LEFT = frozenset({"shipped", "delivered"})


class Api(Protocol):
    """Reads the product's API."""

    def get(self, path: str) -> Any:
        """The body at /api/v1/``path``."""

    def all(self, path: str) -> list[dict[str, Any]]:
        """The items of every page of it."""


def problems(
    api: Api,
    books: Sequence[Record],
    *,
    accepted: Collection[str] = (),
    settled: bool = True,
) -> list[str]:
    """What is wrong, in sentences.

    Args:
        books: each fulfillment order a partner has: partner, fulfillment_order, state, lines.
        accepted: ids of orders that were answered with success; each has to be there.
        settled: nothing is under way any more, so that every order has ended or is before a person.
    """
    orders = {row["id"]: api.get(f"orders/{row['id']}") for row in api.all("orders")}
    cases = [case for case in api.all("exceptions") if case["state"] not in ("resolved", "dismissed")]
    found = [f"{ref} was accepted and is gone" for ref in accepted if ref not in orders]
    for order in orders.values():
        theirs = [row for row in books if row["fulfillment_order"] in _refs(order)]
        found += _shipped_once(order, theirs)
        open_cases = [case for case in cases if case["order"] == order["id"]]
        found += _nothing_left_after_cancelling(order, theirs, open_cases)
        found += _both_sides_agree(order, theirs, open_cases)
        found += _ended_or_with_somebody(order, open_cases) if settled else []
    found += _nobody_has_what_we_never_sent(orders.values(), books)
    return found + _stock_adds_up(api, orders.values())


def _refs(order: Record) -> dict[str, Record]:
    return {row["id"]: row for row in order["fulfillment_orders"]}


def _shipped_once(order: Record, theirs: Sequence[Record]) -> list[str]:
    """By partners' own books and by what our own locations said: never more than was ordered. A line that is sent as other goods
    (a bundle's parts, a substitute) counts in units of those, and is left to the invariants."""
    at_partners = {row["fulfillment_order"] for row in theirs}
    sent: Counter[str] = Counter()
    for row in theirs:
        if row["state"] in LEFT:
            sent.update({line["line_id"]: line["quantity"] for line in row["lines"]})
    for ref, ours in _refs(order).items():
        if ref not in at_partners:
            sent.update({line["line_id"]: line["shipped_quantity"] for line in ours["lines"]})
    return [
        f"{order['id']} line {line['line_id']}: {sent[line['line_id']]} units left for {line['quantity']} ordered"
        for line in order["lines"]
        if sent[line["line_id"]] > line["quantity"] and line["line_id"] not in _sent_as_other_goods(order)
    ]


def _sent_as_other_goods(order: Record) -> set[str]:
    ordered = {line["line_id"]: line["sku"] for line in order["lines"]}
    lines = [line for ours in _refs(order).values() for line in ours["lines"]]
    return {line["line_id"] for line in lines if line["sku"] != ordered.get(line["line_id"])}


def _nothing_left_after_cancelling(order: Record, theirs: Sequence[Record], cases: Sequence[Record]) -> list[str]:
    """What we call off is not on its way to leave, unless somebody knows."""
    refs = _refs(order)
    called_off = [row for row in theirs if refs[row["fulfillment_order"]]["state"] in ("cancelled", "rejected")]
    loose = [row for row in called_off if row["state"] not in ("cancelled", "rejected")]
    return [
        f"{order['id']}: {_about(row)} though we have it as called off, and nobody knows" for row in loose if not cases
    ]


def _both_sides_agree(order: Record, theirs: Sequence[Record], cases: Sequence[Record]) -> list[str]:
    refs = _refs(order)
    apart = [
        row
        for row in theirs
        if (row["state"] in LEFT) != (refs[row["fulfillment_order"]]["state"] in LEFT)
        or (row["state"] == "cancelled" and refs[row["fulfillment_order"]]["state"] not in ("cancelled", "rejected"))
    ]
    return [
        f"{order['id']}: {_about(row)}, {refs[row['fulfillment_order']]['state']} here" for row in apart if not cases
    ]


def _about(row: Record) -> str:
    return f"{row['fulfillment_order']} is {row['state']} at {row['partner']}"


def _ended_or_with_somebody(order: Record, cases: Sequence[Record]) -> list[str]:
    held = any(hold["released_at"] is None for hold in order["holds"])
    if order["state"] in ENDED or cases or held:
        return []
    return [f"{order['id']} is {order['state']} for ever: it has not ended, and is before nobody"]


def _nobody_has_what_we_never_sent(orders: Collection[Record], books: Sequence[Record]) -> list[str]:
    ours = {ref for order in orders for ref in _refs(order)}
    return [f"{_about(row)}, and unknown here" for row in books if row["fulfillment_order"] not in ours]


def _stock_adds_up(api: Api, orders: Collection[Record]) -> list[str]:
    """A level is what its ledger says, and by the ledger has left what the orders say was shipped."""
    shipped: Counter[tuple[str, str]] = Counter()
    for order in orders:
        for ours in order["fulfillment_orders"]:
            shipped.update({(ours["node"], line["sku"]): line["shipped_quantity"] for line in ours["lines"]})
    found = []
    for level in api.all("inventory/levels"):
        node, sku = level["node"], level["sku"]
        ledger = api.all(f"inventory/levels/{node}/{sku}/movements")
        there = sum(move["on_hand_delta"] for move in ledger)
        left = -sum(move["on_hand_delta"] for move in ledger if move["kind"] == "ship")
        if there != level["on_hand"]:
            found.append(f"{sku} at {node}: {level['on_hand']} on hand, {there} by the ledger")
        if left != shipped[node, sku]:
            found.append(f"{sku} at {node}: {shipped[node, sku]} shipped by the orders, {left} by the ledger")
    return found
