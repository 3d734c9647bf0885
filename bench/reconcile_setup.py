"""Fills the database before ``bench.reconcile``: a Shopify channel at the address that is given, and so many orders of it."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")
django.setup()

from django.db.models import F, Value  # noqa: E402
from django.db.models.functions import Replace  # noqa: E402

from apps.channels.models import Channel  # noqa: E402
from apps.core import clock  # noqa: E402
from apps.orders.models import Order  # noqa: E402
from bench.history import make_history  # noqa: E402
from bench.shop import stock_shop  # noqa: E402

stock_shop()
make_history(int(sys.argv[2]))
Order.objects.update(
    channel="shop", external_id=Replace(F("external_id"), Value("old-"), Value("")), source_updated_at=clock.now()
)
# The usual poll has nothing to look for: what is asked for is asked by reconciling.
Channel.objects.create(
    code="shop", name="Shop", kind="shopify", base_url=sys.argv[1], api_key="k", default_country="GB",
    polled_until=clock.now(),
)  # fmt: skip
