"""Checking received orders, many at once: validated, or held with the reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db.models import Q

from apps.catalog.selectors import resolve_codes
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.text import Text
from apps.core.transactions import atomic_unless_buffered
from apps.network.selectors import pickup_nodes
from apps.orders import selectors
from apps.orders.canonical import ServiceLevel
from apps.orders.checks import ChannelTerms, Finding, Subject, check_bound, check_order
from apps.orders.models import BY_PEOPLE, Hold, Order, OrderContact, OrderLine
from apps.orders.outliers import NO_HABIT
from apps.orders.pickup import RequestedStore, Store, store_meant
from apps.orders.services.advancing import mark_validated
from apps.orders.services.holding import place_holds, release_holds
from apps.orders.similarity import SimilarOrder, basket, same_person
from apps.orders.states import ContactRole, HoldReason, OrderState

TWIN_WINDOW = timedelta(minutes=10)
# The latest; a flood under one name and address is not read whole for each batch.
MOST_LIKE = 500
# A rule of the people's own that lets a finding pass counts as theirs.
BY_RULE = "system:auto_resolution"
# What validation holds an order for, and lets it go again; what people or a contract placed for such a reason is theirs.
OWN_REASONS = frozenset(HoldReason.values) - {HoldReason.MANUAL, HoldReason.NO_STOCK}


@atomic_unless_buffered
def validate_orders(
    orders: Sequence[Order], *, terms: Mapping[str, ChannelTerms], actor: Actor
) -> dict[int, list[Finding]]:
    """Check received orders, which the caller has locked; returns the findings by order pk.

    An order without findings or other holds becomes validated. One with findings is held for each; a hold whose finding
    has gone is released, unless people or the contract placed it. Checking again changes nothing.
    """
    received = [order for order in orders if order.state == OrderState.RECEIVED]
    subjects = _subjects(received, terms)
    waived = _waived(received)
    findings = {
        subject.order.pk: [one for one in check_order(subject) if (subject.order.pk, one.reason) not in waived]
        for subject in subjects
    }
    holds = _standing(received)
    fresh: dict[Order, list[tuple[str, str]]] = {}
    passed = []
    for order in received:
        stands = {hold.reason: hold for hold in holds.get(order.pk, [])}
        found = {finding.reason: finding for finding in findings[order.pk]}
        gone = [hold for reason, hold in stands.items() if _is_over(hold, found)]
        if gone:
            release_holds(order, gone, note=Text("the cause is gone"), actor=actor)
        missing = [(reason, finding.sentence) for reason, finding in found.items() if reason not in stands]
        if missing:
            fresh[order] = missing
        if not found and len(gone) == len(stands):
            passed.append(order)
    place_holds(fresh, actor=actor)
    mark_validated(passed, actor=actor)
    return findings


@atomic_unless_buffered
def check_again(
    orders: Sequence[Order], *, terms: Mapping[str, ChannelTerms], actor: Actor
) -> dict[int, list[Finding]]:
    """Check orders again that went on since, which the caller has locked; returns what holds them now, by order pk.

    They stay where they are. What the same actor held them for before and is found no more, lets them go.
    """
    lines = selectors.lines_by_order([order.pk for order in orders])
    waived, holds = _waived(orders), _standing(orders)
    findings: dict[int, list[Finding]] = {}
    fresh: dict[Order, list[tuple[str, str]]] = {}
    for order in orders:
        subject = Subject(order, lines[order.pk], None, terms.get(order.channel, ChannelTerms()))
        found = [one for one in check_bound(subject) if (order.pk, one.reason) not in waived]
        stands, reasons = holds.get(order.pk, []), {one.reason for one in found}
        over = [hold for hold in stands if hold.placed_by == str(actor) and hold.reason not in reasons]
        if over:
            release_holds(order, over, note=Text("the cause is gone"), actor=actor)
        findings[order.pk] = [one for one in found if one.reason not in {hold.reason for hold in stands}]
        if findings[order.pk]:
            fresh[order] = [(one.reason, one.sentence) for one in findings[order.pk]]
    place_holds(fresh, actor=actor)
    return findings


def _is_over(hold: Hold, found: Mapping[str, Finding]) -> bool:
    return hold.reason in OWN_REASONS and hold.reason not in found and not (hold.by_people or hold.by_contract)


def _standing(orders: Sequence[Order]) -> dict[int, list[Hold]]:
    found: dict[int, list[Hold]] = {}
    for hold in Hold.objects.filter(order__among=orders, released_at__isnull=True):
        found.setdefault(hold.order_id, []).append(hold)
    return found


def _waived(orders: Sequence[Order]) -> set[tuple[int, str]]:
    """What a person or a caller has looked at and let pass: the same finding does not hold the order again."""
    let_pass = Q(released_by=BY_RULE)
    for kind in BY_PEOPLE:
        let_pass |= Q(released_by__startswith=kind)
    rows = Hold.objects.filter(let_pass, order__among=orders, released_at__isnull=False)
    return set(rows.values_list("order_id", "reason"))


def _subjects(orders: Sequence[Order], terms: Mapping[str, ChannelTerms]) -> list[Subject]:
    ids = [order.pk for order in orders]
    lines = selectors.lines_by_order(ids)
    _recognize(orders, lines)
    contacts = selectors.ship_to(ids)
    twins = _twins(orders, contacts, lines)
    unclear, usual = _recognize_stores(orders, terms), selectors.usual_orders()
    return [
        Subject(
            o,
            lines[o.pk],
            contacts.get(o.pk),
            terms.get(o.channel, ChannelTerms()),
            twins.get(o.pk, ()),
            o.pk in unclear,
            usual=usual.get((o.channel, o.currency), NO_HABIT),
        )
        for o in orders
    ]


def _recognize_stores(orders: Sequence[Order], terms: Mapping[str, ChannelTerms]) -> set[int]:
    """Find out where orders are collected, and write it down; returns those whose channel names a store that is none of ours."""
    waiting = [order for order in orders if order.service_level == ServiceLevel.PICKUP and not order.pickup_node]
    if not waiting:
        return set()
    stores = [Store(node.code, node.name, node.city) for node in pickup_nodes()]
    unclear = set()
    for order in waiting:
        meant = _store_of(order, stores, terms.get(order.channel, ChannelTerms()))
        order.pickup_node = meant.code
        unclear |= {order.pk} if meant.unclear else set()
    update_rows([order for order in waiting if order.pickup_node], ["pickup_node"])
    return unclear


def _store_of(order: Order, stores: Sequence[Store], terms: ChannelTerms) -> RequestedStore:
    """By what the channel says of the place, else by the name of the method."""
    place, method = (
        store_meant(said, stores, own_words=terms.pickup_locations, shop=terms.name)
        for said in (order.pickup_location, order.shipping_method)
    )
    return place if place.code or place.unclear else method


def _recognize(orders: Sequence[Order], lines: Mapping[int, list[OrderLine]]) -> None:
    """Find out which SKUs the lines mean, and write it down where it is new."""
    news = []
    for channel in {order.channel for order in orders}:
        mine = [line for order in orders if order.channel == channel for line in lines[order.pk]]
        known = resolve_codes({line.sku_code for line in mine}, channel=channel)
        for line in mine:
            sku = known.get(line.sku_code)
            if (sku.pk if sku else None) != line.sku_id:
                line.sku = sku
                news.append(line)
    update_rows(news, ["sku"])


def _twins(
    orders: Sequence[Order], contacts: Mapping[int, OrderContact], lines: Mapping[int, list[OrderLine]]
) -> dict[int, list[SimilarOrder]]:
    """Orders of the same channel with the same goods and person, placed within minutes; only the later ones are suspected."""
    candidates = _like(orders, [contacts[order.pk] for order in orders if order.pk in contacts])
    if not candidates:
        return {}
    pairs = [(order, row) for order in orders for row in candidates if _may_be_twins(order, row)]
    missing = {row.order_id for _, row in pairs} - lines.keys()
    goods = {**lines, **(selectors.lines_by_order(missing) if missing else {})}
    found: dict[int, list[SimilarOrder]] = {}
    for order, row in pairs:
        mine = contacts.get(order.pk)
        same = same_person(mine, row) if mine is not None else ()
        if same and basket(lines[order.pk]) == basket(goods[row.order_id]):
            minutes = round(abs(order.placed_at - row.order.placed_at).total_seconds() / 60)
            found.setdefault(order.pk, []).append(SimilarOrder(row.order.public_id, row.order.number, minutes, same))
    return found


def _like(orders: Sequence[Order], people: Sequence[OrderContact]) -> list[OrderContact]:
    """Contacts of others, and of one another, with a mail address, a number, or a name and address of these."""
    emails = {row.email for row in people if row.email}
    persons = {row.person_key for row in people if row.person_key}
    phones = {row.phone_key for row in people if row.phone_key}
    if not (emails or persons or phones) or len(orders) == 0:
        return []
    # One arm an index; the empty ones are in none of them, and PostgreSQL has to see that.
    anyone = Q(email__among=emails) & ~Q(email="")
    anyone |= Q(person_key__among=persons) & ~Q(person_key="")
    anyone |= Q(phone_key__among=phones) & ~Q(phone_key="")
    placed = [order.placed_at for order in orders]
    rows = OrderContact.objects.filter(
        anyone,
        role=ContactRole.SHIP_TO,
        order__placed_at__gte=min(placed) - TWIN_WINDOW,
        order__placed_at__lte=max(placed) + TWIN_WINDOW,
    )
    return list(
        rows.exclude(order__state=OrderState.CANCELLED).select_related("order").order_by("-order_id")[:MOST_LIKE]
    )


def _may_be_twins(order: Order, row: OrderContact) -> bool:
    other = row.order
    return (
        other.pk < order.pk and other.channel == order.channel and abs(order.placed_at - other.placed_at) <= TWIN_WINDOW
    )
