"""Stock counted, received, corrected and moved manually: typed, scanned or uploaded, shown, then booked."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.accounts.caller import Caller
from apps.casework.resolutions.direct.stock_work import do_stock_work
from apps.console.approvals.proposed import say_done_or_proposed
from apps.console.refusals import refusal_text
from apps.console.shell.access import StaffRequest, action, page
from apps.console.shell.errors import FormIncomplete
from apps.console.shell.visibility import nodes_for
from apps.console.stock.entry import Entry, as_text, read_entry
from apps.core.transactions import in_transaction
from apps.inventory.errors import StockWorkChanged
from apps.inventory.services import Planned, WorkRow, fingerprint_of, plan_stock_work
from apps.inventory.states import StockWork
from apps.ui.language import choices, translated
from apps.ui.wording import plural

REASONS = {
    StockWork.COUNT: (
        gettext_noop("Stocktake"),
        gettext_noop("Spot check"),
        gettext_noop("Customer says it is missing"),
    ),
    StockWork.RECEIVE: (gettext_noop("Delivery from supplier"), gettext_noop("Returned goods"), gettext_noop("Found")),
    StockWork.CORRECT: (
        gettext_noop("Damaged"),
        gettext_noop("Lost or stolen"),
        gettext_noop("Used in the shop"),
        gettext_noop("Entered wrongly"),
    ),
    StockWork.TRANSFER: (gettext_noop("Replenishment"), gettext_noop("Balancing stock"), gettext_noop("For an order")),
}
MOST_BYTES = 2_000_000
MOST_SAID = 5


@page("inventory:write")
def work(request: StaffRequest) -> HttpResponse:
    """The form; ``sku`` and ``node`` in the address fill it in."""
    kept = {name: request.GET.get(name, "")[:128] for name in ("node", "to_node", "lines", "reference")}
    return _form(request, _work_of(request.GET.get("work")), kept)


@action("inventory:write")
def preview(request: StaffRequest) -> HttpResponse:
    """What booking would do; changes nothing."""
    return _preview(request)


@action("inventory:write")
def book(request: StaffRequest) -> HttpResponse:
    work, entry = _work_of(request.POST.get("work")), _entry(request)
    reason, reference = (request.POST.get(name, "").strip() for name in ("reason", "reference"))
    seen = request.POST.get("seen", "")
    try:
        made = in_transaction(
            lambda: do_stock_work(
                work, entry.rows, reason=reason, reference=reference, seen=seen, caller=request.caller
            )
        )
    except StockWorkChanged as changed:
        messages.error(request, refusal_text(changed))
        return _preview(request)
    say_done_or_proposed(request, made, _booked(made) if isinstance(made, list) else "")
    return redirect(f"{reverse('console:stock_work')}?work={work}&node={entry.rows[0].node}")


def _booked(planned: Sequence[Planned]) -> str:
    units = sum(abs(one.delta) for one in planned)
    return _("Booked: {skus}, {units} changed.").format(skus=plural(len(planned), "SKU"), units=plural(units, "unit"))


def _preview(request: StaffRequest) -> HttpResponse:
    work, entry = _work_of(request.POST.get("work")), _entry(request)
    planned = plan_stock_work(work, entry.rows)
    good = [one for one in planned if not one.problem]
    given = {name: request.POST.get(name, "").strip()[:200] for name in ("reason", "own_reason", "reference")}
    context = {
        "work": work,
        "planned": planned,
        "good": good,
        "problems": entry.problems,
        "rows_text": as_text([one.row for one in good]),
        "seen": fingerprint_of(good),
        "reason": given["own_reason"] or given["reason"],
        "reference": given["reference"],
        "names": dict(nodes_for(request.caller).values_list("code", "name")),
        "back": {name: request.POST.get(name, "")[:4000] for name in ("work", "node", "to_node", "lines")},
    }
    return render(request, "console/stock/preview.html", context)


def _form(request: StaffRequest, work: StockWork, kept: dict[str, str]) -> HttpResponse:
    context = {
        "work": work,
        "works": choices(StockWork.choices),
        "nodes": nodes_for(request.caller),
        "reasons": [(reason, translated(reason)) for reason in REASONS[work]],
        "kept": kept,
    }
    return render(request, "console/stock/work.html", context)


def _work_of(text: str | None) -> StockWork:
    return StockWork(text) if text in StockWork.values else StockWork.COUNT


def _entry(request: StaffRequest) -> Entry:
    """The rows of the form, at the caller's own locations: another's is one that does not exist."""
    upload = request.FILES.get("file")
    if upload is not None and (upload.size or 0) > MOST_BYTES:
        raise FormIncomplete(problem=_("The file is too large; 2 MB are the most."))
    node, to_node = request.POST.get("node", ""), request.POST.get("to_node", "")
    file = (upload.name or "", upload.read()) if upload else None
    entry = read_entry(request.POST.get("lines", ""), file, node=node, to_node=to_node)
    return Entry(_own(entry, request.caller), entry.problems)


def _own(entry: Entry, caller: Caller) -> list[WorkRow]:
    rows = []
    for row in entry.rows:
        if any(code and not caller.may_node(code) for code in (row.node, row.to_node)):
            foreign = _("Line {number}: that location is not one of yours.")
            entry.problems.append(foreign.format(number=row.number))
        else:
            rows.append(row)
    return rows
