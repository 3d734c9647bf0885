"""How WooCommerce signs: ``X-WC-Webhook-Signature``. The activation ping is unsigned. Pure.

Its delivery id is the same for all messages of one second, so a repeat is known by webhook id, topic, order and body.
"""

from __future__ import annotations

from collections.abc import Mapping

from apps.channels.adapters.woocommerce.messages import is_ping
from apps.channels.framework.signatures import HmacBase64
from apps.core.signatures import folded

SIGNING = HmacBase64(headers=("x-wc-webhook-signature",), also=("x-wc-webhook-id",))


def is_activation_ping(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether this is the unsigned ``webhook_id=N`` form a shop sends on activation: answer 200, create nothing."""
    content_type = folded(headers).get("content-type", "")
    form = content_type.partition(";")[0].strip().casefold() == "application/x-www-form-urlencoded"
    return form and len(body) <= 64 and is_ping(body)
