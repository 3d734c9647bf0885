"""What somebody does about goods that are out of our hands, with the words to do it by: turned round, returned, sent again, paid
back. Nothing is booked from here but that it was decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from apps.casework.resolutions.base import Choice, Done, Effect, Params, ParamSpec, Resolution
from apps.casework.resolutions.errors import NotResolvable
from apps.casework.resolutions.facts import Facts
from apps.casework.services.waiting import wait_case
from apps.casework.states import CaseType, WaitingOn
from apps.core.actor import Actor
from apps.core.models import Event
from apps.core.money import show
from apps.core.outbox import record
from apps.core.text import Moment, Text
from apps.fulfillment.models import FulfillmentOrder, Package, Shipment
from apps.fulfillment.selectors import whole_units_out
from apps.fulfillment.states import BEFORE_SHIPPED, ShipmentState
from apps.orders import events
from apps.orders.models import OrderLine

MOST_NAMED = 3
CARRIER_ANSWERS, CUSTOMER_SENDS = timedelta(days=1), timedelta(days=7)


def _concerned(facts: Facts) -> list[FulfillmentOrder]:
    """Those the case is about: its own, or all of the order's."""
    return [facts.concerned] if facts.concerned is not None else list(facts.fulfillment_orders)


def _shipments(facts: Facts) -> list[Shipment]:
    rows = Shipment.objects.filter(fulfillment_order__in=_concerned(facts)).select_related("fulfillment_order__node")
    return facts.once("shipments", lambda: list(rows.order_by("pk")))


def _on_the_way(facts: Facts) -> list[Shipment]:
    return [one for one in _shipments(facts) if one.state != ShipmentState.DELIVERED]


def _may_still_ship(facts: Facts) -> list[FulfillmentOrder]:
    """With a partner that would not stop, or was not reached."""
    return [row for row in _concerned(facts) if row.state in BEFORE_SHIPPED and row.called_off]


def _units(facts: Facts) -> dict[str, int]:
    """Units that have left, by line id."""
    left = facts.once("out", lambda: whole_units_out(facts.the_order.pk))
    return {line.line_id: left[line.pk] for line in facts.lines if left.get(line.pk)}


def _no_order(facts: Facts) -> str:
    return "" if facts.order is not None else Text("The case is about no order.")


# Turning it round.


class InterceptParcel(Resolution):
    """Ask the carrier, or a node that has not shipped yet, to turn it round."""

    code = "intercept_parcel"
    label = "Intercept the parcel"

    def why_not(self, facts: Facts) -> str:
        said = _no_order(facts)
        if not said and not _on_the_way(facts) and not _may_still_ship(facts):
            return Text("Nothing of it is on its way any more; agree on a return.")
        return said

    def params(self, facts: Facts) -> Sequence[ParamSpec]:
        return [_until(facts, CARRIER_ANSWERS)]

    def effect(self, facts: Facts, params: Params) -> Effect:
        _refuse_past(facts, params)
        return Effect(
            Text(
                "You ask to turn it round: {whom}. The case comes back {until} UTC.",
                whom=_whom(facts),
                until=Moment(params["until"], "%-d %b %H:%M"),
            ),
            currency=facts.currency,
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        said = Text("To be turned round: {whom}.", whom=_whom(facts))
        wait_case(facts.case.pk, on=WaitingOn.PARTNER, until=params["until"], note=said, actor=actor)
        return Done(said, ends=False)

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("within the first hours a carrier still turns a parcel round")


def _comes_back(facts: Facts, after: timedelta) -> str:
    return (facts.now + after).replace(minute=0, second=0, microsecond=0).isoformat()


def _until(facts: Facts, after: timedelta) -> ParamSpec:
    return ParamSpec(
        "until",
        Text("Comes back"),
        "moment",
        default=_comes_back(facts, after),
        help=Text("at this time at the latest"),
    )


def _whom(facts: Facts) -> str:
    """Who has to be notified of what, as the end of a sentence."""
    parcels = Package.objects.filter(shipment__in=_on_the_way(facts)).select_related("shipment").order_by("pk")
    said = [
        Text.joined(" ", (part for part in (one.shipment.carrier or Text("the carrier"), one.tracking_number)))
        for one in parcels
    ]
    said += [Text("{name}, before it ships", name=row.node.name) for row in _may_still_ship(facts)]
    named = Text.joined("; ", said[:MOST_NAMED])
    return (
        named
        if len(said) <= MOST_NAMED
        else Text("{named} and {count} more", named=named, count=len(said) - MOST_NAMED)
    )


def _refuse_past(facts: Facts, params: Params) -> None:
    if params["until"] <= facts.now:
        raise NotResolvable(why=Text("The time to come back is over already."))


# Having it sent back.


def _return_why_not(facts: Facts) -> str:
    return _no_order(facts) or ("" if _units(facts) else Text("Nothing of it has left."))


class AwaitReturn(Resolution):
    """Ask the customer to send the goods back."""

    code = "await_return"
    label = "Ask for the goods back"

    def why_not(self, facts: Facts) -> str:
        return _return_why_not(facts)

    def params(self, facts: Facts) -> Sequence[ParamSpec]:
        return [_until(facts, CUSTOMER_SENDS)]

    def effect(self, facts: Facts, params: Params) -> Effect:
        _refuse_past(facts, params)
        return Effect(
            Text(
                "The customer is asked to send {named} back. The case waits for it and comes back {until} UTC.",
                named=_named(facts, _units(facts)),
                until=Moment(params["until"], "%-d %b %H:%M"),
            ),
            currency=facts.currency,
            customer_message="Part of your order was on its way already. Please send it back to us; you get your money back "
            "when it is here.",
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        said = Text("{goods} to come back.", goods=_named(facts, _units(facts)))
        wait_case(facts.case.pk, on=WaitingOn.CUSTOMER, until=params["until"], note=said, actor=actor)
        return Done(said, ends=False)

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("what has arrived only comes back if the customer sends it")


# Sending it again, and paying it back.


def _units_params(facts: Facts) -> Sequence[ParamSpec]:
    left = _units(facts)
    lines = [line for line in facts.lines if line.line_id in left]
    choices = tuple(Choice(one.line_id, f"{left[one.line_id]} x {one.title or one.sku_code}"[:80]) for one in lines)
    return [ParamSpec("units", Text("Units"), "units", choices=choices, default=left or None)]


def _named(facts: Facts, units: Params) -> str:
    lines = facts.line_by_id
    said = [f"{count} x {lines[line].sku_code}" for line, count in list(units.items())[:MOST_NAMED]]
    if len(units) <= MOST_NAMED:
        return ", ".join(said)
    return Text("{named} and {count} more lines", named=", ".join(said), count=len(units) - MOST_NAMED)


def _worth(facts: Facts, units: Params) -> int:
    """What the customer paid for these units, minor units of the order: price and tax, less the discount of the lines."""
    inside = bool(facts.the_order.claimed_totals.get("prices_include_tax"))
    return sum(_paid(facts.line_by_id[line], count, tax_inside=inside) for line, count in units.items())


def _paid(line: OrderLine, count: int, *, tax_inside: bool) -> int:
    beside = (0 if tax_inside else line.tax_minor) - line.discount_minor
    return count * line.unit_price_minor + beside * count // line.quantity


def _checked(facts: Facts, params: Params) -> Params:
    left = _units(facts)
    over = [line for line, count in params["units"].items() if count > left.get(line, 0)]
    if over:
        sku, count = facts.line_by_id[over[0]].sku_code, left.get(over[0], 0)
        raise NotResolvable(why=Text("Of {sku}, {count} have left.", sku=sku, count=count))
    units: Params = params["units"]
    return units


class ResendGoods(Resolution):
    """Send the goods once more, as an order at no charge placed in the shop."""

    code = "resend_goods"
    label = "Send again"

    def why_not(self, facts: Facts) -> str:
        return _return_why_not(facts)

    def params(self, facts: Facts) -> Sequence[ParamSpec]:
        return _units_params(facts)

    def effect(self, facts: Facts, params: Params) -> Effect:
        units = _checked(facts, params)
        worth = _worth(facts, units)
        return Effect(
            Text(
                "{named}, worth {worth}, go out once more: you place them in the shop as an order at no charge, to the address the "
                "customer gives now.",
                named=_named(facts, units),
                worth=show(worth, facts.currency),
            ),
            currency=facts.currency,
            customer_message="Your parcel could not be delivered. We are sending it again."
            if facts.case.type == CaseType.UNDELIVERABLE
            else "We are sending it to you again, as you asked.",
            leaves_building=True,
            at_stake_minor=worth,
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        return Done(Text("To be sent again: {goods}.", goods=_named(facts, _checked(facts, params))))

    def because(self, facts: Facts, effect: Effect | None) -> str:
        if facts.case.type == CaseType.UNDELIVERABLE:
            return Text("the customer still waits for it")
        return Text("only where the customer wants it after all")


def _to_refund(facts: Facts, params: Params) -> Params:
    """The units, of which none is paid back twice, in whatever case. Raises NotResolvable."""
    units, left = _checked(facts, params), _units(facts)
    before: Counter[str] = Counter()
    for data in Event.objects.filter(
        stream=facts.the_order.public_id, name=events.OrderRefundAgreed.spec.name
    ).values_list("data", flat=True):
        before.update(data.get("units") or {})
    twice = next((line for line, count in units.items() if count + before[line] > left.get(line, 0)), None)
    if twice is not None:
        sku = facts.line_by_id[twice].sku_code
        raise NotResolvable(
            why=Text(
                "Of {sku}, {before} are to be paid back already; {count} have left.",
                sku=sku,
                before=before[twice],
                count=left.get(twice, 0),
            )
        )
    return units


class InstructRefund(Resolution):
    """Note what is to be paid back; nothing is paid from here."""

    code = "instruct_refund"
    label = "Have it refunded"

    def why_not(self, facts: Facts) -> str:
        return _return_why_not(facts)

    def params(self, facts: Facts) -> Sequence[ParamSpec]:
        return _units_params(facts)

    def effect(self, facts: Facts, params: Params) -> Effect:
        units = _to_refund(facts, params)
        worth = _worth(facts, units)
        return Effect(
            Text(
                "{worth} for {named} is to be paid back where it was paid; nothing is paid from here.",
                worth=show(worth, facts.currency),
                named=_named(facts, units),
            ),
            currency=facts.currency,
            customer_message=f"You get {show(worth, facts.currency)} back.",
            at_stake_minor=worth,
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        units = _to_refund(facts, params)
        worth, order = _worth(facts, units), facts.the_order
        agreed = events.OrderRefundAgreed(
            amount_minor=worth, currency=order.currency, case=facts.case.public_id, units=dict(units)
        )
        record(events.order_fact(order, agreed), actor=actor)
        return Done(
            Text(
                "{amount} to be paid back for {goods}.",
                amount=show(worth, order.currency),
                goods=_named(facts, units),
            )
        )

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("the goods are back, or not worth a return")

    def approval(self, facts: Facts, params: Params) -> str:
        return "refund"
