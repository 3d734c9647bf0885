"""``manage.py demo_check``: did the demo's orders get where they should? One JSON line, exit 0 or 1."""

import json
import sys
import time
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import Count, Q

from apps.casework.states import STANDING
from apps.demo.command import DemoCommand
from apps.demo.shelves import SHOPS
from apps.listings.models import Listing
from apps.orchestration.invariants import check
from apps.orders.models import Order
from apps.orders.states import OrderState

WANTED = 20
# Of the shops of the same shelves, how many have to have sold something.
SELLING = 4


class Command(DemoCommand):
    help = "Wait until every order is delivered or before a person, check the invariants, and say so in one JSON line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="")
        parser.add_argument("--seconds", type=float, default=150.0)

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        orders, delivered, cases = count()
        while (
            delivered + cases < max(orders, WANTED)
            or channels_sent_stock() < len(SHOPS)
            or len(orders_by_channel()) < SELLING
        ) and time.monotonic() - began < options["seconds"]:
            time.sleep(0.5)
            orders, delivered, cases = count()
            sys.stderr.write(f"\r  {orders} orders: {delivered} delivered, {cases} before a person   ")
        sys.stderr.write("\n")
        report = check()
        good = orders >= WANTED and delivered + cases >= orders and delivered > 0 and report.healthy
        by_channel = orders_by_channel()
        good = good and channels_sent_stock() == len(SHOPS) and len(by_channel) >= SELLING
        result = {
            "orders": orders,
            "delivered": delivered,
            "cases": cases,
            "orders_by_channel": by_channel,
            "channels_with_stock": channels_sent_stock(),
            "seconds": round(time.monotonic() - began, 1),
            "invariants": "ok"
            if report.healthy
            else {code: found for code, found in report.offenders.items() if found},
        }
        self.stdout.write(json.dumps(result))
        if not good:
            sys.exit(1)


def channels_sent_stock() -> int:
    """How many of the five shops show what they may sell."""
    return Listing.objects.filter(sent__isnull=False).values("channel").distinct().count()


def orders_by_channel() -> dict[str, int]:
    """Of the shops that sell the same shelves, how many orders each brought."""
    rows = Order.objects.filter(channel__in=SHOPS).values("channel").annotate(orders=Count("pk"))
    return dict(rows.order_by("channel").values_list("channel", "orders"))


def count() -> tuple[int, int, int]:
    """Orders, those delivered, and those not delivered that a person has before them."""
    rows = Order.objects.all()
    with_person = rows.exclude(state=OrderState.DELIVERED).filter(
        Q(cases__state__in=STANDING) | Q(holds__released_at__isnull=True, holds__isnull=False)
    )
    return rows.count(), rows.filter(state=OrderState.DELIVERED).count(), with_person.distinct().count()
