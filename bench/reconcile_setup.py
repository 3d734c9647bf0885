"""Fills the database before ``bench.reconcile``: the usual goods, and a Shopify channel at the address that is given."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")
django.setup()

from apps.channels.models import Channel  # noqa: E402
from apps.core import clock  # noqa: E402
from bench.shop import stock_shop  # noqa: E402

stock_shop()
# The usual poll has nothing to look for: what comes in comes by reconciling.
Channel.objects.create(
    code="shop", name="Shop", kind="shopify", base_url=sys.argv[1], api_key="k", default_country="GB",
    polled_until=clock.now(),
)  # fmt: skip
