"""Finding things by what people have in their hands: a number, an external id, a customer's name, a tracking number, a SKU, an
exception's id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.urls import reverse

from apps.accounts.caller import Caller
from apps.casework.states import STANDING
from apps.catalog.models import Sku
from apps.channels.models import Channel
from apps.console import chips
from apps.console.navigation import places_named
from apps.console.visibility import cases_for, orders_for
from apps.core.money import show
from apps.fulfillment.models import Package
from apps.orders.models import Order, OrderContact
from apps.orders.selectors import contacts_named

EACH = 6
LONGEST = 80


@dataclass(frozen=True, slots=True)
class Hit:
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
    hits: list[Hit] = field(default_factory=list)


def matching_orders(caller: Caller, term: str, *, limit: int) -> list[int]:
    """Primary keys of the caller's orders whose number, external id, public id or customer's name begins with the term, or
    whose e-mail or parcel's tracking number it is. People are looked for by those who may read orders, as those show them.

    One look per index: a single statement with OR would read the whole table instead.
    """
    rows = orders_for(caller)
    looks: list[QuerySet[Order]] = [
        rows.filter(external_number__startswith=term),
        rows.filter(public_id__startswith=term.lower()),
    ]
    if not term.startswith("#"):
        looks.append(rows.filter(external_number__startswith=f"#{term}"))
    channels = list(Channel.objects.values_list("code", flat=True))
    looks.append(rows.filter(channel__in=channels, external_id__startswith=term))
    tracked = Package.objects.filter(tracking_number__in={term, term.upper()})
    looks.append(rows.filter(pk__in=tracked.values("shipment__fulfillment_order__order_id")))
    if "@" in term:
        looks.append(rows.filter(pk__in=OrderContact.objects.filter(email__in={term, term.lower()}).values("order_id")))
    elif "orders:read" in caller.scopes and _may_be_a_name(term):
        looks += [rows.filter(pk__in=contacts.values("order_id")) for contacts in contacts_named(term)]
    found: set[int] = set()
    for look in looks:
        found.update(look.order_by("-pk").values_list("pk", flat=True)[:limit])
    return sorted(found, reverse=True)[:limit]


def _may_be_a_name(term: str) -> bool:
    return len(term) > 1 and any(letter.isalpha() for letter in term) and not term.startswith(("#", "ord_"))


def find(caller: Caller, term: str) -> list[Group]:
    """Everything the caller may see that the term may mean, a few of each kind."""
    term = term.strip().replace("\x00", "")[:LONGEST]
    groups = [Group("Go to", _places(caller, term))]
    if term:
        groups = [
            Group("Orders", _orders(caller, term)),
            Group("SKUs", _skus(caller, term)),
            Group("Exceptions", _cases(caller, term)),
            *groups,
        ]
    return [group for group in groups if group.hits]


def _places(caller: Caller, term: str) -> list[Hit]:
    return [Hit(entry.label, "", entry.href, entry.icon) for entry in places_named(caller, term)]


def _orders(caller: Caller, term: str) -> list[Hit]:
    if "orders:read" not in caller.scopes:
        return []
    found = matching_orders(caller, term, limit=EACH)
    orders = Order.objects.in_bulk(found)
    names = dict(OrderContact.objects.filter(order_id__in=found, role="ship_to").values_list("order_id", "name"))
    return [
        Hit(
            orders[pk].number,
            " · ".join(_said(names.get(pk, ""), orders[pk].channel, show(orders[pk].total_minor, orders[pk].currency))),
            reverse("console:order", args=[orders[pk].public_id]),
            "orders",
            "order",
            orders[pk].state,
        )
        for pk in found
    ]


def _said(*parts: str) -> Iterable[str]:
    return (part for part in parts if part)


def _skus(caller: Caller, term: str) -> list[Hit]:
    if "inventory:read" not in caller.scopes:
        return []
    found = matching_skus(Sku.objects.all(), term, most=EACH)
    return [Hit(sku.code, sku.name, f"{reverse('console:stock')}?q={sku.code}", "tag") for sku in found]


def matching_skus(rows: QuerySet[Sku], term: str, *, most: int) -> list[Sku]:
    """Those whose code begins with the term, then those with it in their name."""
    by_code = rows.extra(where=["upper(code) LIKE %s"], params=[_like(term.upper()) + "%"])
    found = list(by_code.order_by("code")[:most])
    if len(found) < most:
        named = rows.filter(name__icontains=term).exclude(pk__in=[sku.pk for sku in found])
        found += list(named.order_by("code")[: most - len(found)])
    return found


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _cases(caller: Caller, term: str) -> list[Hit]:
    if "cases:read" not in caller.scopes:
        return []
    types = [value for value, label in chips.CASE_TYPES if term.casefold() in label.casefold()]
    rows = cases_for(caller).filter(public_id__startswith=term.lower())
    found = list(rows.order_by("-pk")[:EACH])
    if len(found) < EACH and types:
        standing = cases_for(caller).filter(state__in=STANDING, type__in=types)
        found += list(standing.order_by("-pk")[: EACH - len(found)])
    return [
        Hit(
            chips.word("casetype", c.type),
            c.sentence,
            reverse("console:case", args=[c.public_id]),
            "alert",
            "case",
            c.state,
        )
        for c in found
    ]
