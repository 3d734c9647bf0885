"""The shop the benchmarks sell from: nodes around a country, SKUs held by some of them. Run inside Django."""

from __future__ import annotations

import random

from apps.accounts.models import Role
from apps.accounts.services import create_api_key
from apps.catalog.models import Sku
from apps.channels.models import Channel
from apps.core.actor import SYSTEM
from apps.inventory.models import StockLevel, StockMovement
from apps.inventory.states import MovementKind
from apps.network.models import Carrier, CarrierService, Node, Place
from apps.routing.services import DEFAULT_POLICY, publish_policy
from bench.harness import API_KEY


def stock_shop(*, nodes: int = 20, skus: int = 200, holders: int = 6, units: int = 100_000, seed: int = 1) -> None:
    """``skus`` SKUs, each held by ``holders`` of ``nodes`` nodes, ``units`` of it at each."""
    chance = random.Random(seed)
    create_api_key(name="bench", role=Role.ADMIN, quota_per_minute=0, text=API_KEY)
    Channel.objects.create(code="bench", name="Bench", kind="api")
    publish_policy(channel="", content=DEFAULT_POLICY, actor=SYSTEM)
    carrier = Carrier.objects.create(code="c", name="Carrier")
    CarrierService.objects.create(
        carrier=carrier, code="s", level="standard", base_minor=350, per_km_milli=500, per_kg_minor=50
    )
    Place.objects.create(country="GB", latitude=52.9, longitude=-1.5)
    made = Node.objects.bulk_create(
        Node(
            code=f"n{i:03}", name=f"Node {i}", country="GB", latitude=50 + chance.random() * 6,
            longitude=-4 + chance.random() * 5, handling_minor=chance.randint(20, 200), pick_minor=chance.randint(5, 40),
        )
        for i in range(nodes)
    )  # fmt: skip
    goods = Sku.objects.bulk_create(
        Sku(code=f"B-{i:04}", name=f"Good {i}", weight_g=chance.randint(50, 3000)) for i in range(skus)
    )
    pairs = [(node, sku) for sku in goods for node in chance.sample(made, min(holders, nodes))]
    levels = StockLevel.objects.bulk_create(StockLevel(node=node, sku=sku, on_hand=units) for node, sku in pairs)
    StockMovement.objects.bulk_create(
        StockMovement(level=level, kind=MovementKind.SET, on_hand_delta=units, actor=str(SYSTEM)) for level in levels
    )
