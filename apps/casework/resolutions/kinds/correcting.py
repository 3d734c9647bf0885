"""Setting right what the order came with: its address, its SKUs, its price; and letting go what was held."""

from __future__ import annotations

from collections.abc import Sequence

from apps.casework.resolutions.base import Choice, Done, Effect, Params, ParamSpec, Resolution
from apps.casework.resolutions.errors import NotResolvable
from apps.casework.resolutions.facts import Facts
from apps.casework.resolutions.sku_matching import likely_skus
from apps.casework.states import CaseType
from apps.catalog.finding import matching_skus
from apps.catalog.models import Sku
from apps.catalog.selectors import resolve_codes
from apps.catalog.services import map_code
from apps.core.actor import Actor
from apps.core.money import show
from apps.core.text import Text
from apps.orders.canonical import normalize_sku
from apps.orders.models import Order, OrderContact, OrderLine
from apps.orders.selectors import orders_waiting_for_code
from apps.orders.services import (
    ADDRESS_FIELDS,
    accept_price,
    correct_address,
    refuse_undeliverable,
    release_hold,
)
from apps.orders.services.revising import REVISABLE
from apps.orders.states import TERMINAL, ContactRole, HoldReason, OrderState

MOST_SAID = 5
PERSONAL = ("name", "company", "line1", "line2")
# The names of the address library, where they differ from ours, and what it has to say.
_FIELD_OF = {"country_code": "country", "country_area": "region", "street_address": "line1"}
_PROBLEMS = {"required": Text("is missing"), "invalid": Text("does not fit the country")}
_SAID = {"line1": Text("Street and number"), "line2": Text("Flat, floor, building")}


def _no_order(facts: Facts) -> str:
    if facts.order is None:
        return Text("The case is about no order.")
    if facts.order.state in TERMINAL:
        return Text("The order is {state}.", state=Text.lowered(OrderState(facts.order.state).label))
    return ""


class FixAddress(Resolution):
    """Correct the delivery address; the order is checked again."""

    code = "fix_address"
    label = "Correct the address"

    def why_not(self, facts: Facts) -> str:
        entered = _no_order(facts)
        if not entered and facts.the_order.state not in REVISABLE:
            state = Text.lowered(OrderState(facts.the_order.state).label)
            return Text("The order is {state}; its address can't be changed here any more.", state=state)
        if not entered and facts.working:
            return Text("A location works on part of it by the address it has.")
        return entered

    def params(self, facts: Facts) -> Sequence[ParamSpec]:
        wrong = problems_by_field(facts.case.detail.get("fields"))
        labels = {name: _SAID.get(name) or name.replace("_", " ").capitalize() for name in ADDRESS_FIELDS}
        fields = tuple(Choice(name, labels[name], wrong.get(name, "")) for name in ADDRESS_FIELDS)
        entered = Text.joined(", ", (_wrong(labels.get(name, name), problem) for name, problem in wrong.items()))
        return [
            ParamSpec(
                "address",
                Text("Address"),
                "address",
                choices=fields,
                help=entered and Text("Wrong as it is: {fields}.", fields=entered),
            )
        ]

    def effect(self, facts: Facts, params: Params) -> Effect:
        contact = facts.contact or OrderContact(order=facts.order, role=ContactRole.SHIP_TO)
        refuse_undeliverable(facts.the_order, contact, params["address"])
        return Effect(
            Text("The order is checked again with the new address and goes on to be routed."),
            currency=facts.currency,
            customer_message="We corrected the delivery address of your order; it is on its way to be packed.",
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        correct_address(facts.the_order.pk, address=params["address"], bound=bool(facts.working), actor=actor)
        return Done(Text("The address was corrected and the order is checked again."))

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("the address is all that keeps the order back")


def _wrong(label: str, problem: str) -> str:
    return Text("{field} {problem}", field=Text.lowered(label), problem=problem)


def problems_by_field(found: object) -> dict[str, str]:
    """What the check of an address found, by our names of the fields, in words."""
    if isinstance(found, list):
        found = dict.fromkeys(found, "required")
    pairs = found.items() if isinstance(found, dict) else ()
    return {_FIELD_OF.get(str(name), str(name)): _PROBLEMS.get(str(entered), str(entered)) for name, entered in pairs}


def unknown_lines(facts: Facts) -> list[OrderLine]:
    return [line for line in facts.lines if line.physical and line.sku is None and line.open_quantity]


class MapSku(Resolution):
    """Say which SKU a code of the channel means, for all orders that wait for it."""

    code = "map_sku"
    label = "Match to a SKU"

    def why_not(self, facts: Facts) -> str:
        return _no_order(facts) or ("" if unknown_lines(facts) else Text("Every SKU of the order is known by now."))

    def params(self, facts: Facts) -> Sequence[ParamSpec]:
        lines = unknown_lines(facts)
        codes = sorted({line.sku_code for line in lines if line.sku_code})
        first = codes[0] if codes else ""
        title = next((line.title for line in lines if line.sku_code == first), "")
        likely = likely_skus(first, title)
        return [
            ParamSpec(
                "code",
                Text("Code the channel sends"),
                "choice",
                choices=tuple(Choice(c, c) for c in codes),
                default=first,
                help=_as_ordered(facts, lines),
            ),
            ParamSpec(
                "sku",
                Text("Our SKU"),
                "sku",
                # Proposed only where it is the same code in another spelling; a likeness is for a person to judge.
                default=likely[0].code if likely and likely[0].same else None,
                choices=tuple(Choice(one.code, one.label) for one in likely),
            ),
        ]

    def effect(self, facts: Facts, params: Params) -> Effect:
        sku, order = _meant(params), facts.the_order
        waiting = len(orders_waiting_for_code(order.channel, params["code"]))
        meant = Text(
            "{code} means {sku} ({name}) in this channel from now on.", code=params["code"], sku=sku.code, name=sku.name
        )
        others = Text.counted(
            "{count} other order waiting for it go on too.",
            "{count} other orders waiting for it go on too.",
            waiting - 1,
        )
        units = [line for line in unknown_lines(facts) if line.sku_code == params["code"]]
        margin = sum(line.open_quantity * (line.unit_price_minor - sku.cost_minor) for line in units)
        known = bool(sku.cost_minor) and sku.currency == order.currency
        return Effect(
            Text.joined(" ", [meant, others if waiting > 1 else ""]),
            margin_minor=margin if known else None,
            currency=facts.currency,
            cost_unknown=not known,
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        sku, order, code = _meant(params), facts.the_order, normalize_sku(params["code"])
        # All orders of the channel that wait for this code, this one among them, are checked again by what follows the event.
        map_code(code, sku_id=sku.pk, channel=order.channel, actor=actor)
        left = {line.sku_code for line in unknown_lines(facts)} - {params["code"]}
        return Done(Text("{code} was mapped to {sku}.", code=code, sku=sku.code), ends=not left)

    def because(self, facts: Facts, effect: Effect | None) -> str:
        if effect:
            return Text("our catalog has the same code in another spelling")
        return Text("this code isn't matched to a product")


def _as_ordered(facts: Facts, lines: Sequence[OrderLine]) -> str:
    """What the order says of the goods nobody knows: their name and price are the best clue to what they are."""
    entered = [
        Text(
            "{code}: {title}{count} at {price} each",
            code=line.sku_code or Text("No code"),
            title=f"“{line.title}”, " if line.title else "",
            count=line.open_quantity,
            price=show(line.unit_price_minor, facts.currency),
        )
        for line in lines[:MOST_SAID]
    ]
    if len(lines) > MOST_SAID:
        entered.append(Text("and {count} more", count=len(lines) - MOST_SAID))
    return Text("In the order, {lines}.", lines=Text.joined("; ", entered))


def _meant(params: Params) -> Sku:
    """By its code, or by words that only one SKU has."""
    entered = params["sku"]
    sku = resolve_codes([entered], channel="").get(entered)
    if sku is not None:
        return sku
    found = matching_skus(Sku.objects.filter(active=True), entered, most=MOST_SAID)
    exact = [one for one in found if one.name.casefold() == entered.casefold()] or found
    if len(exact) == 1:
        return exact[0]
    if exact:
        named = ", ".join(f"{one.code} ({one.name})" for one in exact[:MOST_SAID])
        why = Text("Several SKUs fit “{said}”: {named}. Choose one by its code.", said=entered, named=named)
        raise NotResolvable(why=why)
    raise NotResolvable(why=Text("There is no SKU {said} that is sold.", said=entered))


class AcceptPrice(Resolution):
    """Ship for the total the source claims."""

    code = "accept_price"
    label = "Accept the price claimed"

    def why_not(self, facts: Facts) -> str:
        entered = _no_order(facts)
        if not entered and facts.the_order.price_accepted:
            return Text("The price was accepted already.")
        if not entered and facts.the_order.claimed_totals.get("total") is None:
            return Text("The source claims no total.")
        return entered

    def effect(self, facts: Facts, params: Params) -> Effect:
        order = facts.the_order
        less = order.total_minor - _claimed(order)
        amounts = {"claimed": show(_claimed(order), order.currency), "amount": show(abs(less), order.currency)}
        return Effect(
            Text("The order ships for the {claimed} claimed, {amount} less than the lines come to.", **amounts)
            if less > 0
            else Text("The order ships for the {claimed} claimed, {amount} more than the lines come to.", **amounts),
            cost_minor=max(less, 0),
            margin_minor=-less,
            currency=order.currency,
            rests_on={"claimed_minor": _claimed(order)},
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        accept_price(facts.the_order.pk, actor=actor)
        return Done(
            Text("The claimed total of {amount} was accepted.", amount=show(_claimed(facts.the_order), facts.currency))
        )

    def because(self, facts: Facts, effect: Effect | None) -> str:
        order = facts.the_order
        share = abs(order.total_minor - _claimed(order)) * 1000 // max(order.total_minor, 1)
        return Text("the difference is {share} % of the order", share=f"{share / 10:g}")

    def approval(self, facts: Facts, params: Params) -> str:
        return "price_override"

    def doubtful(self, facts: Facts, effect: Effect) -> bool:
        """Pennies are a rounding; more than a fifth of the order is somebody's mistake."""
        return effect.cost_minor * 5 > facts.the_order.total_minor


def _claimed(order: Order) -> int:
    return int(order.claimed_totals.get("total") or 0)


def _hold_reason(facts: Facts) -> str:
    reasons = [hold.reason for hold in facts.holds]
    if facts.case.type in reasons:
        return str(facts.case.type)
    return reasons[0] if len(reasons) == 1 else ""


class ReleaseHold(Resolution):
    """Take one hold away; the order goes on."""

    code = "release_hold"
    label = "Release the hold"

    def why_not(self, facts: Facts) -> str:
        entered = _no_order(facts)
        if not entered and not facts.holds:
            return Text("Nothing holds the order any more.")
        if not entered and facts.case.type in (HoldReason.UNKNOWN_SKU, HoldReason.ADDRESS_INVALID):
            return Text("Letting it go would not make it deliverable.")
        return entered

    def params(self, facts: Facts) -> Sequence[ParamSpec]:
        reasons = tuple(Choice(hold.reason, hold.get_reason_display()) for hold in facts.holds)
        default = _hold_reason(facts) or None
        return [
            ParamSpec("reason", Text("Hold"), "choice", choices=reasons, default=default),
            ParamSpec("note", Text("Note"), "text", required=False, help=Text("what you looked at")),
        ]

    def effect(self, facts: Facts, params: Params) -> Effect:
        others = [hold for hold in facts.holds if hold.reason != params["reason"]]
        reasons = Text.joined(", ", (Text(hold.get_reason_display()) for hold in others))
        rest = Text("It stays held for: {reasons}.", reasons=reasons) if others else ""
        # A price nobody can check is as open as one nobody has paid.
        unpaid = params["reason"] in (HoldReason.PAYMENT_PROBLEM, HoldReason.FRAUD_REVIEW, HoldReason.PRICE_MISMATCH)
        order = facts.the_order
        at_risk = Text("{amount} ships at our risk.", amount=show(order.total_minor, order.currency)) if unpaid else ""
        return Effect(
            Text.joined(" ", [Text("The hold is taken away and the order goes on."), at_risk, rest]),
            currency=order.currency,
            at_stake_minor=order.total_minor if unpaid else 0,
            rests_on=_held_for(facts, params["reason"]),
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        release_hold(facts.the_order.pk, reason=params["reason"], note=params.get("note", ""), actor=actor)
        return Done(Text("The hold was released."))

    def because(self, facts: Facts, effect: Effect | None) -> str:
        if facts.case.type == CaseType.FRAUD_REVIEW and facts.past.delivered:
            return Text("the customer has ordered before, and it arrived")
        return Text("a look at the order is all it waits for")

    def approval(self, facts: Facts, params: Params) -> str:
        return "ship_without_payment" if params.get("reason") == HoldReason.PAYMENT_PROBLEM else "resolution"

    def four_eyes(self, facts: Facts, params: Params) -> bool:
        return params.get("reason") == HoldReason.PAYMENT_PROBLEM

    def doubtful(self, facts: Facts, effect: Effect) -> bool:
        """Who has ordered before and was delivered to, is mostly who they say; of anybody else nobody knows."""
        return facts.case.type == CaseType.FRAUD_REVIEW and not facts.past.delivered


def _held_for(facts: Facts, reason: str) -> dict[str, str]:
    """Who lets a pending payment pass has not let one pass that fell through since. What people noted stays with them."""
    found = {f"{reason}_hold": hold.note for hold in facts.holds if hold.reason == reason and not hold.by_people}
    return found | ({"payment": facts.the_order.payment_state} if reason == HoldReason.PAYMENT_PROBLEM else {})
