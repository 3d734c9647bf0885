"""The front door: requests with a key, as an integrator sends them."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from django.test import Client

_numbers = count(1)
Answer = Any


class Door:
    """Requests with one API key; bodies are JSON, answers parsed as ``.data``."""

    def __init__(self, key: str = "", *, raise_faults: bool = False) -> None:
        self._client = Client(raise_request_exception=raise_faults)
        self._key = key

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """With a fresh Idempotency-Key unless ``key`` says another."""
        headers.setdefault("key", f"test-{next(_numbers)}")
        return self.send("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Answer:
        return self.send("PATCH", path, body, **headers)

    def send(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str) -> Answer:
        """``key``, ``match``, ``content_type`` and ``authorization`` are headers."""
        names = {"key": "Idempotency-Key", "match": "If-Match", "authorization": "Authorization"}
        given = {"authorization": f"Bearer {self._key}"} if self._key else {}
        content_type = headers.pop("content_type", "application/json")
        said = {names.get(name, name): value for name, value in {**given, **headers}.items() if value}
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        address = path if path.startswith("/") else f"/api/v1/{path}"
        response: Any = self._client.generic(method, address, data, content_type=content_type, headers=said)
        is_json = "json" in response.headers.get("Content-Type", "")
        response.data = json.loads(response.content) if is_json and response.content else None
        return response


def order_body(**changes: Any) -> dict[str, Any]:
    """A paid GB order of two units of ``A`` as an integrator sends it."""
    number = next(_numbers)
    external_id = changes.get("external_id", f"E-{number}")
    body: dict[str, Any] = {
        "channel": "api",
        "external_id": external_id,
        "external_number": "#1001",
        "placed_at": "2026-01-31T09:30:00Z",
        "currency": "GBP",
        "customer": {"name": "Pat Canary", "email": f"pat{number}@canary.test"},
        "shipping_address": {
            "name": "Pat Canary",
            "line1": f"{external_id} Canary Row",
            "city": "Leeds",
            "postal_code": "LS1 1AA",
            "country": "GB",
        },
        "lines": [{"line_id": "1", "sku": "A", "quantity": 2, "unit_price": 1000}],
    }
    return {**body, **changes}


def codes(answer: Answer) -> dict[str, str]:
    """The findings of a 422, code by pointer."""
    return {one["pointer"]: one["code"] for one in answer.data["errors"]}
