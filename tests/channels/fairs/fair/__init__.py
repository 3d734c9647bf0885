"""A shop that is connected by a key that is pasted."""

from __future__ import annotations

from datetime import date

from apps.channels.framework.adapter import Capability, ChannelAdapter, documents_in
from apps.channels.framework.setup import Credential
from apps.channels.framework.signatures import HmacBase64
from apps.channels.mapping.message_form import Cancelled, MessageForm, Topic, Topics, Wrapping, paths
from apps.channels.mapping.paths import parse_path

from .client import VERSION, Fair


def messages(kind: str) -> MessageForm:
    return MessageForm(
        kind=kind,
        ids=paths("number"),
        account=("fair-shop",),
        updated=paths("changed_at"),
        cancelled=Cancelled(status=parse_path("state"), words=frozenset({"cancelled"})),
        topics=Topics(
            headers=("fair-topic",),
            about_orders="order-",
            meanings={"order-placed": Topic.CREATED, "order-cancelled": Topic.CANCELLED},
        ),
        wrapping=Wrapping(many_under=("orders",)),
    )


CAPABILITIES = frozenset(
    {
        Capability.WEBHOOKS,
        Capability.POLLING,
        Capability.SHIPMENTS,
        Capability.CANCELLATIONS,
        Capability.CHECK,
        Capability.REGISTER_WEBHOOKS,
        Capability.LOCATIONS,
        Capability.CATALOG,
    }
)
SIGNING = HmacBase64(headers=("fair-signature",), delivery_ids=("fair-delivery",))
ADAPTER = ChannelAdapter(
    title="Fair",
    version=VERSION,
    messages=messages("fair"),
    contracts=documents_in(__file__),
    signing=SIGNING,
    kept_headers=("fair-",),
    shop=Fair,
    credentials=(
        Credential(name="base_url", label="Address of the shop"),
        Credential(name="api_key", label="Key of the API", help="Settings → API."),
    ),
    deprecated_on=date(2027, 1, 15),
    breaks="Orders are no longer listed.",
    capabilities=CAPABILITIES,
)
