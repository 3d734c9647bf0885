"""What a partner calls back with: signed messages (Standard Webhooks), sent until they are taken."""

from __future__ import annotations

import base64
import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import httpx
from standardwebhooks.webhooks import Webhook

from .delayed import Clockwork

RETRY_AFTER_S = (0.3, 1.0, 3.0, 10.0, 30.0)
TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Message:
    """One callback. `body` is what the signature in `headers` covers."""

    partner: str
    type: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return f"/hooks/3pl/{self.partner}/"


def signing_key(secret: str) -> str:
    """The shared secret in the form Standard Webhooks wants: `whsec_` and base64."""
    return secret if secret.startswith("whsec_") else "whsec_" + base64.b64encode(secret.encode()).decode()


def signed(partner: str, kind: str, data: dict[str, Any], *, secret: str) -> Message:
    """A fresh message of type `kind` about `data`."""
    now, message_id = datetime.now(UTC), f"msg_{uuid.uuid4().hex}"
    body = json.dumps({"type": kind, "timestamp": now.isoformat(), "data": data})
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(signing_key(secret)).sign(message_id, now, body),
    }
    return Message(partner, kind, headers, body.encode())


class Postman:
    """Delivers messages to Orderyard; keeps all of them for whoever wants to look. Without an address it only keeps."""

    def __init__(self, orderyard_url: str, clockwork: Clockwork) -> None:
        self._url = orderyard_url.rstrip("/")
        self._clockwork = clockwork
        self._lock = threading.Lock()
        self.sent: list[Message] = []
        self.responses: list[tuple[str, int]] = []

    def send(self, message: Message) -> None:
        with self._lock:
            self.sent.append(message)
        if self._url:
            self._try(message, attempt=0)

    def close(self) -> None:
        if "_client" in self.__dict__:
            self._client.close()

    @cached_property
    def _client(self) -> httpx.Client:
        # Made by the first message: a client reads all root certificates, 50 ms, and most sandboxes of a test send nothing.
        return httpx.Client(timeout=TIMEOUT_S, trust_env=False)

    def _try(self, message: Message, attempt: int) -> None:
        status = self._post(message)
        with self._lock:
            self.responses.append((message.type, status))
        # A considered no is final; not having been received, or not known yet, is worth another try.
        if (status >= 500 or status in (0, 404, 429)) and attempt < len(RETRY_AFTER_S):
            self._clockwork.after(RETRY_AFTER_S[attempt], self._again(message, attempt + 1))

    def _again(self, message: Message, attempt: int) -> Callable[[], None]:
        return lambda: self._try(message, attempt)

    def _post(self, message: Message) -> int:
        """The status it was answered with; 0 when nobody answered."""
        try:
            return self._client.post(
                self._url + message.path, content=message.body, headers=message.headers
            ).status_code
        except httpx.HTTPError:
            return 0
