"""A Brazilian marketplace: its public tables joined into one message per order, its sellers as nodes where they are."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.db import transaction

from apps.catalog.models import Sku
from apps.channels.models import Channel
from apps.core.actor import SYSTEM
from apps.demo.replay.client import Message, compact
from apps.demo.replay.setup import lay_ground, replay_channel
from apps.inventory.models import StockLevel
from apps.inventory.services import Count, count_stock
from apps.network.models import Node, NodeGroup, NodeKind, Place

Row = dict[str, str]
MIDDLE = (-14.2, -51.9)
# More than all of the recorded orders ask for: the replay is about routing, not about running out.
SPARE_UNITS = 20


TABLES = ("orders", "order_items", "order_payments", "customers", "sellers", "products", "geolocation")


def missing_files(folder: Path) -> list[str]:
    """Which of the data set's files are not in the folder; without any of them nothing is replayed."""
    names = [_file_of(table) for table in TABLES]
    return [name for name in names if not (folder / name).is_file()]


def _file_of(table: str) -> str:
    return f"olist_{table}_dataset.csv"


class Olist:
    """The tables of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.orders = self._rows("orders")
        self.items = _by(self._rows("order_items"), "order_id")
        self._payments = _by(self._rows("order_payments"), "order_id")
        self._customers = {row["customer_id"]: row for row in self._rows("customers")}

    def _rows(self, table: str) -> list[Row]:
        with (self._folder / _file_of(table)).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def messages(self, channel: Channel, limit: int) -> Iterator[Message]:
        for order in self.orders[:limit]:
            key = order["order_id"]
            payload = {
                "order": order,
                "items": self.items.get(key, []),
                "customer": self._customers[order["customer_id"]],
                "payments": self._payments.get(key, []),
            }
            yield Message(channel, f"olist-{key}", compact(payload), {})

    @transaction.atomic
    def set_up(self, code: str) -> Channel:
        """Sellers, products, stock and places, and the channel that sells from these sellers only."""
        lay_ground()
        # Most of the recorded orders were delivered long ago; here they are sold again.
        channel = replay_channel(code, kind="olist", name="Olist, recorded", completed_orders="take")
        group, _ = NodeGroup.objects.get_or_create(code="olist", defaults={"name": "Olist sellers"})
        if channel.node_group_id is None:
            channel.node_group, channel.default_currency, channel.default_country = group, "BRL", "BR"
            channel.save()
        items = [item for many in self.items.values() for item in many]
        places = self._set_up_places()
        self._set_up_nodes({item["seller_id"] for item in items}, places, group)
        self._set_up_skus({item["product_id"] for item in items})
        _set_up_stock(items)
        return channel

    def _set_up_places(self) -> dict[str, tuple[float, float]]:
        at = {
            row["geolocation_zip_code_prefix"].zfill(5): (float(row["geolocation_lat"]), float(row["geolocation_lng"]))
            for row in self._rows("geolocation")
        }
        rows = [Place(country="BR", postal_prefix=prefix, latitude=y, longitude=x) for prefix, (y, x) in at.items()]
        rows.append(Place(country="BR", postal_prefix="", latitude=MIDDLE[0], longitude=MIDDLE[1]))
        Place.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2_000)
        return at

    def _set_up_nodes(self, sellers: set[str], places: dict[str, tuple[float, float]], group: NodeGroup) -> None:
        rows = {row["seller_id"]: row for row in self._rows("sellers") if row["seller_id"] in sellers}
        known = set(Node.objects.filter(code__in=[_code(seller) for seller in rows]).values_list("code", flat=True))
        made = Node.objects.bulk_create(
            _node(row, places) for seller, row in sorted(rows.items()) if _code(seller) not in known
        )
        Node.groups.through.objects.bulk_create(Node.groups.through(node=node, nodegroup=group) for node in made)

    def _set_up_skus(self, products: set[str]) -> None:
        rows = [
            Sku(
                code=row["product_id"],
                name=f"{row['product_category_name'].replace('_', ' ') or 'product'} {row['product_id'][:6]}",
                category=row["product_category_name"][:64],
                weight_g=int(float(row["product_weight_g"] or 0)),
            )
            for row in self._rows("products")
            if row["product_id"] in products
        ]
        Sku.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1_000)


def _by(rows: Sequence[Row], key: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return found


def _code(seller_id: str) -> str:
    return f"olist-{seller_id[:16]}"


def _node(row: Row, places: dict[str, tuple[float, float]]) -> Node:
    prefix = row["seller_zip_code_prefix"].zfill(5)
    latitude, longitude = places.get(prefix, MIDDLE)
    return Node(
        code=_code(row["seller_id"]), name=f"Seller {row['seller_id'][:6]}, {row['seller_city']}"[:128],
        kind=NodeKind.WAREHOUSE, city=row["seller_city"][:128], region=row["seller_state"], postal_code=f"{prefix}-000",
        country="BR", latitude=latitude, longitude=longitude, currency="BRL", time_zone="America/Sao_Paulo",
    )  # fmt: skip


def _set_up_stock(items: Sequence[Row]) -> None:
    sold: Counter[tuple[str, str]] = Counter((_code(item["seller_id"]), item["product_id"]) for item in items)
    nodes = {node for node, _ in sold}
    known: set[Any] = set(StockLevel.objects.filter(node__code__in=nodes).values_list("node__code", "sku__code"))
    counts = [
        Count(node, sku, on_hand=units + SPARE_UNITS) for (node, sku), units in sold.items() if (node, sku) not in known
    ]
    count_stock(counts, reason="opening stock of the replay", actor=SYSTEM)
