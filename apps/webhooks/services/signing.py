"""Standard Webhooks: HMAC-SHA256 over ``{id}.{timestamp}.{body}``, with both secrets while one is being changed."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import datetime

from standardwebhooks.webhooks import Webhook

from apps.webhooks.models import Delivery, WebhookEndpoint


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def body_of(delivery: Delivery) -> str:
    """The bytes that are signed are the bytes that are sent."""
    return json.dumps(delivery.payload, separators=(",", ":"), sort_keys=True)


def headers_of(endpoint: WebhookEndpoint, delivery: Delivery, body: str, now: datetime) -> dict[str, str]:
    """The headers a subscriber verifies; the timestamp is that of the attempt."""
    keys = [endpoint.secret]
    if endpoint.previous_secret and endpoint.previous_until and endpoint.previous_until > now:
        keys.append(endpoint.previous_secret)
    signatures = [Webhook(key).sign(delivery.public_id, now, body) for key in keys]
    return {
        "content-type": "application/json",
        "user-agent": "Orderyard-Webhooks/1",
        "webhook-id": delivery.public_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
