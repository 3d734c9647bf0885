"""Setting right what kept an order from being routed: its address, and what only has to be looked at again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy

from apps.core.actor import Actor
from apps.core.bulk.bulk_insert import insert_rows
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.transactions import service
from apps.orders import events, selectors
from apps.orders.canonical import DoubtReason
from apps.orders.checks import ChannelTerms, Subject, check_address
from apps.orders.errors import AddressNotDeliverable, OrderNotRevisable
from apps.orders.models import Order, OrderContact
from apps.orders.services.accepting import CONTACT_FIELDS
from apps.orders.services.revising import ADDRESS_FIELDS, REVISABLE
from apps.orders.states import ContactRole, OrderState


@service
def correct_address(order_id: int, *, address: Mapping[str, str], bound: bool = False, actor: Actor) -> Order:
    """Replace the ship-to address (names out of ADDRESS_FIELDS; what is not named stays) and have the order checked again.

    ``bound``: the caller, holding the order's lock, has seen work at a node that goes by the old address. Raises
    OrderNotRevisable, AddressNotDeliverable; correcting it to what it is changes nothing.
    """
    assert set(address) <= set(ADDRESS_FIELDS)
    order = selectors.lock_order(order_id)
    contact = selectors.ship_to([order_id]).get(order_id) or OrderContact(order=order, role=ContactRole.SHIP_TO)
    if all(getattr(contact, name) == value for name, value in address.items()):
        return order
    if bound or order.state not in REVISABLE:
        raise OrderNotRevisable(state="being worked on" if bound else order.state)
    refuse_undeliverable(order, contact, address)
    for name, value in address.items():
        # What the source said first stays known, so that its next message does not bring the mistake back.
        contact.corrected_from.setdefault(name, getattr(contact, name))
        setattr(contact, name, value)
    if contact._state.adding:
        insert_rows([contact])
    else:
        update_rows([contact], CONTACT_FIELDS)
    # Somebody knows the address now; what could not be read of it is no longer doubted.
    doubts = [doubt for doubt in order.doubts if doubt["reason"] != DoubtReason.ADDRESS_INVALID]
    if doubts != order.doubts:
        order.source_said.setdefault("doubts", order.doubts)
        order.doubts = doubts
        update_rows([order], ["doubts", "source_said"])
    if order.state == OrderState.VALIDATED:
        order.revise()
        update_rows([order], ["state", "entered_state_at"])
    record(events.order_fact(order, events.OrderRevised(changed=["address"])), actor=actor)
    return order


def refuse_undeliverable(order: Order, contact: OrderContact, address: Mapping[str, str]) -> None:
    """Raises AddressNotDeliverable where the contact with this address would still be one nobody can deliver to."""
    corrected = copy(contact)
    for name, value in address.items():
        setattr(corrected, name, value)
    lines = selectors.lines_by_order([order.pk])[order.pk]
    finding = check_address(Subject(order, lines, corrected, ChannelTerms()))
    if finding is not None:
        raise AddressNotDeliverable(why=finding.sentence, fields=finding.detail.get("fields", {}))


@service
def recheck_orders(order_ids: Iterable[int], *, actor: Actor) -> list[Order]:
    """Have received orders checked again because something they depend on has changed; the others are left alone."""
    orders = [o for o in selectors.lock_orders(order_ids).values() if o.state == OrderState.RECEIVED]
    record(*[events.order_fact(order, events.OrderRecheckRequested()) for order in orders], actor=actor)
    return orders


@service
def recheck_understood(*, actor: Actor) -> list[Order]:
    """Have orders checked again that were held for a code which means a SKU by now, by whichever way it was made known."""
    return recheck_orders(selectors.orders_understood(), actor=actor)
