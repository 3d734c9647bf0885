"""All channels, and how each one is."""

from __future__ import annotations

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render

from apps.channels.models import Channel, InboxMessage, Verdict
from apps.channels.services.webhook_watch import lost_webhooks
from apps.console.channels.connect_views import SCOPE
from apps.console.shell.access import StaffRequest, page


@page(SCOPE)
def channels(request: StaffRequest) -> HttpResponse:
    rows = list(Channel.objects.order_by("name"))
    unread = InboxMessage.objects.filter(verdict__in=[Verdict.WAITING, Verdict.QUARANTINED]).values(
        "channel", "verdict"
    )
    counts = {(one["channel"], one["verdict"]): one["n"] for one in unread.annotate(n=Count("pk"))}
    shown = [
        {
            "channel": row,
            "state": state_of(row),
            "lost": lost_webhooks(row),
            "waiting": counts.get((row.pk, Verdict.WAITING), 0),
            "quarantined": counts.get((row.pk, Verdict.QUARANTINED), 0),
        }
        for row in rows
    ]
    return render(request, "console/channels/list.html", {"rows": shown})


def state_of(channel: Channel) -> str:
    """``connecting``, ``off``, ``paused``, ``holding`` or ``live``."""
    if channel.is_connecting:
        return "connecting"
    if not channel.active:
        return "off"
    if channel.paused_at is not None:
        return "paused"
    return "holding" if channel.holds_new else "live"
