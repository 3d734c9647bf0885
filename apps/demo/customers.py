"""Sample orders: mostly good ones, and one of each kind of trouble a real day brings."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from apps.core import clock
from apps.demo import shop
from apps.demo.marketplaces import Sale

_NAMES = (
    "Priya Raman", "Tom Hughes", "Aoife Byrne", "Marta Nowak", "Li Wei 李伟", "Zoë O'Brien", "Kwame Mensah",
    "Sofia Lindgren", "Jean-Baptiste de la Rochefoucauld-Montmorency", "Ana García",
)  # fmt: skip
_TOWNS = (
    ("Leeds", "LS6 2AB"), ("Hull", "HU5 3RT"), ("York", "YO10 4DD"), ("London", "SW9 8PQ"), ("Bristol", "BS6 5HX"),
    ("Manchester", "M14 5TP"), ("Glasgow", "G12 8QQ"), ("Newcastle", "NE2 4HH"), ("Norwich", "NR2 3DF"),
    ("Brighton", "BN1 6JE"), ("Cardiff", "CF24 3AA"), ("Exeter", "EX4 4QJ"),
)  # fmt: skip


FIRST_NUMBER = 1000


class Customers:
    """Makes orders; the same ``seed`` makes the same ones, under fresh external ids, numbered after ``last``."""

    def __init__(self, run: str, seed: int = 7, last: int = FIRST_NUMBER) -> None:
        self._run, self._chance, self._number = run, random.Random(seed), last

    def orders(self, count: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """``count`` (source, body) pairs, where source is api, shopify or woocommerce."""
        makers = (self._api, self._shopify, self._woocommerce)
        troubles = (
            self._bad_address, self._unknown_sku, self._price_mismatch, self._unpaid, self._scarce, self._risky, self._bundle,
        )  # fmt: skip
        for index in range(count):
            self._number += 1
            if index % 4 == 3:
                yield "api", troubles[(index // 4) % len(troubles)]()
            else:
                yield makers[index % 3]()

    def good(self, **changes: Any) -> dict[str, Any]:
        """An order of up to three of what there is, as the API takes it."""
        self._number += 1
        return self._canonical(self._goods()) | changes

    def again(self, body: dict[str, Any]) -> dict[str, Any]:
        """The same customer sends the same order once more; the shop numbers it as another."""
        self._number += 1
        return body | {"external_id": f"{self._run}-{self._number}", "external_number": f"P{self._number}"}

    def of(self, lines: list[tuple[str, int]], **changes: Any) -> dict[str, Any]:
        """An order of these SKUs and units."""
        self._number += 1
        prices = {product.code: product.price for product in shop.PRODUCTS}
        return self._canonical([(sku, units, prices.get(sku, 1000)) for sku, units in lines]) | changes

    def trouble(self, kind: str) -> dict[str, Any]:
        """An order with one thing wrong: bad_address, unknown_sku, price_mismatch, unpaid, scarce or risky."""
        self._number += 1
        made: dict[str, Any] = getattr(self, f"_{kind}")()
        return made

    def sale(self) -> Sale:
        """What somebody buys at a marketplace."""
        self._number += 1
        run = abs(hash(self._run)) % 10**5
        return Sale(run, self._number, *self._person(), self._picked(), clock.now())

    def _picked(self, most: int = 3) -> list[tuple[shop.Product, int]]:
        goods = self._chance.sample(shop.PRODUCTS, self._chance.randint(1, most))
        return [(product, self._chance.choice((1, 1, 1, 2, 3))) for product in goods]

    def _person(self) -> tuple[str, str, str]:
        town, postal = self._chance.choice(_TOWNS)
        return self._chance.choice(_NAMES), town, postal

    def _canonical(self, goods: list[tuple[str, int, int]], **changes: Any) -> dict[str, Any]:
        name, town, postal = self._person()
        lines = [
            {"line_id": str(n), "sku": sku, "quantity": units, "unit_price": price}
            for n, (sku, units, price) in enumerate(goods, 1)
        ]
        total = sum(units * price for _, units, price in goods) + 395
        body = {
            "channel": "partners",
            "external_id": f"{self._run}-{self._number}",
            "external_number": f"P{self._number}",
            "placed_at": clock.now().isoformat(),
            "currency": "GBP",
            "customer": {"name": name, "email": f"customer{self._number}@example.test", "tier": "standard"},
            "shipping_address": {
                "name": name,
                "line1": f"{self._number % 90 + 1} Harbour Street",
                "city": town,
                "postal_code": postal,
                "country": "GB",
            },
            "lines": lines,
            "totals": {"shipping": 395, "total": total},
            "promise": {"ship_by": (clock.now() + timedelta(days=1)).isoformat()},
        }
        return {**body, **changes}

    def _goods(self, most: int = 3) -> list[tuple[str, int, int]]:
        return [(product.code, units, product.price) for product, units in self._picked(most)]

    def _api(self) -> tuple[str, dict[str, Any]]:
        level = self._chance.choice(("standard", "standard", "economy", "express", "next_day"))
        return "api", self._canonical(self._goods(), shipping={"service_level": level})

    def _bad_address(self) -> dict[str, Any]:
        body = self._canonical(self._goods())
        body["shipping_address"] |= {"postal_code": "NOWHERE", "city": ""}
        return body

    def _unknown_sku(self) -> dict[str, Any]:
        return self._canonical([("MUG-PURPLE", 1, 1400), *self._goods(1)])

    def _price_mismatch(self) -> dict[str, Any]:
        body = self._canonical(self._goods())
        return body | {"totals": {"shipping": 395, "total": 100}}

    def _unpaid(self) -> dict[str, Any]:
        return self._canonical(self._goods(), payment={"state": "pending"})

    def _scarce(self) -> dict[str, Any]:
        return self._canonical([("LMP-L", 2_000, 8900)])

    def _risky(self) -> dict[str, Any]:
        return self._canonical(self._goods(), risk={"level": "high", "reason": "card country differs"})

    def _bundle(self) -> dict[str, Any]:
        return self._canonical([("SET-BREAKFAST", 1, 5400), ("mug-navy", 2, 1400)])

    def _shopify(self) -> tuple[str, dict[str, Any]]:
        name, town, postal = self._person()
        first, _, last = name.partition(" ")
        address = {
            "first_name": first, "last_name": last, "name": name, "address1": f"{self._number % 70 + 1} Quay Road",
            "city": town, "zip": postal, "country_code": "GB", "country": "United Kingdom",
        }  # fmt: skip
        picked = self._picked()
        lines = [
            {
                "id": self._number * 10 + n, "sku": product.code, "title": product.name, "quantity": units,
                "current_quantity": units, "price": f"{product.price / 100:.2f}", "total_discount": "0.00",
                "requires_shipping": True, "gift_card": False, "tax_lines": [], "discount_allocations": [],
                "properties": [],
            }
            for n, (product, units) in enumerate(picked)
        ]  # fmt: skip
        goods = sum(product.price * units for product, units in picked)
        total, stamp = f"{(goods + 395) / 100:.2f}", clock.now().isoformat()
        return "shopify", {
            "id": int(f"{abs(hash(self._run)) % 10**6}{self._number}"), "name": f"#{self._number}", "created_at": stamp,
            "updated_at": stamp, "processed_at": stamp, "currency": "GBP", "financial_status": "paid",
            "email": f"shopper{self._number}@example.test", "line_items": lines, "shipping_address": address,
            "billing_address": address, "customer": {"id": self._number, "first_name": first, "last_name": last},
            "shipping_lines": [{"title": "Standard", "code": "standard", "price": "3.95", "tax_lines": []}],
            "subtotal_price": f"{goods / 100:.2f}", "total_tax": "0.00", "total_discounts": "0.00", "total_price": total,
            "current_total_price": total, "taxes_included": True, "tags": "demo", "cancelled_at": None, "test": False,
        }  # fmt: skip

    def _woocommerce(self) -> tuple[str, dict[str, Any]]:
        name, town, postal = self._person()
        first, _, last = name.partition(" ")
        address = {
            "first_name": first, "last_name": last, "company": "", "address_1": f"{self._number % 50 + 1} Mill Lane",
            "address_2": "", "city": town, "state": "", "postcode": postal, "country": "GB", "phone": "",
        }  # fmt: skip
        picked = self._picked()
        lines = [
            {
                "id": self._number * 10 + n, "name": product.name, "sku": product.code, "quantity": units,
                "subtotal": f"{product.price * units / 100:.2f}", "subtotal_tax": "0.00",
                "total": f"{product.price * units / 100:.2f}", "total_tax": "0.00", "taxes": [],
                "price": product.price / 100, "meta_data": [],
            }
            for n, (product, units) in enumerate(picked)
        ]  # fmt: skip
        goods = sum(product.price * units for product, units in picked)
        stamp = clock.now().strftime("%Y-%m-%dT%H:%M:%S")
        return "woocommerce", {
            "id": int(f"{abs(hash(self._run)) % 10**5}{self._number}"), "number": str(self._number), "status": "processing",
            "currency": "GBP", "prices_include_tax": False, "date_created": stamp, "date_created_gmt": stamp,
            "date_modified": stamp, "date_modified_gmt": stamp, "date_paid_gmt": stamp, "discount_total": "0.00",
            "discount_tax": "0.00", "shipping_total": "3.95", "shipping_tax": "0.00", "cart_tax": "0.00",
            "total": f"{(goods + 395) / 100:.2f}", "total_tax": "0.00", "customer_id": 0, "order_key": f"wc_{self._number}",
            "billing": {**address, "email": f"outlet{self._number}@example.test"}, "shipping": address,
            "payment_method": "card", "transaction_id": f"t{self._number}", "line_items": lines, "tax_lines": [],
            "shipping_lines": [
                {"id": 1, "method_title": "Flat rate", "method_id": "flat_rate", "total": "3.95", "total_tax": "0.00"}
            ],
            "fee_lines": [], "coupon_lines": [], "refunds": [], "meta_data": [], "needs_processing": True,
        }  # fmt: skip
