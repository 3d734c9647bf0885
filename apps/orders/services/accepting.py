"""Taking orders in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.core.actor import Actor
from apps.core.bulk.bulk_insert import insert_groups, take_ids
from apps.core.bulk.fast_rows import make_row
from apps.core.money import show
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import atomic_unless_buffered, is_first_try
from apps.orders import events, selectors
from apps.orders.canonical import SCHEMA_VERSION, Address, CanonicalOrder, Doubt, DoubtReason, OrderStatus, PaymentState
from apps.orders.models import Order, OrderContact, OrderLine
from apps.orders.similarity import person_key, phone_key
from apps.orders.states import ContactRole
from apps.orders.totals import recomputed_total

REFUND_UNEXPLAINED = "refund_unexplained"
# All of a contact that is ever written after it was made.
CONTACT_FIELDS = [
    field.attname for field in OrderContact._meta.concrete_fields if field.name not in ("id", "order", "role", "search")
]


@dataclass(frozen=True, slots=True)
class Accepted:
    """``created`` False: the channel had sent it before and this is the order it made then."""

    order: Order
    created: bool


def accept_order(canonical: CanonicalOrder, *, channel: str, actor: Actor) -> Accepted:
    """Take one order in. A repeat of (channel, external id) answers with the existing order."""
    return accept_orders([canonical], channel=channel, actor=actor)[0]


@atomic_unless_buffered
def accept_orders(canonicals: Sequence[CanonicalOrder], *, channel: str, actor: Actor) -> list[Accepted]:
    """Take many orders of one channel in, in a handful of statements. Results are in the order given.

    Two callers with the same new order at once: the database's unique (channel, external id) lets one in, the other's
    transaction fails and is run again by ``in_transaction``, to find it here.
    """
    alone = len(canonicals) == 1 and is_first_try()
    known = {} if alone else selectors.existing_orders(channel, {c.external_id for c in canonicals})
    fresh = {c.external_id: c for c in canonicals if c.external_id not in known}
    created = [_order(canonical, channel) for canonical in fresh.values()]
    for order, pk in zip(created, take_ids(Order, len(created)), strict=True):
        order.pk = pk
    pairs = list(zip(created, fresh.values(), strict=True))
    insert_groups(
        created,
        [line for order, canonical in pairs for line in order_lines(order, canonical)],
        [contact for order, canonical in pairs for contact in contacts(order, canonical)],
    )
    record(*[events.order_fact(order, events.OrderAccepted(channel=channel)) for order in created], actor=actor)
    new = {order.external_id: order for order in created}
    results, fact = [], set()
    for canonical in canonicals:
        key = canonical.external_id
        results.append(Accepted(new.get(key) or known[key], created=key in new and key not in fact))
        fact.add(key)
    return results


def _order(canonical: CanonicalOrder, channel: str) -> Order:
    order = make_row(Order, channel=channel, external_id=canonical.external_id, placed_at=canonical.placed_at)
    order.schema_version = SCHEMA_VERSION
    apply_header(order, canonical)
    return order


def apply_header(order: Order, canonical: CanonicalOrder) -> None:
    """Copy what the source says of the order as a whole; lines and contacts are rows of their own."""
    order.external_number = canonical.external_number
    order.currency = canonical.currency
    order.customer_tier = canonical.customer.tier
    order.payment_state = canonical.payment.state
    order.payment_method = canonical.payment.method
    order.payment_references = list(canonical.payment.references)
    order.service_level = canonical.shipping.service_level
    if (order.pickup_location, order.shipping_method) != (
        canonical.shipping.pickup_location,
        canonical.shipping.method_name,
    ):
        # Another store, perhaps; the next check finds out.
        order.pickup_node = ""
    order.pickup_location = canonical.shipping.pickup_location
    order.shipping_method = canonical.shipping.method_name
    order.split_preference = canonical.shipping.preference
    order.risk_level = canonical.risk.level
    order.tags = list(canonical.tags)
    order.doubts = [doubt.model_dump(mode="json") for doubt in doubts_of(canonical)]
    order.ship_by, order.deliver_by = canonical.promise.ship_by, canonical.promise.deliver_by
    order.claimed_totals = canonical.totals.model_dump(mode="json")
    order.total_minor = recomputed_total(canonical.lines, canonical.totals)
    order.source_updated_at = canonical.updated_at or canonical.placed_at


def doubts_of(canonical: CanonicalOrder) -> list[Doubt]:
    """What the source doubts itself, and a partial refund of which it does not say what it was for. An order handed over
    already leaves no doubt: nothing of it ships."""
    payment = canonical.payment
    if canonical.status == OrderStatus.COMPLETED:
        return []
    if payment.state != PaymentState.PARTIALLY_REFUNDED or payment.refund_explained:
        return canonical.doubts
    given = Text("Part of the payment") if payment.refunded is None else show(payment.refunded, canonical.currency)
    sentence = Text("{amount} was given back, and the source does not say for which units.", amount=given)
    return [*canonical.doubts, Doubt(reason=DoubtReason.PAYMENT_PROBLEM, code=REFUND_UNEXPLAINED, sentence=sentence)]


def order_lines(order: Order, canonical: CanonicalOrder) -> list[OrderLine]:
    """Unsaved line rows; which SKU each is, validation finds out. Of an order handed over already nothing is ours."""
    handed_over = canonical.status == OrderStatus.COMPLETED
    return [
        make_row(
            OrderLine,
            order_id=order.pk,
            position=position,
            line_id=line.line_id,
            sku_code=line.sku,
            title=line.title,
            quantity=line.quantity,
            elsewhere_quantity=line.quantity if handed_over else line.handled_elsewhere,
            unit_price_minor=line.unit_price,
            tax_minor=line.tax,
            discount_minor=line.discount,
            requires_shipping=line.requires_shipping,
            gift_card=line.gift_card,
            properties=line.properties,
        )
        for position, line in enumerate(canonical.lines)
    ]


def contacts(order: Order, canonical: CanonicalOrder) -> list[OrderContact]:
    """Unsaved contact rows: whom to ship to, and who pays where that was said apart."""
    rows = [_contact(order, canonical, ContactRole.SHIP_TO, canonical.shipping_address)]
    if canonical.billing_address is not None and canonical.billing_address != canonical.shipping_address:
        rows.append(_contact(order, canonical, ContactRole.BILL_TO, canonical.billing_address))
    return rows


def _contact(order: Order, canonical: CanonicalOrder, role: str, address: Address | None) -> OrderContact:
    customer, at = canonical.customer, address or Address()
    return make_row(
        OrderContact,
        order_id=order.pk,
        role=role,
        customer_reference=customer.reference,
        name=at.name or customer.name,
        company=at.company,
        line1=at.line1,
        line2=at.line2,
        city=at.city,
        region=at.region,
        postal_code=at.postal_code,
        country=at.country,
        email=at.email or customer.email,
        phone=at.phone or customer.phone,
        note=canonical.note,
        person_key=person_key(at.name or customer.name, at.line1, at.postal_code),
        phone_key=phone_key(at.phone or customer.phone),
    )


def is_cancellation(canonical: CanonicalOrder) -> bool:
    """Whether the source says this order is off."""
    return canonical.status == OrderStatus.CANCELLED
