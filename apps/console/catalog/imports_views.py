"""Catalogs of shops coming in: started, looked at row by row, applied."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import kinds_with
from apps.channels.models import Channel
from apps.console.shell.access import StaffRequest, action, back, page
from apps.core import keyset
from apps.core.transactions import in_transaction
from apps.listings.importing.selectors import imports as all_imports
from apps.listings.importing.selectors import proposed_node
from apps.listings.importing.words import field_label, kept_words, problem_sentence
from apps.listings.models import CatalogImport, ChannelPlace, ImportRow
from apps.listings.services.catalog_applying import apply_import
from apps.listings.services.catalog_reading import drop_import, resume_import, start_import
from apps.listings.services.places import make_node_of, match_place
from apps.listings.states import RowVerdict
from apps.network.models import Node
from apps.ui.language import translated
from apps.ui.paging import sheet, whole

SCOPE = "catalog:write"
MOST_IMPORTS = 50
# What can be filtered for, besides the verdicts.
PROBLEMS, KEPT = "problems", "kept"
_IN_ORDER = (keyset.Key("pk"),)


@page(SCOPE)
def imports(request: StaffRequest) -> HttpResponse:
    """The shops that can be read, and what was read of them."""
    rows = all_imports().order_by("-pk")[:MOST_IMPORTS]
    return render(request, "console/catalog/imports.html", {"channels": readable(), "runs": rows})


def readable() -> list[Channel]:
    """Channels whose catalog can be asked for now."""
    rows = Channel.objects.filter(active=True, kind__in=kinds_with(Capability.CATALOG)).order_by("name")
    return [channel for channel in rows if channel.speaks]


@action(SCOPE)
def start(request: StaffRequest) -> HttpResponse:
    channel = Channel.objects.filter(code=request.POST.get("channel", "")).first()
    if channel is None:
        raise Http404(_("There is no such channel."))
    run = in_transaction(lambda: start_import(channel, actor=request.caller.actor))
    return redirect("console:catalog_import", run.public_id)


@dataclass(frozen=True, slots=True)
class ShownChange:
    label: str
    before: str
    after: str
    kept: str


@dataclass(frozen=True, slots=True)
class ShownRow:
    row: ImportRow
    changes: list[ShownChange]
    problems: list[str]


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """``proposed``: the node that it is likely to be, where nobody has said yet."""

    place: ChannelPlace
    proposed: Node | None


@page(SCOPE)
def one_import(request: StaffRequest, ref: str) -> HttpResponse:
    """How far it is, what it would change or has changed, and what it needs to know."""
    run = _run(ref)
    show = request.GET.get("show", "")
    rows = sheet(_rows(run, show), request.GET, keys=_IN_ORDER)
    nodes = list(Node.objects.order_by("name"))
    places = ChannelPlace.objects.filter(channel=run.channel).select_related("node").order_by("name", "pk")
    shown = [ShownPlace(place, None if place.node else proposed_node(place, nodes)) for place in places]
    context = {
        "run": run,
        "show": show,
        "tabs": _tabs(run),
        "sheet": rows,
        "rows": [_shown(row) for row in rows.rows],
        "shop_places": shown,
        "nodes": nodes,
        "may_make": "network:write" in request.caller.scopes,
        "may_count": "inventory:write" in request.caller.scopes,
    }
    return render(request, "console/catalog/import.html", context)


def _rows(run: CatalogImport, show: str) -> QuerySet[ImportRow]:
    rows = ImportRow.objects.filter(run=run).defer("facts").select_related("sku")
    if show == PROBLEMS:
        return rows.exclude(problems=[])
    if show == KEPT:
        return rows.filter(changes__contains=[{"taken": False}])
    return rows.filter(verdict=show) if show in RowVerdict.values and show else rows


def _tabs(run: CatalogImport) -> list[tuple[str, str, int]]:
    """(show, label, how many)."""
    verdicts = [(str(one), translated(str(one.label))) for one in RowVerdict if one]
    others = [(PROBLEMS, _("With a problem")), (KEPT, _("Differs, stays ours"))]
    counted = [(show, label, run.counts.get(show, 0)) for show, label in [*verdicts, *others]]
    return [("", _("All"), run.read), *counted]


def _shown(row: ImportRow) -> ShownRow:
    changes = [
        ShownChange(
            translated(field_label(one["field"])),
            _value(one["before"]),
            _value(one["after"]),
            translated(kept_words(one)),
        )
        for one in row.changes
    ]
    return ShownRow(row, changes, [translated(problem_sentence(one)) for one in row.problems])


_YES, _NO = gettext_noop("yes"), gettext_noop("no")


def _value(value: object) -> str:
    if value in (True, "True"):
        return translated(_YES)
    return translated(_NO) if value in (False, "False") else str(value)


@action(SCOPE)
def apply(request: StaffRequest, ref: str) -> HttpResponse:
    """Have it taken in as the preview says, with the stock of the places that were ticked."""
    run, stock_from = _run(ref), _ticked(request.POST)
    if stock_from:
        request.caller.require("inventory:write")
    in_transaction(lambda: apply_import(run.pk, stock_from=stock_from, actor=request.caller.actor))
    messages.success(request, _("The catalog is being imported."))
    return redirect("console:catalog_import", ref)


def _ticked(form: QueryDict) -> list[int]:
    return [pk for text in form.getlist("stock") if (pk := whole(text)) is not None]


@action(SCOPE)
def resume(request: StaffRequest, ref: str) -> HttpResponse:
    run = _run(ref)
    in_transaction(lambda: resume_import(run.pk, actor=request.caller.actor))
    messages.success(request, _("The shop is being read again, from the page it stopped at."))
    return redirect("console:catalog_import", ref)


@action(SCOPE)
def drop(request: StaffRequest, ref: str) -> HttpResponse:
    run = _run(ref)
    in_transaction(lambda: drop_import(run.pk, actor=request.caller.actor))
    messages.success(request, _("The import was dropped. What was imported before stays."))
    return redirect("console:catalog_imports")


@action(SCOPE)
def place(request: StaffRequest, place_id: int) -> HttpResponse:
    """Which place of ours it is: one of those there are, or a new one made after it."""
    actor, make = request.caller.actor, request.POST.get("make", "").strip()
    if make:
        request.caller.require("network:write")
        in_transaction(lambda: make_node_of(place_id, code=make, actor=actor))
        messages.success(request, _("The location was made. It is in use from now on."))
    else:
        node = request.POST.get("node", "")
        in_transaction(lambda: match_place(place_id, node=node, actor=actor))
        messages.success(request, _("Saved."))
    return back(request, reverse("console:catalog_imports"))


def _run(ref: str) -> CatalogImport:
    run = all_imports().filter(public_id=ref).first()
    if run is None:
        raise Http404(_("There is no such import."))
    return run
