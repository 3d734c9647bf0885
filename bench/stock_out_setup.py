"""Fills the database before ``bench.stock_out``: SKUs with stock, and a channel for each shop, whose address is given."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")
django.setup()

from apps.catalog.models import Sku  # noqa: E402
from apps.channels.models import Channel  # noqa: E402
from apps.listings.models import Listing  # noqa: E402
from bench.shop import stock_shop  # noqa: E402
from bench.stock_out import SKUS, UNITS  # noqa: E402

stock_shop(skus=SKUS, nodes=5, holders=1, units=UNITS)
for number, address in enumerate(sys.argv[1:]):
    channel = Channel.objects.create(
        code=f"shop{number}", name=f"Shop {number}", kind="toy", base_url=address, api_key="k"
    )
    Listing.objects.bulk_create(
        Listing(channel=channel, sku=sku, external_id=sku.code, code=sku.code) for sku in Sku.objects.all()
    )
