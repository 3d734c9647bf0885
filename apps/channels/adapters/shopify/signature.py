"""How Shopify signs: ``X-Shopify-Hmac-Sha256``, or the same header without its ``X-``. Pure.

Its webhook id is unique per delivery and kept on retries. An empty body is refused.
"""

from __future__ import annotations

from apps.channels.framework.signatures import HmacBase64

SIGNING = HmacBase64(
    headers=("x-shopify-hmac-sha256", "shopify-hmac-sha256"),
    delivery_ids=("x-shopify-webhook-id", "shopify-webhook-id"),
    needs_body=True,
)
