"""``manage.py demo_orders``: customers order, through HTTP."""

import sys
import time
from typing import Any

from django.core.management.base import CommandError, CommandParser

from apps.demo.command import DemoCommand
from apps.demo.customers import FIRST_NUMBER, Customers
from apps.demo.http_client import FrontDoor
from apps.demo.marketplaces import MARKETPLACES, place_orders
from apps.orders.models import Order


class Command(DemoCommand):
    help = "Send mixed orders in through the API, the webhooks and the simulated marketplaces."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--count", type=int, default=60)
        parser.add_argument("--url", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        count = options["count"]
        customers = Customers(f"d{time.time():.0f}", last=last_number())
        with FrontDoor(options["url"]) as door:
            for done, (kind, body) in enumerate(customers.orders(count), 1):
                answer = send(door, kind, body)
                if answer.status_code >= 300:
                    raise CommandError(f"{kind} order refused with {answer.status_code}: {answer.text[:300]}")
                sys.stderr.write(f"\r  {done} of {count} orders sent")
            place_orders(door, {channel: [customers.sale() for _ in range(count // 15)] for channel in MARKETPLACES})
        sys.stderr.write("\n")


def last_number() -> int:
    """The highest number an order of these customers has; they share one row of numbers, whatever their shop."""
    numbers = Order.objects.filter(external_number__regex=r"^[P#]?[0-9]{4,7}$").values_list(
        "external_number", flat=True
    )
    return max((int(number.lstrip("P#")) for number in numbers), default=FIRST_NUMBER)


def send(door: FrontDoor, kind: str, body: dict[str, Any]) -> Any:
    """One order through its own address."""
    if kind == "shopify":
        return door.shopify("orders/create", body)
    if kind == "woocommerce":
        return door.woocommerce("order.created", body)
    return door.post("orders", body, key=body["external_id"])
