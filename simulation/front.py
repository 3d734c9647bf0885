"""The product's front door: requests to its API and its hooks, without a socket between."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.test import Client

KEY = "oy_simulation_key"


@dataclass(frozen=True)
class Answered:
    status: int
    body: Any

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class Front:
    """Speaks to the API with one key, as a shop's own software does."""

    def __init__(self) -> None:
        self._client = Client(raise_request_exception=False, SERVER_NAME="127.0.0.1")

    def get(self, path: str) -> Any:
        """The body. Raises AssertionError where it is no success: nothing is wrong with the system when this is asked."""
        answered = self._answered(self._client.get(f"/api/v1/{path}", headers={"authorization": f"Bearer {KEY}"}))
        assert answered.ok, f"GET {path} answers {answered.status}: {answered.body}"
        return answered.body

    def all(self, path: str) -> list[dict[str, Any]]:
        """The items of every page."""
        mark = "&" if "?" in path else "?"
        page = self.get(f"{path}{mark}limit=200")
        items = list(page["items"])
        while page["next_cursor"]:
            page = self.get(f"{path}{mark}limit=200&cursor={page['next_cursor']}")
            items += page["items"]
        return items

    def post(self, path: str, body: object, *, key: str = "") -> Answered:
        headers = {"authorization": f"Bearer {KEY}"} | ({"idempotency-key": key} if key else {})
        return self._answered(self._post(f"/api/v1/{path}", json.dumps(body).encode(), headers))

    def hook(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """A signed message of another system."""
        return self._answered(self._post(path, body, headers))

    def _post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Any:
        return self._client.post(path, body, content_type="application/json", headers=dict(headers))

    def _answered(self, response: Any) -> Answered:
        try:
            return Answered(response.status_code, json.loads(response.content or b"null"))
        except ValueError:
            return Answered(response.status_code, None)
