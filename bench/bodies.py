"""Order bodies for the benchmarks; no Django."""

from __future__ import annotations

import random


def order_body(number: int, *, skus: int, chance: random.Random) -> dict[str, object]:
    """A paid order of two or three lines to a British address."""
    lines = [
        {
            "line_id": str(n),
            "sku": f"B-{chance.randrange(skus):04}",
            "quantity": chance.randint(1, 3),
            "unit_price": 1250,
        }
        for n in range(chance.choice((2, 2, 3)))
    ]
    return {
        "channel": "bench",
        "external_id": f"bench-{number}",
        "external_number": f"#{number}",
        "placed_at": "2026-11-20T10:00:00Z",
        "currency": "GBP",
        "customer": {"name": "Bench Buyer", "email": f"buyer{number}@example.test"},
        "shipping_address": {
            "name": "Bench Buyer", "line1": f"{number} High Street", "city": "Leeds", "postal_code": "LS1 1AA", "country": "GB",
        },
        "lines": lines,
    }  # fmt: skip
