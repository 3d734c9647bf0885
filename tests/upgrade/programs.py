"""What the test of upgrades lets a release do, in a process of its own: ``python programs.py orders 10``, ``… work``.

Runs in the folder of whichever release is meant, and uses only what every release since 0.1.0 has.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import django

sys.path.insert(0, str(Path.cwd()))
django.setup()

from apps.core.actor import Actor  # noqa: E402
from apps.orchestration import runner  # noqa: E402
from apps.orders.canonical import CanonicalOrder  # noqa: E402
from apps.orders.services import accept_orders  # noqa: E402

CALLER = Actor("system", "upgrade")
SKUS = ("upgrade-a", "upgrade-b")


def take_orders(count: int) -> None:
    """Take orders in as the API does, each of one or two lines."""
    began = time.time_ns()
    orders = [_order(f"up-{began}-{number}", 1 + number % 2) for number in range(count)]
    accept_orders([CanonicalOrder.model_validate(order) for order in orders], channel="upgrade", actor=CALLER)


def _order(external_id: str, lines: int) -> dict[str, object]:
    return {
        "external_id": external_id,
        "placed_at": "2026-11-30T12:00:00Z",
        "currency": "GBP",
        "customer": {"name": f"Customer {external_id}", "email": f"{external_id}@example.com"},
        "shipping_address": {"line1": "1 High Street", "city": "Leeds", "postal_code": "LS1 1AA", "country": "GB"},
        "lines": [
            {"line_id": str(n), "sku": SKUS[n], "quantity": n + 1, "unit_price": 1000 * (n + 1)} for n in range(lines)
        ],
    }


def work(stop: Path) -> None:
    """A worker: does what is due until ``stop`` appears."""
    while not stop.exists():
        if not runner.drain("steps"):
            time.sleep(0.05)


if __name__ == "__main__":
    verb, argument = sys.argv[1], sys.argv[2]
    take_orders(int(argument)) if verb == "orders" else work(Path(argument))
