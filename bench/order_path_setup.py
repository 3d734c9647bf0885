"""Fills the database before ``bench.order_path``: the shop, and, where asked, orders of earlier days."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")
django.setup()

from bench.history import make_history  # noqa: E402
from bench.shop import stock_shop  # noqa: E402

stock_shop()
make_history(int(sys.argv[1]))
