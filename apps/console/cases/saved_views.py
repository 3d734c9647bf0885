"""Keeping and forgetting a person's own views of a list."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.console.services import delete_view, save_view
from apps.console.shell.access import StaffRequest, action, back

PAGES = {"orders": "console:orders", "cases": "console:cases"}


@action("orders:read")
def save(request: StaffRequest) -> HttpResponse:
    page = request.POST.get("page", "")
    if page not in PAGES:
        return back(request)
    view = save_view(
        request.user,
        page=page,
        name=request.POST.get("name", ""),
        query=request.POST.get("query", ""),
        shared=page == "cases" and bool(request.POST.get("shared")),
    )
    messages.success(request, _("Saved as “{name}”.").format(name=view.name))
    return redirect(f"{reverse(PAGES[page])}?{view.query}")


@action("orders:read")
def delete(request: StaffRequest, view_id: int) -> HttpResponse:
    delete_view(request.user, view_id)
    return back(request, reverse("console:orders"))
