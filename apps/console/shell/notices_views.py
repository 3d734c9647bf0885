"""What a person was notified of."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.console.shell.access import StaffRequest, action, back, page
from apps.console.shell.notices import grouped
from apps.notifications.selectors import notices_of, unread_count
from apps.notifications.services import read_notices
from apps.ui.locale import number
from apps.ui.paging import sheet


@page()
def notices(request: StaffRequest) -> HttpResponse:
    rows = notices_of(request.user)
    unread_only = request.GET.get("unread") == "1"
    found = sheet(rows.filter(read_at__isnull=True) if unread_only else rows, request.GET)
    context = {
        "sheet": found,
        "groups": grouped(found.rows),
        "unread_only": unread_only,
        "unread_here": unread_count(request.user),
    }
    return render(request, "console/notices/page.html", context)


@page()
def bell(request: StaffRequest) -> HttpResponse:
    """The bell alone, asked for by open pages; a closed tab asks nothing."""
    return render(request, "console/notices/bell.html")


@page()
def notice(request: StaffRequest, ref: str) -> HttpResponse:
    """To what a notice is about; following it is reading it."""
    row = notices_of(request.user).filter(public_id=ref).first()
    if row is None:
        raise Http404(_("There is no such notice."))
    read_notices(request.user, [ref])
    return redirect(row.link)


@action("")
def read_all(request: StaffRequest) -> HttpResponse:
    count = read_notices(request.user)
    message = ngettext("{count} notice marked as read.", "{count} notices marked as read.", count)
    messages.success(request, message.format(count=number(count)))
    return back(request, reverse("console:notices"))
