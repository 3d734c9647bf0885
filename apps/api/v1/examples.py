"""Examples in the API's description; each is one that works."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample

NEW_ORDER = (
    OpenApiExample(
        "Two lines, paid",
        value={
            "channel": "partners",
            "external_id": "10012",
            "external_number": "#10012",
            "placed_at": "2026-01-31T09:30:00Z",
            "currency": "GBP",
            "customer": {"name": "Ada Example", "email": "ada@example.test"},
            "shipping_address": {
                "name": "Ada Example",
                "line1": "1 Harbour Street",
                "city": "Leeds",
                "postal_code": "LS1 1AA",
                "country": "GB",
            },
            "lines": [
                {"line_id": "1", "sku": "MUG-BLU", "quantity": 2, "unit_price": 1200},
                {"line_id": "2", "sku": "PLT-WHT", "quantity": 1, "unit_price": 900},
            ],
            "totals": {"shipping": 395, "total": 3695, "prices_include_tax": True},
            "payment": {"state": "paid", "method": "card"},
        },
        request_only=True,
    ),
)
BULK = (
    OpenApiExample(
        "One order of up to 10,000",
        value={
            "channel": "partners",
            "orders": [{key: value for key, value in NEW_ORDER[0].value.items() if key != "channel"}],
        },
        request_only=True,
    ),
)
SALES = (
    OpenApiExample(
        "A sale and what it was paid with",
        value={
            "channel": "tills",
            "sales": [
                {
                    "till": "leeds-2",
                    "receipt": "004711",
                    "store": "leeds-store",
                    "sold_at": "2026-01-31T16:05:00Z",
                    "currency": "GBP",
                    "lines": [
                        {"sku": "MUG-BLU", "quantity": 2, "unit_price": 1200, "discount": 200, "tax": 367},
                        {"title": "Gift card", "quantity": 1, "unit_price": 2500, "gift_card": True},
                    ],
                    "tip": 100,
                    "total": 4800,
                    "prices_include_tax": True,
                    "payments": [{"method": "card", "amount": 4000}, {"method": "gift_card", "amount": 800}],
                }
            ],
        },
        request_only=True,
    ),
)
RETURNS = (
    OpenApiExample(
        "One of two mugs, good to be sold again",
        value={
            "channel": "tills",
            "returns": [
                {
                    "till": "leeds-2",
                    "receipt": "004712",
                    "store": "leeds-store",
                    "returned_at": "2026-02-02T10:20:00Z",
                    "currency": "GBP",
                    "lines": [{"sku": "MUG-BLU", "quantity": 1, "unit_price": 1100, "condition": "shelf"}],
                    "sold": {"till": "leeds-2", "receipt": "004711"},
                }
            ],
        },
        request_only=True,
    ),
)
COUNT = (
    OpenApiExample(
        "A count and a correction",
        value={
            "reason": "cycle count",
            "items": [
                {"node": "leeds-dc", "sku": "MUG-BLU", "on_hand": 140, "safety_stock": 2},
                {"node": "leeds-dc", "sku": "PLT-WHT", "delta": -1, "expected_version": 7},
            ],
        },
        request_only=True,
    ),
)
WAVE = (
    OpenApiExample(
        "Two fulfillment orders leave with one van",
        value={
            "items": [
                {
                    "fulfillment_order": "ful_01HZX3J9Q8T5",
                    "external_id": "SHIP-779",
                    "carrier": "coastpost",
                    "parcels": [{"tracking_number": "CP3"}],
                },
                {
                    "fulfillment_order": "ful_01HZX3JA2N7C",
                    "external_id": "SHIP-780",
                    "carrier": "coastpost",
                    "parcels": [{"tracking_number": "CP4", "lines": [{"line_id": "1", "quantity": 1}]}],
                },
            ],
        },
        request_only=True,
    ),
)
SHIP = (
    OpenApiExample(
        "Two parcels",
        value={
            "external_id": "SHIP-778",
            "carrier": "coastpost",
            "service": "tracked-48",
            "parcels": [
                {"tracking_number": "CP1", "lines": [{"line_id": "1", "quantity": 2}]},
                {"tracking_number": "CP2", "lines": [{"line_id": "2", "quantity": 1}]},
            ],
        },
        request_only=True,
    ),
)
