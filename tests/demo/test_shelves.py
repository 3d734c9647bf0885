"""The simulated staff take in the catalogs they asked for themselves."""

from __future__ import annotations

from typing import Any, cast

import httpx

from apps.demo.http_client import FrontDoor
from apps.demo.shelves import read_catalogs, take_catalogs_in


class Door:
    """A front door behind which a person has started an import too."""

    def __init__(self) -> None:
        self.posted: list[str] = []

    def get(self, path: str, **query: str | int) -> Any:
        if path == "channels":
            return {"items": [{"id": "chn_1", "code": "etsy"}, {"id": "chn_2", "code": "shop-uk"}]}
        if query.get("state") == "ready":
            return {"items": [{"id": "imp_theirs", "channel": "chn_2"}, {"id": "imp_ours", "channel": "chn_1"}]}
        return {"items": [{"id": "imp_theirs", "channel": "chn_2"}]}

    def post(self, path: str, body: Any, *, key: str = "") -> httpx.Response:
        self.posted.append(path)
        return httpx.Response(201, json={"id": "imp_ours"})


def test_an_import_that_somebody_else_started_is_left_for_them_to_look_at():
    door = Door()
    started = read_catalogs(cast(FrontDoor, door))
    take_catalogs_in(cast(FrontDoor, door), started)

    assert door.posted == ["catalog-imports", "catalog-imports/imp_ours/apply"]
