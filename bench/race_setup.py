"""Fills the database before ``bench.race``: one SKU per run, its stock split over two nodes."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")
django.setup()

from apps.catalog.models import Sku  # noqa: E402
from apps.core.actor import SYSTEM  # noqa: E402
from apps.inventory.services import Count, count_stock  # noqa: E402
from bench.shop import stock_shop  # noqa: E402

stock, runs = int(sys.argv[1]), int(sys.argv[2])
stock_shop(nodes=2, skus=1, holders=2)
for run in range(runs):
    Sku.objects.create(code=f"RACE-{run}", name="Scarce")
    first = stock * 2 // 3
    count_stock(
        [
            Count(node="n000", sku=f"RACE-{run}", on_hand=first),
            Count(node="n001", sku=f"RACE-{run}", on_hand=stock - first),
        ],
        reason="opening stock",
        actor=SYSTEM,
    )
