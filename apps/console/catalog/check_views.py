"""The catalog check: what needs a hand, in words, with a fix beside each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.casework.states import STANDING, CaseType
from apps.catalog.errors import SkuNotFound
from apps.catalog.models import Sku
from apps.catalog.services import SkuFacts, upsert_skus
from apps.console.shell.access import StaffRequest, action, back, page
from apps.console.shell.errors import FormIncomplete
from apps.console.shell.visibility import cases_for
from apps.core import keyset
from apps.core.process_cache import get_or_load
from apps.core.transactions import in_transaction
from apps.listings.catalog_checks import CHECKS
from apps.listings.importing.words import problem_sentence
from apps.listings.models import ImportRow, Listing
from apps.listings.services.catalog_fixes import match_listing, merge_skus
from apps.network.models import Node
from apps.ui.language import translated
from apps.ui.paging import counted, sheet, whole

SCOPE = "catalog:write"
# Counting all of it for every page would cost more than the page.
COUNTED_FOR_S = 10.0
MOST_GRAMS = 10**8
_IN_ORDER = (keyset.Key("pk"),)
# (what it is called, what it means).
_WORDS: Mapping[str, tuple[str, str]] = {
    "unmatched": (
        gettext_noop("Sold but unknown"),
        gettext_noop("A channel sells it, and nobody has said which SKU it is. No stock is sent for it."),
    ),
    "alike": (
        gettext_noop("Codes that look alike"),
        gettext_noop("These codes differ in spaces only. If they are one, merge them; else give one another code."),
    ),
    "same_name": (
        gettext_noop("Duplicate SKUs"),
        gettext_noop("These have the same name and attributes. If they are one, merge them; else tell them apart."),
    ),
    "barcodes_twice": (
        gettext_noop("Duplicate barcodes"),
        gettext_noop("A shop gives a barcode to goods that is another SKU’s. Correct it in the shop, or here."),
    ),
    "without_weight": (
        gettext_noop("No weight"),
        gettext_noop("The price of a shipment goes by the weight, with its packing."),
    ),
    "parts_unknown": (
        gettext_noop("Parts of sets unknown"),
        gettext_noop("A shop sells it as a set of parts that are not known here, so it is picked as one thing."),
    ),
    "other_currency": (
        gettext_noop("Another currency"),
        gettext_noop("Its price is in a currency that a channel which lists it does not sell in."),
    ),
    "places_unlocated": (
        gettext_noop("Locations without coordinates"),
        gettext_noop("How far parcels travel from there is not known, and routing can’t go by it."),
    ),
    "never_sold": (
        gettext_noop("Never sold"),
        gettext_noop("They stood in no order. What is no longer sold is not offered in place of something else."),
    ),
}


@dataclass(frozen=True, slots=True)
class Found:
    """One row. ``fix``: which form stands beside it; ``href``: where it is changed."""

    pk: int
    code: str
    title: str
    note: str
    fix: str
    href: str


@page(SCOPE)
def check(request: StaffRequest) -> HttpResponse:
    """Each check with its count; the rows of one of them."""
    show = request.GET.get("show", "")
    counts = get_or_load("catalog check", "counts", _counts, seconds=COUNTED_FOR_S)
    if show not in CHECKS:
        show = next((code for code, count in counts.items() if count != "0"), "unmatched")
    rows = sheet(CHECKS[show](), request.GET, keys=_IN_ORDER)
    unknown = cases_for(request.caller).filter(type=CaseType.UNKNOWN_SKU, state__in=STANDING)
    context = {
        "show": show,
        "tabs": [(code, translated(words[0]), counts[code]) for code, words in _WORDS.items()],
        "title": translated(_WORDS[show][0]),
        "meaning": translated(_WORDS[show][1]),
        "sheet": rows,
        "rows": [_found(show, row) for row in rows.rows],
        "unknown_codes": counted(unknown),
    }
    return render(request, "console/catalog/check.html", context)


def _counts() -> dict[str, str]:
    return {code: counted(rows()) for code, rows in CHECKS.items()}


def _found(show: str, row: Model) -> Found:
    if isinstance(row, Listing):
        return Found(row.pk, row.code or row.external_id, row.title, row.channel.name, "match", "")
    if isinstance(row, Node):
        return Found(row.pk, row.code, row.name, row.city, "open", reverse("admin:network_node_change", args=[row.pk]))
    if isinstance(row, ImportRow):
        said = " ".join(translated(problem_sentence(one)) for one in row.problems)
        href = reverse("admin:catalog_sku_change", args=[row.sku_id]) if row.sku_id else ""
        return Found(row.pk, row.code, row.title, f"{row.run.channel.name}: {said}", "open", href)
    assert isinstance(row, Sku)
    fixes = {"alike": "merge", "same_name": "merge", "without_weight": "weigh", "never_sold": "retire"}
    note = row.currency if show == "other_currency" else ""
    href = reverse("admin:catalog_sku_change", args=[row.pk])
    return Found(row.pk, row.code, row.name, note, fixes.get(show, "open"), href)


@action(SCOPE)
def match(request: StaffRequest, listing_id: int) -> HttpResponse:
    said, actor = request.POST.get("sku", "").strip(), request.caller.actor
    if not Listing.objects.filter(pk=listing_id).exists():
        raise Http404(_("There is no such listing."))
    listing = _do(lambda: match_listing(listing_id, sku=said, actor=actor))
    messages.success(
        request, _("{code} is {sku} from now on.").format(code=listing.code or listing.external_id, sku=listing.sku)
    )
    return _back(request)


@action(SCOPE)
def weigh(request: StaffRequest, sku_id: int) -> HttpResponse:
    grams = whole(request.POST.get("grams", "").strip())
    if not grams or grams > MOST_GRAMS:
        raise FormIncomplete(problem=_("Say the weight in whole grams."))
    _write(request, sku_id, {"weight_g": grams})
    return _back(request)


@action(SCOPE)
def retire(request: StaffRequest, sku_id: int) -> HttpResponse:
    _write(request, sku_id, {"active": False})
    return _back(request)


@action(SCOPE)
def merge(request: StaffRequest, sku_id: int) -> HttpResponse:
    said, actor, gone = request.POST.get("sku", "").strip(), request.caller.actor, _sku(sku_id)
    kept = _do(lambda: merge_skus(gone.code, into=said, actor=actor))
    messages.success(request, _("{code} is {sku} from now on.").format(code=gone.code, sku=kept.code))
    return _back(request)


def _write(request: StaffRequest, sku_id: int, fields: Mapping[str, object]) -> None:
    sku, actor = _sku(sku_id), request.caller.actor
    in_transaction(lambda: upsert_skus([SkuFacts(sku.code, fields)], actor=actor))
    messages.success(request, _("{sku}: saved.").format(sku=sku.code))


def _do(work: Any) -> Any:
    """A code that is none is said on the page, which is still there."""
    try:
        return in_transaction(work)
    except SkuNotFound as refusal:
        raise FormIncomplete(problem=_("There is no SKU {sku}.").format(**refusal.details)) from None


def _sku(sku_id: int) -> Sku:
    sku = Sku.objects.filter(pk=sku_id).first()
    if sku is None:
        raise Http404(_("There is no such SKU."))
    return sku


def _back(request: StaffRequest) -> HttpResponse:
    return back(request, reverse("console:catalog_check"))
