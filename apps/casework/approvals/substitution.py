"""Substitution, whole: what it would mean, put before somebody or done, and the customer's wish honored on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.accounts.models import User
from apps.casework.approvals.candidates import Candidate, candidates_for, margin_of
from apps.casework.approvals.errors import CustomerNotAsked, NotSimilarEnough
from apps.casework.approvals.proposing import propose
from apps.casework.approvals.registry import line_ref, version_of
from apps.casework.models import ApprovalRequest
from apps.catalog.errors import SkuNotFound
from apps.catalog.models import Sku
from apps.catalog.selectors import resolve_codes
from apps.core.actor import Actor
from apps.core.money import show
from apps.core.text import Text
from apps.core.transactions import service
from apps.fulfillment.models import FulfillmentLine
from apps.fulfillment.services import substitute_line
from apps.fulfillment.services.releasing_units import MOVABLE
from apps.inventory.errors import InsufficientStock
from apps.inventory.models import StockLevel
from apps.orders.errors import LineNotSubstitutable, SubstitutionUnwanted
from apps.orders.models import OrderLine
from apps.orders.selectors import lock_order
from apps.orders.services import Replacement, preference_of, price_of_substitute
from apps.orders.services.substituting import PriceRule

KIND = "substitution"
WISHES = {
    "never": "wants no substitutes",
    "similar": "takes something similar",
    "ask": "wants to be asked",
    "": "said nothing about substitutes",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A substitution that could be done now. ``node`` empty: routing finds a place; ``match``: as the catalog offers it,
    None where a person chose something else. Money in minor units of the order."""

    line: OrderLine
    sku: Sku
    units: int
    unit_price_minor: int
    node: str
    customer_agreed: bool
    match: Candidate | None

    @property
    def less_minor(self) -> int:
        """What the customer pays less in all."""
        return (self.line.unit_price_minor - self.unit_price_minor) * self.units

    @property
    def value_minor(self) -> int:
        """The value of the goods replaced: what limits and policies are held against."""
        return self.line.unit_price_minor * self.units

    @property
    def margin_change_minor(self) -> int | None:
        """How what we earn changes in all; None: a cost is not known."""
        currency = self.line.order.currency
        before = margin_of(self.line.unit_price_minor, self.line.sku, currency)
        after = margin_of(self.unit_price_minor, self.sku, currency)
        return None if before is None or after is None else (after - before) * self.units

    @property
    def sentence(self) -> str:
        now, before = (
            show(minor, self.line.order.currency) for minor in (self.unit_price_minor, self.line.unit_price_minor)
        )
        goods = {
            "count": self.units,
            "substitute": self.sku.name or self.sku.code,
            "ordered": self.line.title or self.line.sku_code,
        }
        if now == before:
            return Text("{count} x {substitute} instead of {ordered}, at the same {price}.", price=now, **goods)
        return Text(
            "{count} x {substitute} instead of {ordered}, at {price} instead of {before}.",
            price=now,
            before=before,
            **goods,
        )


def plan_substitution(
    line: OrderLine,
    *,
    sku_code: str,
    units: int | None = None,
    node: str = "",
    customer_agreed: bool = False,
    price_rule: PriceRule = "lower",
) -> Plan:
    """What replacing ``units`` (empty: all open ones) of the line would mean; changes nothing.

    ``customer_agreed``: they were asked and said yes to this. Without a node, the one that has the line's unpicked work is
    taken where it has enough, so that all leaves in one parcel. Raises SkuNotFound, LineNotSubstitutable,
    SubstitutionUnwanted (never), CustomerNotAsked (ask), NotSimilarEnough (similar).
    """
    sku = resolve_codes([sku_code], channel="", names=True).get(sku_code)
    if sku is None:
        raise SkuNotFound(sku=sku_code)
    wanted = line.open_quantity if units is None else units
    if not 1 <= wanted <= line.open_quantity or sku.pk == line.sku_id:
        raise LineNotSubstitutable(
            why=Text("{count} units of {sku} are open", count=line.open_quantity, sku=line.sku_code)
        )
    offered = candidates_for(line, node=node or None, units=wanted, price_rule=price_rule)
    match = next((one for one in offered if one.sku_id == sku.pk), None)
    _refuse_unwanted(line, match, customer_agreed)
    listed = sku.price_minor if sku.currency == line.order.currency else None
    return Plan(
        line=line,
        sku=sku,
        units=wanted,
        unit_price_minor=price_of_substitute(line.unit_price_minor, listed, price_rule),
        node=node or _same_parcel(line, match, wanted),
        customer_agreed=customer_agreed,
        match=match,
    )


def _refuse_unwanted(line: OrderLine, match: Candidate | None, agreed: bool) -> None:
    wish = preference_of(line)
    if wish == "never":
        raise SubstitutionUnwanted(line=line.sku_code)
    if wish == "ask" and not agreed:
        raise CustomerNotAsked(line=line.sku_code)
    if wish == "similar" and match is None and not agreed:
        raise NotSimilarEnough(line=line.sku_code)


def _same_parcel(line: OrderLine, match: Candidate | None, units: int) -> str:
    if match is None:
        return ""
    rows = FulfillmentLine.objects.filter(fulfillment_order__order=line.order_id, fulfillment_order__state__in=MOVABLE)
    near = set(rows.values_list("fulfillment_order__node__code", flat=True))
    return next((place.node for place in match.places if place.node in near and place.available >= units), "")


@service
def propose_substitution(
    order_line_id: int,
    *,
    sku_code: str,
    units: int | None = None,
    node: str = "",
    customer_agreed: bool = False,
    price_rule: PriceRule = "lower",
    reason: str,
    limits: Sequence[str] = (),
    case_id: int | None = None,
    actor: Actor,
    user: User | None = None,
) -> ApprovalRequest:
    """Put a substitution before those whom the policy names. Raises what planning and ``propose`` refuse.

    A policy that asks nobody counts only where the customer wished it so, or agreed, and the catalog offers the substitute.
    """
    order_id = OrderLine.objects.filter(pk=order_line_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise LineNotSubstitutable(why=Text("the order has no such line any more"))
    lock_order(order_id)
    line = _line(order_line_id)
    plan = plan_substitution(
        line, sku_code=sku_code, units=units, node=node, customer_agreed=customer_agreed, price_rule=price_rule
    )
    return propose(
        kind=KIND,
        target_ref=line_ref(line.pk),
        target_version=version_of(line_ref(line.pk)) or 0,
        payload=payload_of(plan),
        before=before_of(plan),
        after=after_of(plan),
        effect=effect_of(plan),
        reason=reason,
        limits=limits,
        amount_minor=plan.value_minor,
        currency=line.order.currency,
        node=plan.node,
        case_id=case_id,
        order_id=order_id,
        actor=actor,
        user=user,
        may_be_automatic=plan.match is not None and (customer_agreed or preference_of(line) == "similar"),
    )


def _line(order_line_id: int) -> OrderLine:
    return OrderLine.objects.select_related("order", "sku").get(pk=order_line_id)


def payload_of(plan: Plan) -> dict[str, Any]:
    """What is done once it is approved; the price is the one that was shown, whatever the catalog says by then."""
    return {
        "line": plan.line.pk,
        "sku": plan.sku.code,
        "sku_id": plan.sku.pk,
        "units": plan.units,
        "unit_price_minor": plan.unit_price_minor,
        "node": plan.node,
        "customer_agreed": plan.customer_agreed,
    }


def before_of(plan: Plan) -> dict[str, Any]:
    """The line as it is, for the side-by-side."""
    line, order = plan.line, plan.line.order
    return {
        "sku": line.sku_code,
        "name": line.title or (line.sku.name if line.sku else ""),
        "category": line.sku.category if line.sku else "",
        "attributes": line.sku.attributes if line.sku else {},
        "picture": line.sku.picture if line.sku else "",
        "units": plan.units,
        "unit_price_minor": line.unit_price_minor,
        "margin_minor": margin_of(line.unit_price_minor, line.sku, order.currency),
        "currency": order.currency,
        "deliver_by": order.deliver_by.isoformat() if order.deliver_by else "",
        "available": _units_anywhere(line.sku_id) if line.sku_id else 0,
    }


def after_of(plan: Plan) -> dict[str, Any]:
    """The line as it would be."""
    order = plan.line.order
    return {
        "sku": plan.sku.code,
        "name": plan.sku.name,
        "category": plan.sku.category,
        "attributes": plan.sku.attributes,
        "picture": plan.sku.picture,
        "units": plan.units,
        "unit_price_minor": plan.unit_price_minor,
        "listed_minor": plan.sku.price_minor if plan.sku.currency == order.currency else None,
        "margin_minor": margin_of(plan.unit_price_minor, plan.sku, order.currency),
        "currency": order.currency,
        "deliver_by": order.deliver_by.isoformat() if order.deliver_by else "",
        "available": plan.match.available if plan.match else _units_anywhere(plan.sku.pk),
        "node": plan.node,
        "likeness": plan.match.likeness if plan.match else None,
        "because": plan.match.because if plan.match else "chosen by hand; the catalog does not offer it",
    }


def effect_of(plan: Plan) -> dict[str, Any]:
    """Money and days, and what the customer wished."""
    wish = preference_of(plan.line)
    return {
        "sentence": plan.sentence,
        "less_minor": plan.less_minor,
        "margin_minor": plan.margin_change_minor,
        "currency": plan.line.order.currency,
        "days": 0,
        "preference": wish,
        "consent": "The customer agreed to it." if plan.customer_agreed else f"The customer {WISHES[wish]}.",
        "customer_message": f"Instead of {plan.line.title or plan.line.sku_code} we are sending you {plan.sku.name or plan.sku.code}.",
    }


def margin_now(plan_payload: Mapping[str, Any]) -> int | None:
    """How what we earn would change by a payload, as goods cost us now; None: a cost is not known, or it can't be done."""
    line = OrderLine.objects.select_related("order", "sku").filter(pk=plan_payload["line"]).first()
    sku = Sku.objects.filter(pk=plan_payload["sku_id"]).first()
    if line is None or sku is None:
        return None
    before = margin_of(line.unit_price_minor, line.sku, line.order.currency)
    after = margin_of(plan_payload["unit_price_minor"], sku, line.order.currency)
    return None if before is None or after is None else (after - before) * int(plan_payload["units"])


def _units_anywhere(sku_id: int) -> int:
    levels = StockLevel.objects.filter(sku=sku_id, node__active=True)
    return max((level.available for level in levels), default=0)


def carry_out(plan_payload: dict[str, Any], *, actor: Actor) -> OrderLine:
    """Do what a payload says; returns the new line. Raises what ``fulfillment.substitute_line`` refuses, SkuNotFound.

    Where routing is to find the place, there has to be one with any of it: else the order would only wait again.
    """
    sku = Sku.objects.filter(pk=plan_payload["sku_id"]).first()
    line = OrderLine.objects.select_related("order").filter(pk=plan_payload["line"]).first()
    if sku is None:
        raise SkuNotFound(sku=plan_payload["sku"])
    if line is None:
        raise LineNotSubstitutable(why=Text("the order has no such line any more"))
    if not plan_payload["node"] and sku.tracked and not _somewhere(sku):
        raise InsufficientStock(skus=sku.code)
    replacement = Replacement(line.pk, sku, plan_payload["units"], plan_payload["unit_price_minor"])
    return substitute_line(line.order_id, replacement, node=plan_payload["node"], actor=actor)


def _somewhere(sku: Sku) -> bool:
    # A set has no level of its own; routing looks at its parts.
    return sku.components.exists() or _units_anywhere(sku.pk) > 0
