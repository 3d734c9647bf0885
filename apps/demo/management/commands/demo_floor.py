"""``manage.py demo_floor``: simulated staff who pick, pack and ship, and carriers who deliver, through HTTP."""

import random
import time
from datetime import UTC, datetime
from typing import Any

import httpx
from django.core.management.base import CommandParser

from apps.demo.command import DemoCommand
from apps.demo.http_client import FrontDoor
from apps.demo.shelves import fill_shelves, read_catalogs, take_catalogs_in

PARTNERS = {"midlands-3pl", "clyde-ceramics"}


class Command(DemoCommand):
    help = "Play warehouse and store staff on the running demo until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="")
        parser.add_argument("--pace", type=float, default=1.5, help="seconds a piece of work rests at each stage")

    def handle(self, *args: Any, **options: Any) -> None:
        with FrontDoor(options["url"]) as door:
            floor = Floor(door, options["pace"])
            opened, imports = False, set[str]()
            while True:
                try:
                    floor.work()
                    if not opened:
                        fill_shelves()
                        imports = read_catalogs(door)
                        opened = True
                    take_catalogs_in(door, imports)
                except httpx.HTTPError as error:
                    self.stderr.write(f"the floor waits: {type(error).__name__}")
                time.sleep(max(options["pace"] / 2, 0.2))


class Floor:
    """Everybody on the floor. A unit in a hundred can't be found. What lay there before they came stays for people to chase."""

    def __init__(self, door: FrontDoor, pace: float) -> None:
        self._door, self._pace, self._chance = door, pace, random.Random(3)
        self._came = datetime.now(UTC)

    def work(self) -> None:
        """One round: whatever has rested long enough moves on."""
        for state, act in (("packed", self._ship), ("picked", self._pack), ("accepted", self._pick)):
            for row in self._door.fulfillment_orders(state):
                is_theirs = row["node"] not in PARTNERS and datetime.fromisoformat(row["created_at"]) >= self._came
                if is_theirs and _age(row["entered_state_at"]) > self._pace:
                    act(row)
        for shipment in self._door.get("shipments", state="shipped", limit=100)["items"]:
            if _age(shipment["shipped_at"]) > self._pace * 3:
                self._door.post(f"shipments/{shipment['id']}/delivered", {})

    def _pick(self, row: dict[str, Any]) -> None:
        missing = []
        if self._chance.random() < 0.03:
            line = row["lines"][0]
            missing = [{"line_id": line["line_id"], "sku": line["sku"], "quantity": 1}]
        self._door.post(f"fulfillment-orders/{row['id']}/pick", {"missing": missing} if missing else {})

    def _pack(self, row: dict[str, Any]) -> None:
        self._door.post(f"fulfillment-orders/{row['id']}/pack", {})

    def _ship(self, row: dict[str, Any]) -> None:
        parcel = {"tracking_number": f"CP{self._chance.randrange(10**9):09}GB", "weight_g": 900}
        body = {"external_id": "1", "carrier": "coastpost", "service": "tracked-48", "parcels": [parcel]}
        self._door.post(f"fulfillment-orders/{row['id']}/ship", body)


def _age(moment: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()
