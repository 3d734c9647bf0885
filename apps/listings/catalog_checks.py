"""What in the catalog needs a hand: each check with the rows it finds, in words elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Replace, Upper

from apps.catalog.models import BundleComponent, Sku
from apps.listings.models import ImportRow, Listing
from apps.listings.states import ImportState
from apps.network.models import Node
from apps.orders.models import OrderLine

_KEY = Upper(Replace("code", Value(" "), Value("")))


def unmatched() -> QuerySet[Listing]:
    """Sold somewhere, and nobody has said which SKU it is."""
    return Listing.objects.filter(sku__isnull=True, active=True).select_related("channel")


def alike() -> QuerySet[Sku]:
    """Codes that differ in case or spaces only."""
    twice = Sku.objects.order_by().values(key=_KEY).annotate(n=Count("pk")).filter(n__gt=1).values("key")
    return Sku.objects.annotate(key=_KEY).filter(key__in=twice)


def same_name() -> QuerySet[Sku]:
    """SKUs in use that nothing but their code distinguishes."""
    named = Sku.objects.filter(active=True).exclude(name="").order_by()
    twice = named.values("name", "attributes").annotate(n=Count("pk")).filter(n__gt=1)
    other = named.filter(name=OuterRef("name"), attributes=OuterRef("attributes")).exclude(pk=OuterRef("pk"))
    return Sku.objects.filter(active=True, name__in=twice.values("name")).filter(Exists(other))


def without_weight() -> QuerySet[Sku]:
    """Goods that are packed, whose weight nobody knows; of sets the parts are weighed."""
    parts = BundleComponent.objects.filter(bundle=OuterRef("pk"))
    return Sku.objects.filter(active=True, tracked=True, weight_g=0).exclude(Exists(parts))


def never_sold() -> QuerySet[Sku]:
    """SKUs in use that stood in no order."""
    return Sku.objects.filter(active=True).exclude(Exists(OrderLine.objects.filter(sku=OuterRef("pk"))))


def other_currency() -> QuerySet[Sku]:
    """SKUs whose prices are in a currency that a channel which lists them does not sell in."""
    listed = Listing.objects.filter(active=True, sku__isnull=False).exclude(channel__currencies=[])
    wrong = listed.annotate(
        own=Func(
            F("sku__currency"),
            function="ARRAY",
            template="ARRAY[%(expressions)s]::varchar(3)[]",
            output_field=ArrayField(models.CharField(max_length=3)),
        )
    ).exclude(channel__currencies__contains=F("own"))
    return Sku.objects.filter(Exists(wrong.filter(sku=OuterRef("pk"))))


def parts_unknown() -> QuerySet[ImportRow]:
    return _rows_with("part_unknown")


def barcodes_twice() -> QuerySet[ImportRow]:
    return _rows_with("barcode_taken", "barcode_twice")


def _rows_with(*problems: str) -> QuerySet[ImportRow]:
    """Rows of the shops' latest catalogs that have one of these problems."""
    found = Q()
    for problem in problems:
        found |= Q(problems__contains=[{"code": problem}])
    states = [ImportState.READY, ImportState.APPLYING, ImportState.DONE]
    return ImportRow.objects.filter(found, run__state__in=states).defer("facts").select_related("sku", "run__channel")


def places_unlocated() -> QuerySet[Node]:
    """Places in use of which nobody can say how far parcels travel from there."""
    return Node.objects.filter(Q(latitude__isnull=True) | Q(longitude__isnull=True), active=True)


CHECKS: Mapping[str, Callable[[], QuerySet[Any]]] = {
    "unmatched": unmatched,
    "alike": alike,
    "same_name": same_name,
    "barcodes_twice": barcodes_twice,
    "without_weight": without_weight,
    "parts_unknown": parts_unknown,
    "other_currency": other_currency,
    "places_unlocated": places_unlocated,
    "never_sold": never_sold,
}
