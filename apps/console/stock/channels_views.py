"""Stock on channels: what each shows, why, and sending or reading it again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.console.shell.access import StaffRequest, action, back, page
from apps.console.shell.errors import FormIncomplete
from apps.console.shell.visibility import listing_or_404, selling_channels_for
from apps.console.stock.channels import Row, asked_for, read_channel_stock
from apps.listings.differences import cause_of
from apps.listings.explaining import SCOPES, explain, label_of
from apps.listings.models import StockFeed
from apps.listings.selectors import shows_stock, standing_of
from apps.listings.services.reading_back import ask_to_read
from apps.listings.services.resending import resend
from apps.ui.language import translated
from apps.ui.locale import number
from apps.ui.paging import whole

MOST_SENT = 50_000


@page("inventory:read")
def channel_stock(request: StaffRequest) -> HttpResponse:
    shown = read_channel_stock(request.caller, request.GET)
    feed = StockFeed.objects.filter(channel=shown.channel).first() if shown.channel else None
    context = {"shown": shown, "feed": feed, **_may(request)}
    return render(request, "console/stock/channels.html", context)


@page("inventory:read")
def why(request: StaffRequest, ref: str) -> HttpResponse:
    """Why the channel may sell so many, term by term."""
    listing = listing_or_404(request.caller, ref)
    standing = standing_of(listing)
    found = explain(listing.channel, listing.sku.code) if listing.sku else None
    context = {
        "listing": listing,
        "row": Row(listing, standing, cause_of(standing)),
        "found": found,
        "terms": [(label_of(one.name), one.units) for one in found.terms] if found else [],
        "rule_words": translated(SCOPES[found.rule.scope]) if found else "",
        "can_read": shows_stock(listing.channel),
        **_may(request),
    }
    return render(request, "console/stock/channel_why.html", context)


@action("inventory:write")
def send(request: StaffRequest) -> HttpResponse:
    """Send the ticked figures again, the one whose own button was pressed, or all that the list shows."""
    rows = asked_for(request.caller, request.POST)
    if not request.POST.get("all"):
        rows = rows.filter(pk__in=_ticked(request))
    sent = resend(list(rows.values_list("pk", flat=True)[:MOST_SENT]), actor=request.caller.actor)
    said = ngettext("{count} figure is sent again.", "{count} figures are sent again.", sent)
    messages.success(request, said.format(count=number(sent)))
    return back(request, reverse("console:channel_stock"))


@action("inventory:write")
def read(request: StaffRequest) -> HttpResponse:
    """Have channels asked what they show: of the ticked listings, or of those not looked at for longest."""
    mine = selling_channels_for(request.caller)
    if request.POST.get("all"):
        code = request.POST.get("channel", "")
        channels = (mine.filter(code=code) if code else mine).values_list("pk", flat=True)
        asked = ask_to_read(list(channels), actor=request.caller.actor)
    else:
        rows = asked_for(request.caller, request.POST).filter(pk__in=_ticked(request))
        by_channel: dict[int, list[str]] = {}
        for channel, ref in rows.values_list("channel_id", "public_id"):
            by_channel.setdefault(channel, []).append(ref)
        asked = sum(
            ask_to_read([channel], listings=refs, actor=request.caller.actor) for channel, refs in by_channel.items()
        )
    if not asked:
        raise FormIncomplete(problem=_("None of these channels can report what it shows."))
    messages.success(request, _("Being read. The result appears here in a moment."))
    return back(request, reverse("console:channel_stock"))


def _ticked(request: StaffRequest) -> list[int]:
    asked = request.POST.getlist("only") or request.POST.getlist("listing")
    chosen = [pk for text in asked if (pk := whole(text)) is not None]
    if not chosen:
        raise FormIncomplete(problem=_("Tick at least one line."))
    return chosen[:1000]


def _may(request: StaffRequest) -> dict[str, object]:
    scopes = request.caller.scopes
    # A figure is the sum of all locations: who works for some of them is shown none.
    limited = bool(request.caller.nodes)
    return {"limited": limited, "may_send": "inventory:write" in scopes, "may_rule": "channels:write" in scopes}
