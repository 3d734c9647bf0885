"""Which SKU a code means."""

from __future__ import annotations

from collections.abc import Collection

from apps.catalog.models import BundleComponent, Sku, SkuAlias


def resolve_codes(codes: Collection[str], *, channel: str) -> dict[str, Sku]:
    """Active SKUs by the code asked, whatever its case; a channel's alias before a general one, a code before both."""
    wanted = {code.upper() for code in codes if code}
    if not wanted:
        return {}
    upper = list(wanted)
    found: dict[str, Sku] = {}
    aliases = SkuAlias.objects.extra(where=["upper(alias) = ANY(%s)"], params=[upper]).select_related("sku")
    for alias in aliases.filter(channel__in=["", channel]).order_by("channel"):
        found[alias.alias.upper()] = alias.sku
    for sku in Sku.objects.extra(where=["upper(code) = ANY(%s)"], params=[upper]):
        found[sku.code.upper()] = sku
    return {code: found[code.upper()] for code in codes if code.upper() in found and found[code.upper()].active}


def components_of(sku_ids: Collection[int]) -> dict[int, list[BundleComponent]]:
    """The parts of those SKUs that are bundles."""
    found: dict[int, list[BundleComponent]] = {}
    rows = BundleComponent.objects.filter(bundle_id__in=list(sku_ids)).select_related("component").order_by("pk")
    for row in rows:
        found.setdefault(row.bundle_id, []).append(row)
    return found
