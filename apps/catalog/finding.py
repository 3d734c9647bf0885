"""SKUs by what people say: a code, a barcode, any words of the name, even misspelled, or a name that others call it by."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.catalog.models import SKU_TEXT, Sku, SkuAlias
from apps.catalog.selectors import skus_by_barcode
from apps.core.searchtext import misspellings, words_of


def matching_skus(rows: QuerySet[Sku], term: str, *, most: int) -> list[Sku]:
    """The closest first: whose code is the term, whose code begins with it, then whose code or name has all its words."""
    if not words_of(term):
        return []
    found = list(having_words(rows, term).order_by("code")[: 20 * most]) or list(spelled_like(rows, term)[: 20 * most])
    code = term.strip().upper()
    return sorted(found, key=lambda sku: (_distance(sku.code.upper(), code), sku.code))[:most]


def _distance(code: str, term: str) -> int:
    return 0 if code == term else 1 if code.startswith(term) else 2


def having_words(rows: QuerySet[Sku], term: str) -> QuerySet[Sku]:
    """Those that have every word of the term in code or name, are called so by somebody, or have it as a barcode."""
    words = Q()
    for word in words_of(term):
        words &= Q(spelled__contains=word)
    called = SkuAlias.objects.filter(sku=OuterRef("pk"), alias__icontains=term.strip())
    scanned = [sku.pk for sku in skus_by_barcode([term]).values()]
    return rows.alias(spelled=SKU_TEXT).filter(words | Exists(called) | Q(pk__in=scanned))


def spelled_like(rows: QuerySet[Sku], term: str) -> QuerySet[Sku]:
    """Those that have words like those of the term, up to one letter of each being wrong."""
    found = rows.alias(spelled=SKU_TEXT)
    words = words_of(term)
    if not any(misspellings(word) for word in words):
        return rows.none()
    for word in words:
        patterns = misspellings(word)
        found = found.filter(**{"spelled__like_any": patterns} if patterns else {"spelled__contains": word})
    return found.order_by("code")
