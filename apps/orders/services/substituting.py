"""Putting another SKU in place of an ordered one, with what was ordered kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.db.models import Max

from apps.catalog.models import Sku
from apps.core.actor import Actor
from apps.core.bulk.bulk_insert import insert_rows
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import service
from apps.orders import events, selectors
from apps.orders.errors import LineNotSubstitutable, SubstitutionUnwanted
from apps.orders.models import Order, OrderLine
from apps.orders.states import OrderState

SUBSTITUTABLE = (OrderState.VALIDATED, OrderState.ROUTED, OrderState.RELEASED)
PREFERENCE = "substitution"
PREFERENCES = ("never", "similar", "ask")
PriceRule = Literal["lower", "original", "substitute"]


@dataclass(frozen=True, slots=True)
class Replacement:
    """``units`` of the line with pk ``line_id`` become that SKU at that price per unit (minor units of the order)."""

    line_id: int
    sku: Sku
    units: int
    unit_price_minor: int


def preference_of(line: OrderLine) -> str:
    """What the customer said of substitutes for this line: never, similar, ask; empty: nothing."""
    wish = str(line.properties.get(PREFERENCE, "")).strip().lower()
    return wish if wish in PREFERENCES else ""


def price_of_substitute(ordered_minor: int, listed_minor: int | None, rule: PriceRule = "lower") -> int:
    """What the customer pays per unit. ``listed_minor`` None: it is not priced in the order's currency."""
    if listed_minor is None or rule == "original":
        return ordered_minor
    return listed_minor if rule == "substitute" else min(ordered_minor, listed_minor)


@service
def replace_units(order_id: int, replacement: Replacement, *, actor: Actor) -> OrderLine:
    """Cancel the units on the ordered line and add a line for the substitute, which points back at it.

    Discount and tax move in proportion. ``Order.total_minor`` stays what was ordered; the event says what the customer pays
    less now. Stock is the caller's business. Raises OrderNotFound, LineNotSubstitutable, SubstitutionUnwanted.
    """
    order = selectors.lock_order(order_id)
    line = _line(order, replacement)
    if preference_of(line) == "never":
        raise SubstitutionUnwanted(line=line.sku_code)
    new = _new_line(order, line, replacement)
    line.cancelled_quantity += replacement.units
    update_rows([line], ["cancelled_quantity"])
    insert_rows([new])
    # The order's own version rises with its lines: who read it before has to look again.
    update_rows([order], ["entered_state_at"])
    record(events.order_fact(order, _substituted(order, line, new)), actor=actor)
    return new


def _line(order: Order, replacement: Replacement) -> OrderLine:
    if order.state not in SUBSTITUTABLE:
        raise LineNotSubstitutable(why=Text("the order is {state}", state=Text.lowered(OrderState(order.state).label)))
    line = OrderLine.objects.select_related("sku").filter(order=order, pk=replacement.line_id).first()
    if line is None:
        raise LineNotSubstitutable(why=Text("the order has no such line any more"))
    if not 1 <= replacement.units <= line.open_quantity:
        raise LineNotSubstitutable(
            why=Text("{count} units of {sku} are open", count=line.open_quantity, sku=line.sku_code)
        )
    if replacement.sku.pk == line.sku_id:
        raise LineNotSubstitutable(why=Text("{sku} is what was ordered", sku=line.sku_code))
    if not replacement.sku.active:
        raise LineNotSubstitutable(why=Text("{sku} is not sold any more", sku=replacement.sku.code))
    return line


def _new_line(order: Order, line: OrderLine, replacement: Replacement) -> OrderLine:
    units, price = replacement.units, replacement.unit_price_minor
    discount = min(line.discount_minor * units // line.quantity, price * units)
    last = order.lines.aggregate(last=Max("position"))["last"] or 0
    return OrderLine(
        order=order,
        position=last + 1,
        line_id=_free_line_id(order, line),
        sku_code=replacement.sku.code,
        sku=replacement.sku,
        title=replacement.sku.name,
        quantity=units,
        unit_price_minor=price,
        discount_minor=discount,
        tax_minor=_tax(line, units, price * units - discount),
        requires_shipping=line.requires_shipping,
        properties={name: value for name, value in line.properties.items() if name == PREFERENCE},
        substitutes=line,
    )


def _tax(line: OrderLine, units: int, net: int) -> int:
    """The line's tax at the line's own rate, on what is paid for the substitute; rounded half up."""
    net_before = line.unit_price_minor * line.quantity - line.discount_minor
    if net_before <= 0:
        return line.tax_minor * units // line.quantity
    return (2 * line.tax_minor * net + net_before) // (2 * net_before)


def _free_line_id(order: Order, line: OrderLine) -> str:
    taken = set(OrderLine.every.filter(order=order).values_list("line_id", flat=True))
    number = 1
    while (candidate := f"{line.line_id[:118]}~{number}") in taken:
        number += 1
    return candidate


def _substituted(order: Order, line: OrderLine, new: OrderLine) -> events.OrderLineSubstituted:
    less = (line.unit_price_minor - new.unit_price_minor) * new.quantity
    return events.OrderLineSubstituted(
        line=line.line_id,
        new_line=new.line_id,
        substitute=f"line:{new.pk}",
        from_=line.sku_code,
        to=new.sku_code,
        units=new.quantity,
        unit_price_minor=new.unit_price_minor,
        less_minor=less,
        currency=order.currency,
    )
