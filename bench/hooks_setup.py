"""Fills the database before ``bench.hooks``: a Shopify channel, and, where its address is given, every node behind
one simulated 3PL."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")
django.setup()

from apps.channels.models import Channel  # noqa: E402
from apps.integrations.models import Partner, PartnerNode  # noqa: E402
from apps.network.models import Node, NodeKind  # noqa: E402
from bench.hooks import SECRET  # noqa: E402
from bench.shop import stock_shop  # noqa: E402

stock_shop()
Channel.objects.create(code="hooks", name="Hooks", kind="shopify", secret=SECRET, default_country="GB")
if len(sys.argv) < 2:
    sys.exit()
Node.objects.update(kind=NodeKind.THIRD_PARTY, capabilities=["look_up", "cancel"])
partner = Partner.objects.create(
    code="bench", name="Bench", base_url=f"{sys.argv[1]}/3pl/bench", token="sandbox-token", secret=SECRET
)
PartnerNode.objects.bulk_create(
    PartnerNode(node=node, partner=partner, partner_code=node.code) for node in Node.objects.all()
)
