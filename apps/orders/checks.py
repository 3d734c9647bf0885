"""Is this order commercially in order? Pure checks; each answers with findings, which become holds and cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from apps.core.money import show
from apps.core.text import Text
from apps.orders.addresses import address_problems
from apps.orders.canonical import PaymentState, RiskLevel, ServiceLevel
from apps.orders.models import Order, OrderContact, OrderLine
from apps.orders.outliers import NO_HABIT, UsualFigures, units_beyond, value_beyond
from apps.orders.similarity import SimilarOrder, twin_sentence
from apps.orders.states import HoldReason
from apps.orders.totals import claim_differs, rounding_allowed

UNPAID = frozenset({PaymentState.PENDING, PaymentState.PARTIALLY_PAID})
NEVER_PAID = frozenset({PaymentState.FAILED, PaymentState.VOIDED, PaymentState.REFUNDED})
UNUSUAL_UNITS = 10_000


@dataclass(frozen=True, slots=True)
class ChannelTerms:
    """What a channel lets pass: its currencies (empty: any), how far a total may be off, whether it ships unpaid."""

    currencies: tuple[str, ...] = ()
    price_tolerance_minor: int = 2
    ship_unpaid: bool = False
    unusual_times: int = 0
    name: str = ""
    pickup_locations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong: why the order is held, in a sentence without personal data."""

    reason: str
    sentence: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """An order with all that the checks look at. ``twins``: recent orders that look the same."""

    order: Order
    lines: Sequence[OrderLine]
    ship_to: OrderContact | None
    terms: ChannelTerms
    twins: Sequence[SimilarOrder] = ()
    pickup_unclear: bool = False
    usual: UsualFigures = NO_HABIT


def check_order(subject: Subject) -> list[Finding]:
    """Every finding about the order, one a reason; none means it may be routed. Where nothing is left for us to ship, as
    of a sale handed over at a counter, only its doubts count."""
    if subject.lines and not any(line.open_quantity for line in subject.lines):
        return check_doubts(subject)
    findings = [check(subject) for check in CHECKS]
    found = {finding.reason: finding for finding in findings if finding is not None}
    for doubt in check_doubts(subject):
        before = found.get(doubt.reason)
        found[doubt.reason] = (
            doubt if before is None else replace(before, sentence=Text.joined(" ", [before.sentence, doubt.sentence]))
        )
    return list(found.values())


def check_doubts(subject: Subject) -> list[Finding]:
    """What its source did not say for certain, by the reason it is held for."""
    by_reason: dict[str, list[dict[str, str]]] = {}
    for doubt in subject.order.doubts:
        by_reason.setdefault(doubt["reason"], []).append(doubt)
    if subject.order.price_accepted:
        by_reason.pop(HoldReason.PRICE_MISMATCH, None)
    return [
        Finding(
            reason, Text.joined(" ", [one["sentence"] for one in doubts]), {"doubts": [one["code"] for one in doubts]}
        )
        for reason, doubts in by_reason.items()
    ]


def check_bound(subject: Subject) -> list[Finding]:
    """Of an order that work has begun on: what can still go wrong with its price and its risk."""
    findings = [check(subject) for check in (check_totals, check_risk)]
    return [finding for finding in findings if finding is not None]


def check_address(subject: Subject) -> Finding | None:
    if not any(line.physical and line.open_quantity for line in subject.lines) or _is_collected(subject.order):
        return None
    at = subject.ship_to
    if at is None or not at.country.strip():
        some = at is not None and (at.line1 or at.city or at.postal_code)
        said = Text("The shipping address is missing.")
        if some:
            said = Text("The country of the shipping address is missing.")
        return Finding(HoldReason.ADDRESS_INVALID, said, {"fields": ["country"]})
    wrong = address_problems(at.country, at.region, at.city, at.postal_code, bool(at.line1.strip()))
    if not wrong:
        return None
    found = [_wrong_with(name, problem) for name, problem in wrong]
    all_of_it = found[0]
    for one in found[1:]:
        all_of_it = Text("{first} and {last}", first=all_of_it, last=one)
    sentence = Text("Of the shipping address {problems}.", problems=all_of_it)
    return Finding(HoldReason.ADDRESS_INVALID, sentence, {"fields": dict(wrong)})


_FIELDS = {
    "street_address": Text("the street"),
    "country_area": Text("the region"),
    "country_code": Text("the country"),
    "city": Text("the city"),
    "postal_code": Text("the postal code"),
}
_PROBLEMS = {"required": Text("is missing"), "invalid": Text("doesn't fit the country")}


def _wrong_with(name: str, problem: str) -> str:
    said = _PROBLEMS.get(problem, problem)
    if name == "country_code" and problem == "invalid":
        said = Text("is none that we know")
    return Text("{field} {problem}", field=_FIELDS.get(name) or Text("the field {name}", name=name), problem=said)


def _is_collected(order: Order) -> bool:
    return order.service_level == ServiceLevel.PICKUP


def check_pickup(subject: Subject) -> Finding | None:
    """A store was named that is none of ours: sent to another, the customer stands at the wrong counter."""
    if not subject.pickup_unclear:
        return None
    said = subject.order.pickup_location or subject.order.shipping_method
    sentence = Text(
        "The order is collected, and none of our stores is known by \u201c{said}\u201d. Which one is it?",
        said=said[:120],
    )
    return Finding(HoldReason.PICKUP_UNCLEAR, sentence)


def check_skus(subject: Subject) -> Finding | None:
    unknown = [
        _shown_code(line.sku_code, subject.ship_to)
        for line in subject.lines
        if line.physical and line.sku is None and line.open_quantity
    ]
    if not unknown:
        return None
    shown = Text.joined(", ", unknown[:5])
    if len(unknown) > 5:
        shown = Text("{named} and {count} more", named=shown, count=len(unknown) - 5)
    sentence = Text.counted("{codes} is not a SKU we know.", "{codes} are not SKUs we know.", len(unknown), codes=shown)
    return Finding(HoldReason.UNKNOWN_SKU, sentence, {"skus": unknown[:100]})


def _shown_code(code: str, contact: OrderContact | None) -> str:
    """The code, unless a mapping gone wrong has put the customer's own words there: those are shown in no case."""
    own = {contact.email, contact.name, contact.phone, contact.line1} if contact else set()
    if code and code.strip().casefold() in {word.strip().casefold() for word in own if word}:
        return Text("(what the customer wrote of themselves)")
    return code or Text("(empty)")


def check_quantities(subject: Subject) -> Finding | None:
    """Far more than anybody orders here: a slip of the finger, a wholesaler in the wrong shop, or a stolen card."""
    most = max(subject.lines, key=lambda line: line.open_quantity, default=None)
    if most is not None and most.open_quantity >= UNUSUAL_UNITS:
        sentence = Text(
            "{count} units of {sku} are ordered; from {most} on somebody looks.",
            count=most.open_quantity,
            sku=most.sku_code,
            most=UNUSUAL_UNITS,
        )
        return Finding(HoldReason.QUANTITY_UNUSUAL, sentence, {"sku": most.sku_code, "units": most.open_quantity})
    order, times = subject.order, subject.terms.unusual_times
    units = sum(line.open_quantity for line in subject.lines)
    value, goods = value_beyond(subject.usual, order.total_minor, times), units_beyond(subject.usual, units, times)
    if value is None and goods is None:
        return None
    said: list[str] = []
    detail: dict[str, int] = {}
    if value is not None:
        total, usual = show(order.total_minor, order.currency), show(value.usual, order.currency)
        said.append(
            Text(
                "{total} is {times} times what an order of this channel usually comes to ({usual}).",
                total=total,
                times=value.times,
                usual=usual,
            )
        )
        detail["value_times"] = value.times
    if goods is not None:
        said.append(
            Text(
                "{units} units are {times} times what one usually has ({usual}).",
                units=units,
                times=goods.times,
                usual=goods.usual,
            )
        )
        detail["units_times"] = goods.times
    return Finding(HoldReason.QUANTITY_UNUSUAL, Text.joined(" ", said), detail)


def check_currency(subject: Subject) -> Finding | None:
    allowed = subject.terms.currencies
    if not allowed or subject.order.currency in allowed:
        return None
    sentence = Text(
        "The order is in {currency}; this channel sells in {allowed}.",
        currency=subject.order.currency,
        allowed=", ".join(allowed),
    )
    return Finding(HoldReason.CURRENCY_UNEXPECTED, sentence)


def check_totals(subject: Subject) -> Finding | None:
    order, said = subject.order, subject.order.claimed_totals
    claimed, refunded = said.get("total"), said.get("refunded", 0)
    if order.price_accepted:
        return None
    negative = _negative_amounts(subject)
    if negative:
        return Finding(HoldReason.PRICE_MISMATCH, negative, {"claimed": claimed})
    amounts = [(line.quantity, line.quantity * line.unit_price_minor - line.discount_minor) for line in subject.lines]
    rounding = rounding_allowed(amounts, order.total_minor, claimed or 0, order.currency)
    tolerance = subject.terms.price_tolerance_minor + rounding
    if not claim_differs(order.total_minor, claimed, refunded=refunded, tolerance=tolerance):
        return None
    ours, theirs = show(order.total_minor, order.currency), show(claimed, order.currency)
    detail = {"claimed": claimed, "recomputed": order.total_minor}
    apart = show(abs(claimed - order.total_minor), order.currency)
    shown = {"claimed": theirs, "amount": apart, "lines": ours}
    sentence = Text("The source claims {claimed}, {amount} more than the lines come to ({lines}).", **shown)
    if claimed < order.total_minor:
        sentence = Text("The source claims {claimed}, {amount} less than the lines come to ({lines}).", **shown)
    return Finding(HoldReason.PRICE_MISMATCH, sentence, detail)


_AMOUNTS = {
    "shipping": Text("the shipping"),
    "shipping_tax": Text("the tax on shipping"),
    "tax": Text("the tax"),
    "fees": Text("the fees"),
    "total": Text("the total"),
}


def _negative_amounts(subject: Subject) -> str:
    """What of the order costs less than nothing, as a sentence; empty where nothing does."""
    lines = [
        line.sku_code or line.line_id
        for line in subject.lines
        if min(line.quantity * line.unit_price_minor - line.discount_minor, line.tax_minor) < 0
    ]
    if lines:
        named: str = ", ".join(lines[:3])
        if len(lines) > 3:
            named = Text("{named} and {count} more", named=named, count=len(lines) - 3)
        return Text("The amount or tax of {lines} is less than nothing.", lines=named)
    said = subject.order.claimed_totals
    names = [name for name in _AMOUNTS if (said.get(name) or 0) < 0]
    return (
        Text("Less than nothing: {amounts}.", amounts=Text.joined(", ", [_AMOUNTS[name] for name in names]))
        if names
        else ""
    )


def check_payment(subject: Subject) -> Finding | None:
    state = subject.order.payment_state
    if state in NEVER_PAID or (state in UNPAID and not subject.terms.ship_unpaid):
        said = Text(state.replace("_", " "))
        sentence = Text("The payment is {state}; nothing ships before it is in order.", state=said)
        return Finding(HoldReason.PAYMENT_PROBLEM, sentence, {"state": state})
    return None


def check_risk(subject: Subject) -> Finding | None:
    if subject.order.risk_level != RiskLevel.HIGH:
        return None
    return Finding(HoldReason.FRAUD_REVIEW, Text("The source rates this order a high risk."))


def check_twins(subject: Subject) -> Finding | None:
    if not subject.twins:
        return None
    refs = [twin.ref for twin in subject.twins][:10]
    return Finding(HoldReason.DUPLICATE_SUSPECTED, twin_sentence(subject.twins), {"orders": refs})


CHECKS = (
    check_address,
    check_pickup,
    check_skus,
    check_quantities,
    check_currency,
    check_totals,
    check_payment,
    check_risk,
    check_twins,
)
