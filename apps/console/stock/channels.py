"""What each channel shows against what it should: the list, its filters, and the words for a difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_noop

from apps.accounts.caller import Caller
from apps.catalog.selectors import pks_called
from apps.channels.models import Channel
from apps.console.shell.visibility import selling_channels_for
from apps.core import keyset
from apps.listings.differences import Cause, FigureStatus, cause_of, sentence_of
from apps.listings.models import Listing
from apps.listings.selectors import standing_of, that_differ
from apps.listings.states import FigureState
from apps.ui.language import choices
from apps.ui.paging import Sheet, sheet

BY_ID = keyset.keys_of("pk")
SHOWS = (
    ("", gettext_noop("All")),
    ("differs", gettext_noop("Different there")),
    ("waiting", gettext_noop("To be sent")),
    ("refused", gettext_noop("Refused")),
    ("changed", gettext_noop("Changed there")),
    ("unknown", gettext_noop("Unknown SKU")),
)
_TONES = {
    Cause.NONE: "green",
    Cause.UNCOUNTED: "gray",
    Cause.WAITING: "blue",
    Cause.HELD_UP: "blue",
    Cause.NEVER_SENT: "gray",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One listing as the page shows it. ``since``: when what is wrong began, as far as is known."""

    listing: Listing
    standing: FigureStatus
    cause: Cause

    @property
    def words(self) -> str:
        return sentence_of(self.standing)

    @property
    def tone(self) -> str:
        return _TONES.get(self.cause, "amber")

    @property
    def since(self) -> datetime | None:
        if self.cause in (Cause.WAITING, Cause.HELD_UP, Cause.SEND_FAILED, Cause.REFUSED, Cause.NEVER_SENT):
            return self.listing.wanted_at
        return self.listing.shown_at if self.cause in (Cause.CHANGED_THERE, Cause.NOT_THERE) else None


@dataclass(frozen=True, slots=True)
class Shown:
    """The page: its rows, and what was asked for."""

    sheet: Sheet[Listing]
    rows: list[Row]
    channels: Sequence[Channel]
    channel: Channel | None
    show: str
    shows: list[tuple[str, str]]
    q: str

    @property
    def filtered(self) -> bool:
        return bool(self.show or self.q)


def read_channel_stock(caller: Caller, params: QueryDict) -> Shown:
    channels = list(selling_channels_for(caller).filter(active=True).order_by("name", "pk"))
    channel = next((one for one in channels if one.code == params.get("channel")), None)
    show = params.get("show", "") if params.get("show", "") in dict(SHOWS) else ""
    q = params.get("q", "").strip().replace("\x00", "")[:128]
    found = sheet(asked_for(caller, params), params, keys=BY_ID)
    rows = [Row(one, standing := standing_of(one), cause_of(standing)) for one in found.rows]
    return Shown(found, rows, channels, channel, show, choices(SHOWS), q)


def asked_for(caller: Caller, params: QueryDict) -> QuerySet[Listing]:
    """The listings that the address of the page names."""
    rows = Listing.objects.filter(channel__in=selling_channels_for(caller), active=True)
    if code := params.get("channel", ""):
        rows = rows.filter(channel__code=code)
    if q := params.get("q", "").strip().replace("\x00", "")[:128]:
        rows = rows.filter(
            Q(code__icontains=q)
            | Q(sku__code__icontains=q)
            | Q(title__icontains=q)
            | Q(external_id=q)
            | Q(sku__in=pks_called(q))
        )
    return _that_show(rows, params.get("show", "")).select_related("channel__stock_feed", "sku")


def _that_show(rows: QuerySet[Listing], show: str) -> QuerySet[Listing]:
    if show == "differs":
        return that_differ(rows)
    if show in (FigureState.WAITING, FigureState.REFUSED):
        return rows.filter(state=show, sku__isnull=False)
    if show == "changed":
        return that_differ(rows).filter(state=FigureState.CURRENT, shown_at__gte=F("sent_at"))
    return rows.filter(sku__isnull=True) if show == "unknown" else rows
