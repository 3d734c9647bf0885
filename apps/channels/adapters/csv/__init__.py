"""Files with a row for each line of an order, uploaded by people or with a key."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_noop

from apps.channels.framework.adapter import Capability, ChannelAdapter, documents_in
from apps.channels.framework.settings import FeedSettings
from apps.channels.mapping.message_form import Cancelled, MessageForm, paths
from apps.channels.mapping.paths import parse_path


def _is_credit(order: Any) -> bool:
    """An invoice file counts cancellations backwards, under a number with a C in front."""
    if not isinstance(order, dict):
        return False
    rows = order.get("rows")
    first = rows[0] if isinstance(rows, list) and rows else None
    return isinstance(first, dict) and "InvoiceNo" in first and str(order.get("key", ""))[:1] in ("C", "c")


ADAPTER = ChannelAdapter(
    title="CSV upload",
    version="1",
    messages=MessageForm(
        kind="csv",
        ids=paths("key"),
        updated=paths("rows[0].updated_at"),
        zone="UTC",
        cancelled=Cancelled(
            status=parse_path("rows[0].status"), words=frozenset({"cancelled", "canceled"}), when=_is_credit
        ),
    ),
    contracts=documents_in(__file__),
    settings=FeedSettings,
    test_note=gettext_noop(
        "Upload a file with one order under Orders → Import, or leave it in this channel’s folder where one is set up."
    ),
    capabilities=frozenset({Capability.FILES, Capability.STOCK_FEED}),
)
