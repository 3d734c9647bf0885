"""Finding things by what people have in their hands: part of a number, any word of a customer's name, a mail address, postal
code or phone, a tracking number, a SKU, a location, an exception's id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.caller import Caller
from apps.casework.states import STANDING
from apps.catalog.finding import matching_skus
from apps.catalog.models import Sku
from apps.channels.models import Channel
from apps.console.shell.navigation import places_named
from apps.console.shell.visibility import cases_for, nodes_for, orders_for
from apps.core.searchtext import words_of
from apps.fulfillment.models import Package
from apps.orders.finding import numbered_like, of_people_like, of_people_spelled_like
from apps.orders.models import Order, OrderContact
from apps.ui import chips
from apps.ui.language import choices, translated
from apps.ui.locale import money

EACH = 6
LONGEST = 80


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One line of the answer. ``state`` empty: no chip."""

    title: str
    note: str
    href: str
    icon: str
    kind: str = ""
    state: str = ""


@dataclass(slots=True)
class Group:
    title: str
    hits: list[SearchHit] = field(default_factory=list)


def matching_orders(caller: Caller, term: str, *, limit: int) -> list[int]:
    """Primary keys of the caller's orders that the term may mean, newest first: by part of a number in any spelling, an id, a
    tracking number, or the customer's name, mail, postal code or phone; where none fits, by names spelled like it.

    People are looked for by those who may read orders, as those show them. One look per index: a single statement with OR
    would read the whole table instead.
    """
    rows = orders_for(caller)
    found = _by_ids(rows, term, limit)
    found.update(numbered_like(rows, term, limit=limit))
    if "orders:read" in caller.scopes and not term.startswith(("#", "ord_")):
        found.update(of_people_like(rows, term, limit=limit, seen_all=not caller.nodes))
        if not found:
            found.update(of_people_spelled_like(rows, term, limit=limit))
    return sorted(found, reverse=True)[:limit]


def _by_ids(rows: QuerySet[Order], term: str, limit: int) -> set[int]:
    channels = list(Channel.objects.values_list("code", flat=True))
    tracked = Package.objects.filter(tracking_number__in={term, term.upper()})
    looks = (
        rows.filter(public_id__startswith=term.lower()),
        rows.filter(channel__in=channels, external_id__startswith=term),
        rows.filter(pk__in=tracked.values("shipment__fulfillment_order__order_id")),
    )
    return {pk for look in looks for pk in look.order_by("-pk").values_list("pk", flat=True)[:limit]}


def find(caller: Caller, term: str) -> list[Group]:
    """Everything the caller may see that the term may mean, a few of each kind."""
    term = term.strip().replace("\x00", "")[:LONGEST]
    groups = [Group(_("Go to"), _places(caller, term))]
    if term:
        groups = [
            Group(_("Orders"), _orders(caller, term)),
            Group(_("SKUs"), _skus(caller, term)),
            Group(_("Exceptions"), _cases(caller, term)),
            Group(_("Locations"), _nodes(caller, term)),
            *groups,
        ]
    return [group for group in groups if group.hits]


def _places(caller: Caller, term: str) -> list[SearchHit]:
    return [SearchHit(entry.label, "", entry.href, entry.icon) for entry in places_named(caller, term)]


def _orders(caller: Caller, term: str) -> list[SearchHit]:
    if "orders:read" not in caller.scopes:
        return []
    found = matching_orders(caller, term, limit=EACH)
    orders = Order.objects.in_bulk(found)
    names = dict(OrderContact.objects.filter(order_id__in=found, role="ship_to").values_list("order_id", "name"))
    return [
        SearchHit(
            orders[pk].number,
            " · ".join(
                _said(names.get(pk, ""), orders[pk].channel, money(orders[pk].total_minor, orders[pk].currency))
            ),
            reverse("console:order", args=[orders[pk].public_id]),
            "orders",
            "order",
            orders[pk].state,
        )
        for pk in found
    ]


def _said(*parts: str) -> Iterable[str]:
    return (part for part in parts if part)


def _skus(caller: Caller, term: str) -> list[SearchHit]:
    if "inventory:read" not in caller.scopes:
        return []
    found = matching_skus(Sku.objects.all(), term, most=EACH)
    return [SearchHit(sku.code, sku.name, f"{reverse('console:stock')}?q={sku.code}", "tag") for sku in found]


def _nodes(caller: Caller, term: str) -> list[SearchHit]:
    """Warehouses, stores and partners, by code, name or city; each leads to its work, or to its stock."""
    if not caller.scopes & {"fulfillment:read", "inventory:read"}:
        return []
    page = "fulfillment" if "fulfillment:read" in caller.scopes else "stock"
    rows = nodes_for(caller)
    for word in words_of(term):
        rows = rows.filter(Q(code__icontains=word) | Q(name__icontains=word) | Q(city__icontains=word))
    return [
        SearchHit(
            node.name,
            " · ".join(_said(node.code, chips.word("nodekind", node.kind), node.city)),
            _at(page, node.code),
            "stock",
        )
        for node in rows[:EACH]
    ]


def _at(page: str, node: str) -> str:
    return f"{reverse(f'console:{page}')}?node={node}"


def _cases(caller: Caller, term: str) -> list[SearchHit]:
    if "cases:read" not in caller.scopes:
        return []
    types = [value for value, label in choices(chips.CASE_TYPES) if term.casefold() in label.casefold()]
    rows = cases_for(caller).filter(public_id__startswith=term.lower())
    found = list(rows.order_by("-pk")[:EACH])
    if len(found) < EACH and types:
        standing = cases_for(caller).filter(state__in=STANDING, type__in=types)
        found += list(standing.order_by("-pk")[: EACH - len(found)])
    return [
        SearchHit(
            chips.word("casetype", c.type),
            translated(c.text),
            reverse("console:case", args=[c.public_id]),
            "alert",
            "case",
            c.state,
        )
        for c in found
    ]
