"""``manage.py demo_orders``: customers order, through HTTP."""

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.demo.customers import Customers
from apps.demo.frontdoor import FrontDoor


class Command(BaseCommand):
    help = "Send mixed orders in through the API and the webhooks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--count", type=int, default=60)
        parser.add_argument("--url", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        count = options["count"]
        with FrontDoor(options["url"]) as door:
            for done, (kind, body) in enumerate(Customers(f"d{time.time():.0f}").orders(count), 1):
                answer = send(door, kind, body)
                if answer.status_code >= 300:
                    raise CommandError(f"{kind} order refused with {answer.status_code}: {answer.text[:300]}")
                sys.stderr.write(f"\r  {done} of {count} orders sent")
        sys.stderr.write("\n")


def send(door: FrontDoor, kind: str, body: dict[str, Any]) -> Any:
    """One order through its door."""
    if kind == "shopify":
        return door.shopify("orders/create", body)
    if kind == "woocommerce":
        return door.woocommerce("order.created", body)
    return door.post("orders", body, key=body["external_id"])
