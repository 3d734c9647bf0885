"""Orders in our own form, posted to the API with a key: nothing is signed, mapped or reported back."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_noop

from apps.channels.framework.adapter import Capability, ChannelAdapter
from apps.channels.framework.settings import FeedSettings
from apps.channels.mapping.message_form import Cancelled, MessageForm, paths
from apps.channels.mapping.paths import parse_path


class ApiSettings(FeedSettings):
    """Orders in our own form: no word of theirs is translated, and none is waited for."""

    unused: ClassVar[frozenset[str]] = FeedSettings.unused | {
        "shipping_methods", "tables", "wait_for_order_s", "completed_orders",
    }  # fmt: skip


ADAPTER = ChannelAdapter(
    title="Canonical API",
    version="v1",
    messages=MessageForm(
        kind="api",
        ids=paths("external_id"),
        cancelled=Cancelled(status=parse_path("status"), words=frozenset({"cancelled"})),
    ),
    settings=ApiSettings,
    test_note=gettext_noop(
        "Send POST /api/v1/orders with a key that may send orders and the short name of this channel; docs/reference/api.md has an "
        "example to copy."
    ),
    capabilities=frozenset({Capability.DIRECT, Capability.STOCK_FEED}),
)
