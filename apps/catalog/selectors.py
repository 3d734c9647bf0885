"""Which SKU a code means."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import F, Func, Q, QuerySet
from django.db.models.functions import Abs

from apps.catalog.barcodes import barcode_forms, barcode_key, tidy_barcode
from apps.catalog.models import Barcode, BundleComponent, Sku, SkuAlias, Substitute, SubstituteRule

MOST_PER_RULE = 50


def resolve_codes(codes: Collection[str], *, channel: str, names: bool = False) -> dict[str, Sku]:
    """Active SKUs by the code asked; as ``skus_called``."""
    return {code: sku for code, sku in skus_called(codes, channel=channel, names=names).items() if sku.active}


def skus_called(terms: Collection[str], *, channel: str = "", names: bool = False) -> dict[str, Sku]:
    """The SKU that each term means, for every entry point that takes one: its code, an alias (the channel's own before a general one), a
    barcode with or without its leading zeros; with ``names``, the name that one active SKU alone has. Case never matters.
    """
    found = _by_code({term.upper() for term in terms if term}, channel)
    left = [term for term in terms if term and term.upper() not in found]
    if left:
        found |= _by_barcode(left)
    left = [term for term in left if term.upper() not in found]
    if left and names:
        found |= _by_name({term.strip().upper() for term in left})
    return {term: found[term.upper()] for term in terms if term.upper() in found}


def pks_called(term: str) -> list[int]:
    """The primary key of the SKU that is called so, for lists that are filtered by one; empty: there is none."""
    return [sku.pk for sku in skus_called([term]).values()]


def _by_code(upper: Collection[str], channel: str) -> dict[str, Sku]:
    if not upper:
        return {}
    found: dict[str, Sku] = {}
    aliases = SkuAlias.objects.extra(where=["upper(alias) = ANY(%s)"], params=[list(upper)]).select_related("sku")
    for alias in aliases.filter(channel__in=["", channel]).order_by("channel"):
        found[alias.alias.upper()] = alias.sku
    for sku in Sku.objects.extra(where=["upper(code) = ANY(%s)"], params=[list(upper)]):
        found[sku.code.upper()] = sku
    return found


def _by_barcode(terms: Collection[str]) -> dict[str, Sku]:
    keys = {term.upper(): barcode_key(code) for term in terms if (code := tidy_barcode(term))}
    skus = skus_by_barcode(list(terms))
    return {term: skus[key] for term, key in keys.items() if key in skus}


def barcode_holders(codes: Collection[str]) -> dict[str, int]:
    """The SKU's pk by the key of each of these barcodes that somebody has; as ``skus_by_barcode``, without reading the SKUs."""
    forms = sorted({form for code in codes for form in barcode_forms(code)})
    if not forms:
        return {}
    rows = Barcode.objects.extra(where=["upper(catalog_barcode.code) = ANY(%s)"], params=[forms])
    return {barcode_key(code): sku for code, sku in rows.values_list("code", "sku_id")}


def skus_by_barcode(codes: Collection[str]) -> dict[str, Sku]:
    """SKUs by the key (``barcodes.barcode_key``) of these barcodes, however they are written."""
    forms = sorted({form for code in codes for form in barcode_forms(code)})
    if not forms:
        return {}
    rows = Barcode.objects.extra(where=["upper(catalog_barcode.code) = ANY(%s)"], params=[forms])
    return {barcode_key(row.code): row.sku for row in rows.select_related("sku")}


def _by_name(upper: Collection[str]) -> dict[str, Sku]:
    found: dict[str, list[Sku]] = {}
    for sku in Sku.objects.extra(where=["upper(name) = ANY(%s)"], params=[list(upper)]).filter(active=True):
        found.setdefault(sku.name.upper(), []).append(sku)
    return {name: skus[0] for name, skus in found.items() if len(skus) == 1}


def components_of(sku_ids: Collection[int]) -> dict[int, list[BundleComponent]]:
    """The parts of those SKUs that are bundles."""
    found: dict[int, list[BundleComponent]] = {}
    rows = BundleComponent.objects.filter(bundle_id__among=sku_ids).select_related("component").order_by("pk")
    for row in rows:
        found.setdefault(row.bundle_id, []).append(row)
    return found


@dataclass(frozen=True, slots=True)
class SubstituteCandidate:
    """A SKU that the catalog lets stand in for another. ``likeness`` from 0 to 100; 100: said outright."""

    sku: Sku
    likeness: int
    because: str
    explicit: bool


def categories() -> list[str]:
    """Every category that a SKU is of."""
    return list(Sku.objects.exclude(category="").order_by("category").values_list("category", flat=True).distinct())


def shipping_categories() -> list[str]:
    """Every word by which goods are packed apart."""
    words = Sku.objects.exclude(shipping_category="").order_by("shipping_category")
    return list(words.values_list("shipping_category", flat=True).distinct())


def attribute_names() -> list[str]:
    """Every name of an attribute that a SKU has."""
    named = Sku.objects.annotate(named=Func(F("attributes"), function="jsonb_object_keys"))
    return sorted(set(named.values_list("named", flat=True)))


def stand_ins_for(sku: Sku) -> list[SubstituteCandidate]:
    """What may replace the SKU, the likest first: what was said outright, then what the rules of its category allow."""
    found: dict[int, SubstituteCandidate] = {}
    for one in _explicit(sku):
        found.setdefault(one.pk, SubstituteCandidate(one, 100, "named as a substitute", explicit=True))
    for rule in SubstituteRule.objects.filter(category=sku.category, active=True) if sku.category else ():
        for one in _by_rule(sku, rule):
            found.setdefault(one.pk, _judged(sku, one, rule))
    # Sorting is stable: what was said outright stays in its rank.
    return sorted(found.values(), key=lambda stand_in: -stand_in.likeness)


def _explicit(sku: Sku) -> list[Sku]:
    rows = Substitute.objects.filter(Q(sku=sku) | Q(substitute=sku, both_ways=True)).select_related("sku", "substitute")
    others = [(row.rank, row.pk, row.substitute if row.sku_id == sku.pk else row.sku) for row in rows]
    return [other for _, _, other in sorted(others, key=lambda entry: entry[:2]) if other.active]


def _by_rule(sku: Sku, rule: SubstituteRule) -> QuerySet[Sku]:
    low, high = sku.price_minor * rule.least_percent // 100, -(-sku.price_minor * rule.most_percent // 100)
    rows = Sku.objects.filter(
        category=rule.to_category or rule.category,
        active=True,
        currency=sku.currency,
        price_minor__range=(low, high),
    ).exclude(pk=sku.pk)
    for name in rule.same_attributes:
        # What the missing one does not state, the other must not state either: whether they agree would be unknown.
        stated = name in sku.attributes
        wanted = Q(attributes__contains={name: sku.attributes[name]}) if stated else ~Q(attributes__has_key=name)
        rows = rows.filter(wanted)
    return rows.order_by(Abs(F("price_minor") - sku.price_minor), "pk")[:MOST_PER_RULE]


def _judged(sku: Sku, other: Sku, rule: SubstituteRule) -> SubstituteCandidate:
    """Half of the likeness is the price, half the attributes; below 100 in any case."""
    dearer = max(sku.price_minor, other.price_minor)
    price = 1 - abs(sku.price_minor - other.price_minor) / dearer if dearer else 1.0
    names = sku.attributes.keys() | other.attributes.keys()
    agree = [name for name in names if sku.attributes.get(name) == other.attributes.get(name)]
    alike = len(agree) / len(names) if names else 1.0
    words = [
        f"same category ({other.category})" if not rule.to_category else f"{rule.category} may be {other.category}"
    ]
    words += [f"same {', '.join(sorted(agree))}"] if agree else []
    return SubstituteCandidate(other, min(round(50 * price + 49 * alike), 99), ", ".join(words), explicit=False)
