"""Asking the customer whether it was meant so, or for the money that is owed; nothing ships before the answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from apps.casework.resolutions.base import Done, Effect, Params, ParamSpec, Resolution
from apps.casework.resolutions.facts import Facts
from apps.casework.resolutions.kinds.cancelling import NOTHING_PAID
from apps.casework.services.waiting import wait_case
from apps.casework.states import CaseType, WaitingOn
from apps.core.actor import Actor
from apps.core.money import show
from apps.core.text import Moment, Text
from apps.orders.services import charge_lines
from apps.orders.states import TERMINAL, OrderState

ANSWER_WITHIN = timedelta(days=2)


class AskCustomer(Resolution):
    """Mail the customer a question and let the case wait for the answer."""

    code = "ask_customer"
    label = "Ask the customer"

    def why_not(self, facts: Facts) -> str:
        if facts.order is None:
            return Text("The case is about no order.")
        if facts.order.state in TERMINAL:
            return Text("The order is {state}.", state=Text.lowered(OrderState(facts.order.state).label))
        if facts.contact is None or not facts.contact.email:
            return Text("The order has no mail address to ask at; call the customer, then say how it ended.")
        return ""

    def params(self, facts: Facts) -> Sequence[ParamSpec]:
        until = (facts.now + ANSWER_WITHIN).replace(minute=0, second=0, microsecond=0).isoformat()
        return [
            ParamSpec(
                "question",
                Text("Question"),
                "long_text",
                default=_question(facts),
                help=Text("mailed to the customer as it is"),
            ),
            ParamSpec("until", Text("Comes back"), "moment", default=until, help=Text("at this time at the latest")),
        ]

    def effect(self, facts: Facts, params: Params) -> Effect:
        return Effect(
            Text(
                "The customer is asked by mail and the case waits for the answer until {until} UTC; nothing ships before.",
                until=Moment(params["until"], "%-d %b %H:%M"),
            ),
            currency=facts.currency,
            customer_message=f"{params['question']} We keep it back until we hear from you.",
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        wait_case(facts.case.pk, on=WaitingOn.CUSTOMER, until=params["until"], note="", actor=actor)
        return Done(Text("The customer was asked."), ends=False)

    def because(self, facts: Facts, effect: Effect | None) -> str:
        if facts.case.type == CaseType.DUPLICATE_SUSPECTED:
            return Text("both may be meant, and only the customer knows")
        if facts.case.type == CaseType.PAYMENT_PROBLEM:
            return Text("nothing ships unpaid, and a reminder costs nothing")
        return Text("only the customer knows")

    def doubtful(self, facts: Facts, effect: Effect) -> bool:
        """Of two alike the unpaid one is the slip; nobody need be asked."""
        return facts.case.type == CaseType.DUPLICATE_SUSPECTED and facts.the_order.payment_state in NOTHING_PAID


def _question(facts: Facts) -> str:
    order = facts.the_order
    said = {
        CaseType.DUPLICATE_SUSPECTED: "We have received the same order from you twice. Did you mean both?",
        CaseType.QUANTITY_UNUSUAL: "Your order is unusually large. Is it as you meant it?",
        CaseType.ADDRESS_INVALID: "We can't deliver to the address of your order as it is. What is the right one?",
        CaseType.PAYMENT_PROBLEM: f"The payment of {show(order.total_minor, order.currency)} for your order has not "
        "reached us. Please pay it in the shop, or tell us if you have.",
    }
    kind = facts.case.type
    return said.get(CaseType(kind), "We have a question about your order.") if kind in CaseType else ""


class CallCustomer(Resolution):
    """Call the customer and let the case wait for the reply."""

    code = "call_customer"
    label = "Call the customer"

    def why_not(self, facts: Facts) -> str:
        if facts.order is None:
            return Text("The case is about no order.")
        if facts.order.state not in TERMINAL:
            return ""
        return Text("The order is {state}.", state=Text.lowered(OrderState(facts.order.state).label))

    def params(self, facts: Facts) -> Sequence[ParamSpec]:
        until = (facts.now + timedelta(hours=4)).replace(minute=0, second=0, microsecond=0).isoformat()
        return [
            ParamSpec("until", Text("Comes back"), "moment", default=until, help=Text("at this time at the latest")),
            ParamSpec("note", Text("Note"), "text", required=False, help=Text("what was said, without personal data")),
        ]

    def effect(self, facts: Facts, params: Params) -> Effect:
        how = Text(
            "You call by a number of an earlier order, never by one of this order alone, and the case waits for what you hear; "
            "nothing ships before."
        )
        if not facts.past.orders:
            how = Text(
                "There is no earlier order to take a number from; you call by one found elsewhere, never by one of this order alone, "
                "and the case waits for what you hear; nothing ships before."
            )
        return Effect(how, currency=facts.currency)

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        wait_case(facts.case.pk, on=WaitingOn.CUSTOMER, until=params["until"], note=params.get("note", ""), actor=actor)
        return Done(Text("The customer is called."), ends=False)

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("nothing was delivered to this customer before")


class ChargeLines(Resolution):
    """Ship for what the lines come to; the difference is charged or given back in the shop."""

    code = "charge_lines"
    label = "Charge what the lines come to"

    def why_not(self, facts: Facts) -> str:
        order = facts.order
        if order is None:
            return Text("The case is about no order.")
        if order.state in TERMINAL:
            return Text("The order is {state}.", state=Text.lowered(OrderState(order.state).label))
        claimed = order.claimed_totals.get("total")
        if claimed is None:
            return Text("The source claims no total.")
        return Text("The lines come to what is claimed.") if claimed == order.total_minor else ""

    def effect(self, facts: Facts, params: Params) -> Effect:
        order = facts.the_order
        more = order.total_minor - int(order.claimed_totals.get("total") or 0)
        apart, total = show(abs(more), order.currency), show(order.total_minor, order.currency)
        to_do = (
            Text("{amount} more is charged", amount=apart) if more > 0 else Text("{amount} is given back", amount=apart)
        )
        difference = f"we charge {apart} more" if more > 0 else f"you get {apart} back"
        return Effect(
            Text(
                "The order ships for what its lines come to, {total}; {to_do}, by you in the shop: nothing is collected from here.",
                total=total,
                to_do=to_do,
            ),
            cost_minor=max(-more, 0),
            currency=order.currency,
            customer_message=f"Your order comes to {total}, not to what you were shown; {difference}.",
            at_stake_minor=abs(more),
            rests_on={"claimed_minor": int(order.claimed_totals.get("total") or 0)},
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        charge_lines(facts.the_order.pk, actor=actor)
        return Done(
            Text("The lines' total of {amount} is charged.", amount=show(facts.the_order.total_minor, facts.currency))
        )

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("the lines say what was ordered and at what price")

    def approval(self, facts: Facts, params: Params) -> str:
        return "price_override"
