"""Cancelling lines or the whole order, or another SKU in a line's place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apps.accounts.caller import Caller
from apps.casework.approvals.candidates import candidates_for
from apps.casework.approvals.substitution import Plan as Substitution
from apps.casework.approvals.substitution import (
    carry_out,
    payload_of,
    plan_substitution,
    propose_substitution,
)
from apps.casework.models import ApprovalRequest
from apps.casework.resolutions.base import Choice, Done, Effect, Params, ParamSpec, Resolution
from apps.casework.resolutions.facts import Facts
from apps.casework.resolutions.kinds.sourcing import partial_plan
from apps.casework.states import CaseType
from apps.catalog.models import Sku
from apps.core.actor import Actor
from apps.core.money import show
from apps.core.text import Text
from apps.fulfillment.selectors import whole_units_left
from apps.fulfillment.services import call_off_lines, call_off_order
from apps.orders.canonical import PaymentState
from apps.orders.models import Order, OrderLine
from apps.orders.services import preference_of
from apps.orders.services.substituting import SUBSTITUTABLE
from apps.orders.states import BEFORE_LEAVING, OrderState

SUBSTITUTES_SHOWN = 8
NOTHING_PAID = frozenset({PaymentState.PENDING, PaymentState.FAILED, PaymentState.VOIDED, PaymentState.ON_DELIVERY})


def _open(facts: Facts) -> str:
    order = facts.order
    if order is None:
        return Text("The case is about no order.")
    if order.state not in BEFORE_LEAVING:
        state = Text.lowered(OrderState(order.state).label)
        return Text("The order is {state}; nothing of it can be changed here any more.", state=state)
    return ""


def _margin(line: OrderLine, units: int, currency: str) -> int | None:
    """What these units would earn before carriage, minor units; None where no cost is known in the order's currency."""
    sku = line.sku
    if sku is None or not sku.cost_minor or sku.currency != currency:
        return None
    return units * (line.unit_price_minor - sku.cost_minor)


def missing_units(facts: Facts) -> dict[str, int]:
    """Units by line id that no node has, or whose SKU nobody knows: what a case about goods is usually about."""
    if facts.order is None:
        return {}
    if facts.case.type == CaseType.UNKNOWN_SKU:
        return {line.line_id: line.open_quantity for line in facts.lines if line.physical and line.sku is None}
    if facts.order.state == OrderState.RECEIVED or facts.planning_inputs is None:
        return {}
    # Lines that are fine wait for those that aren't; only what even a partial shipment leaves behind is missing.
    short = {one.line_ref: one.quantity for one in partial_plan(facts).shortfalls}
    found: dict[str, int] = {}
    for part in facts.planning_inputs.asked.parts:
        sets = -(-short.get(part.ref, 0) // _each(part.line, part.sku))
        if sets:
            found[part.line.line_id] = max(found.get(part.line.line_id, 0), sets)
    return found


def _each(line: OrderLine, sku: Sku) -> int:
    """How many of the SKU one unit of the line takes: more than one where the line is a set."""
    if line.sku_id == sku.pk or line.sku is None:
        return 1
    return int(line.sku.components.values_list("quantity", flat=True).get(component=sku))


class CancelLines(Resolution):
    """Cancel units of lines; the rest goes on."""

    code = "cancel_lines"
    label = "Cancel units"
    counts_as = "cancelling"

    def why_not(self, facts: Facts) -> str:
        said = _open(facts)
        lines = [line for line in facts.lines if line.open_quantity]
        if not said and len(lines) == 1 and lines[0].open_quantity == 1:
            return Text("The order is a single unit; cancel the order instead.")
        return said

    def params(self, facts: Facts) -> Sequence[ParamSpec]:
        lines = [line for line in facts.lines if line.open_quantity]
        choices = tuple(Choice(one.line_id, f"{one.open_quantity} x {one.title or one.sku_code}"[:80]) for one in lines)
        missing = missing_units(facts)
        everything = sum(missing.values()) >= sum(line.open_quantity for line in lines)
        return [
            ParamSpec(
                "units",
                Text("Units to cancel"),
                "units",
                choices=choices,
                default=None if everything else missing or None,
            ),
            ParamSpec("reason", Text("Reason"), "text", required=False, help=Text("kept on the order")),
        ]

    def effect(self, facts: Facts, params: Params) -> Effect:
        order, lines = facts.the_order, facts.line_by_id
        value = sum(units * lines[line].unit_price_minor for line, units in params["units"].items())
        margins = [_margin(lines[line], units, order.currency) for line, units in params["units"].items()]
        count = sum(params["units"].values())
        named = ", ".join(f"{units} x {lines[line].sku_code}" for line, units in list(params["units"].items())[:3])
        return Effect(
            Text.counted(
                "{named} is cancelled, worth {worth}; the rest goes on.",
                "{named} are cancelled, worth {worth}; the rest goes on.",
                count,
                named=named,
                worth=show(value, order.currency),
            ),
            margin_minor=None if None in margins else -sum(margin or 0 for margin in margins),
            currency=order.currency,
            customer_message=f"We had to cancel {count} item{'s' if count > 1 else ''} of your order; the rest is on its way.",
            at_stake_minor=value,
            cost_unknown=None in margins,
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        units = {facts.line_by_id[line].pk: count for line, count in params["units"].items()}
        left = {line: count - params["units"].get(line, 0) for line, count in missing_units(facts).items()}
        call_off_lines(facts.the_order.pk, units=units, reason=params.get("reason", ""), actor=actor)
        count = sum(units.values())
        return Done(
            Text.counted("{count} unit cancelled.", "{count} units cancelled.", count),
            ends=not any(one > 0 for one in left.values()),
        )

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("the rest of the order need not wait for them")


class CancelOrder(Resolution):
    """Cancel the order, or what has not left of it."""

    code = "cancel_order"
    label = "Cancel the order"
    counts_as = "cancelling"

    def why_not(self, facts: Facts) -> str:
        said = _open(facts)
        if not said and facts.the_order.rest_cancelled_at is not None:
            return Text("What had not left of it is cancelled already.")
        return said

    def params(self, facts: Facts) -> Sequence[ParamSpec]:
        return [
            ParamSpec(
                "reason", Text("Reason"), "text", required=False, help=Text("kept on the order and told to the channel")
            )
        ]

    def effect(self, facts: Facts, params: Params) -> Effect:
        order, left = facts.the_order, whole_units_left(facts.the_order.pk)
        margins = [
            _margin(line, line.open_quantity - left.get(line.pk, 0), order.currency) for line in _unshipped(facts, left)
        ]
        worth = _worth_unshipped(facts, left) if left else order.total_minor
        return Effect(
            Text.joined(" ", _cancelled(facts, left, show(worth, order.currency))),
            margin_minor=None if None in margins else -sum(margin or 0 for margin in margins),
            currency=order.currency,
            customer_message=f"We had to cancel {'the rest of your order' if left else 'your order'}; {_of_their_money(order)}.",
            leaves_building=True,
            at_stake_minor=worth,
            cost_unknown=None in margins,
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        reason = params.get("reason") or facts.case.get_type_display()
        order = call_off_order(facts.the_order.pk, reason=reason, actor=actor)
        return Done(
            Text("The order was cancelled.")
            if order.rest_cancelled_at is None
            else Text("What had not left was cancelled.")
        )

    def because(self, facts: Facts, effect: Effect | None) -> str:
        if facts.case.type == CaseType.DUPLICATE_SUSPECTED:
            return Text("the same customer ordered the same twice within minutes")
        return Text("nothing else would make it deliverable")

    def approval(self, facts: Facts, params: Params) -> str:
        return "cancel_after_release" if facts.the_order.state == OrderState.RELEASED else "resolution"


def _cancelled(facts: Facts, left: Mapping[int, int], worth: str) -> list[str]:
    """What cancelling comes to, a sentence each."""
    said = [Text("The order is cancelled, worth {worth}, and its stock is free again.", worth=worth)]
    if left:
        said = [
            Text(
                "What has not left of the order is cancelled, worth {worth}, and its stock is free again.", worth=worth
            )
        ]
    if facts.working:
        nodes = len(facts.working)
        said.append(Text.counted("{count} location is told to stop.", "{count} locations are told to stop.", nodes))
    if left:
        units = _units(sum(left.values()))
        said.append(Text("{units} left before; a case asks what becomes of that.", units=units))
    return list(said)


def _of_their_money(order: Order) -> str:
    return "nothing was charged" if order.payment_state in NOTHING_PAID else "we'll refund you in full"


def _unshipped(facts: Facts, left: Mapping[int, int]) -> list[OrderLine]:
    return [line for line in facts.lines if line.open_quantity > left.get(line.pk, 0)]


def _worth_unshipped(facts: Facts, left: Mapping[int, int]) -> int:
    return sum((one.open_quantity - left.get(one.pk, 0)) * one.unit_price_minor for one in _unshipped(facts, left))


def _units(count: int) -> str:
    return Text.counted("{count} unit", "{count} units", count)


def _short_line(facts: Facts) -> OrderLine | None:
    missing = missing_units(facts)
    lines = [line for line in facts.lines if missing.get(line.line_id) and line.sku is not None]
    return next((line for line in lines if preference_of(line) != "never"), None)


class Substitute(Resolution):
    """Send another SKU in the place of a short line."""

    code = "substitute"
    label = "Substitute"

    def why_not(self, facts: Facts) -> str:
        said = _open(facts)
        if not said and facts.the_order.state not in SUBSTITUTABLE:
            return Text("The order has not been checked yet.")
        if not said and _short_line(facts) is None:
            wishes = {preference_of(line) for line in facts.lines}
            if wishes == {"never"}:
                return Text("The customer wants no substitutes.")
            return Text("No line is short of stock.")
        if not said and not facts.once("substitutes", lambda: _candidates(facts)):
            return Text("The catalog knows nothing that could stand in for it.")
        return said

    def params(self, facts: Facts) -> Sequence[ParamSpec]:
        line = _short_line(facts)
        choices = tuple(facts.once("substitutes", lambda: _candidates(facts)))
        asks = line is not None and preference_of(line) == "ask"
        agreed: tuple[Choice, ...] = (Choice("yes", Text("Yes, they agreed")),)
        if not asks:
            agreed = (Choice("no", Text("No")), *agreed)
        return [
            ParamSpec("sku", Text("Instead"), "choice", choices=choices, default=choices[0].value if choices else None),
            ParamSpec("agreed", Text("Customer asked"), "choice", choices=agreed, default=None if asks else "no"),
        ]

    def effect(self, facts: Facts, params: Params) -> Effect:
        plan = _substitution(facts, params)
        return Effect(
            plan.sentence,
            margin_minor=plan.margin_change_minor,
            currency=facts.currency,
            customer_message=f"Instead of {plan.line.title or plan.line.sku_code} we are sending you "
            f"{plan.sku.name or plan.sku.code}.",
            at_stake_minor=plan.value_minor,
            cost_unknown=plan.margin_change_minor is None,
            rests_on={"units": plan.units, "unit_price_minor": plan.unit_price_minor},
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        plan = _substitution(facts, params)
        carry_out(payload_of(plan), actor=actor)
        others = sum(missing_units(facts).values()) - plan.units
        return Done(Text("Substituted: {what}", what=plan.sentence), ends=others <= 0)

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("the catalog has something like it in stock")

    def approval(self, facts: Facts, params: Params) -> str:
        return "substitution"

    def propose(
        self, facts: Facts, params: Params, effect: Effect, crossed: tuple[str, ...], reason: str, caller: Caller
    ) -> ApprovalRequest:
        plan = _substitution(facts, params)
        return propose_substitution(
            plan.line.pk,
            sku_code=plan.sku.code,
            units=plan.units,
            customer_agreed=plan.customer_agreed,
            reason=reason or plan.sentence,
            limits=crossed,
            case_id=facts.case.pk,
            actor=caller.actor,
        )


def _candidates(facts: Facts) -> list[Choice]:
    line = _short_line(facts)
    assert line is not None
    found = candidates_for(line, units=missing_units(facts)[line.line_id])
    return [
        Choice(one.sku, f"{one.sku} {one.name} ({show(one.price_minor, one.currency)}, {one.because})")
        for one in found[:SUBSTITUTES_SHOWN]
        if one.enough
    ]


def _substitution(facts: Facts, params: Params) -> Substitution:
    line = _short_line(facts)
    assert line is not None
    units = missing_units(facts)[line.line_id]
    return plan_substitution(line, sku_code=params["sku"], units=units, customer_agreed=params["agreed"] == "yes")
