"""Who may do what about cases, and how far: one table, read by everybody, changed by operations."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import Role
from apps.casework.approvals.registry import name_of
from apps.casework.models import ApprovalPolicy, ResolutionRule
from apps.casework.resolutions.usage import window_hours
from apps.casework.services.role_limits import MOST_HOURS, set_limits, set_window
from apps.catalog.selectors import categories
from apps.console.refusals import refusal_text
from apps.console.setup.limits_table import COLUMNS, SubmittedLimits, amount, label_of, limits_in, table, written
from apps.console.shell.access import StaffRequest, action, page
from apps.console.shell.errors import FormIncomplete
from apps.core.errors import DomainError
from apps.core.transactions import in_transaction
from apps.ui.language import choices, translated

SETUP = "casework:setup"
LATEST = 12
UNPROCESSABLE = 422


@page("cases:read")
def limits(request: StaffRequest) -> HttpResponse:
    return _page(request, request.GET.get("edit", ""))


def _page(request: StaffRequest, edit: str, form: list[SubmittedLimits] | None = None) -> HttpResponse:
    """``form``: as it was sent, where it could not be saved."""
    rows = table()
    editing = next((row for row in rows if row.code == edit), None)
    may_edit = SETUP in request.caller.scopes
    shown = form or (editing.form() if editing else [])
    changes = ResolutionRule.history.filter(history_user__isnull=False).select_related("history_user")
    context = {
        "rows": rows,
        "columns": [translated(str(role.label)) for role in COLUMNS],
        "may_edit": may_edit,
        "editing": editing if may_edit else None,
        "form": shown,
        "refused": form is not None,
        "approvals": _approvals(),
        "categories": sorted({*categories(), *(word for cell in shown for word in cell.categories)}) if shown else [],
        "hours": window_hours(),
        "most_hours": MOST_HOURS,
        "changes": [
            (label_of(change.resolution), change)
            for change in changes.order_by("-history_date", "-history_id")[:LATEST]
        ]
        if may_edit
        else [],
    }
    return render(request, "console/limits/page.html", context, status=UNPROCESSABLE if form else 200)


def _approvals() -> list[tuple[str, str, str, ApprovalPolicy]]:
    """(kind, from, who decides, the policy)."""
    names = dict(choices(Role.choices))
    return [
        (
            translated(name_of(row.kind)),
            amount(row.from_minor),
            ", ".join(names.get(role, role) for role in row.roles),
            row,
        )
        for row in ApprovalPolicy.objects.order_by("kind", "from_minor")
    ]


@action(SETUP)
def window(request: StaffRequest) -> HttpResponse:
    """How far back the limits look."""
    text = request.POST.get("hours", "").strip()
    hours = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    in_transaction(lambda: set_window(hours))
    message = _("Saved. Limits add up what there was in the last {hours} hours.")
    messages.success(request, message.format(hours=hours))
    return redirect(reverse("console:limits"))


@action(SETUP)
def save(request: StaffRequest, code: str) -> HttpResponse:
    """One row of the table. What can't be read is shown again as it was written; what somebody else saved meanwhile is
    shown instead."""
    row = next((row for row in table() if row.code == code), None)
    if row is None:
        raise Http404(_("There is no such resolution."))
    address = reverse("console:limits")
    try:
        wanted = limits_in(request.POST)
        in_transaction(lambda: set_limits(code, wanted, seen=request.POST.get("seen", "")))
    except FormIncomplete:
        return _page(request, code, written(request.POST))
    except DomainError as error:
        messages.error(request, _("Nothing was saved. {why}").format(why=refusal_text(error)))
        return redirect(f"{address}?edit={code}#edit")
    messages.success(request, _("{resolution}: saved. It counts from now on.").format(resolution=row.label))
    return redirect(f"{address}#{code}")
