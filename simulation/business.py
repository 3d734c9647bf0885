"""The merchant of the simulation: its places, partners, goods and rules; and the database it starts from, empty each time."""

from __future__ import annotations

from functools import cache

from django.db import connection, transaction

from apps.accounts.models import Role
from apps.accounts.services import create_api_key
from apps.catalog.models import Sku
from apps.channels.models import Channel
from apps.core.actor import SYSTEM
from apps.core.bulk import bulk_insert
from apps.core.process_cache import clear_process_cache
from apps.integrations.models import Partner, PartnerNode
from apps.inventory.services import Count, count_stock
from apps.network import selectors
from apps.network.models import Node, NodeKind
from apps.routing.services import DEFAULT_POLICY, publish_policy
from simulation.front import KEY

SECRET = "partner-secret"
# One that can be asked for everything, and one that can't be asked what it has: a lost answer stays unknown there.
PARTNERS = {"able": ["accept_reject", "cancel", "look_up"], "mute": ["accept_reject", "cancel"]}
STOCK = {"OWN": {"A": 6, "B": 4}, "ABLE": {"A": 8, "B": 6, "C": 8}, "MUTE": {"A": 3, "C": 8}}
PLACES = {"OWN": (51.5, -0.1), "ABLE": (53.8, -1.5), "MUTE": (55.9, -3.2)}
_KEPT = {"django_content_type", "auth_permission", "django_migrations"}


@cache
def _tables() -> list[str]:
    return sorted(set(connection.introspection.django_table_names(include_views=False)) - _KEPT)


@transaction.atomic
def empty_database() -> None:
    """Nothing is left, and the next ids are those of the first time."""
    asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM \"{table}\")" for table in _tables())
    with connection.cursor() as cursor:
        cursor.execute(asked)
        for (table,) in cursor.fetchall():
            cursor.execute(f'DELETE FROM "{table}"')
        cursor.execute(
            "SELECT setval(seqrelid, 1, false) FROM pg_sequence "
            "WHERE pg_sequence_last_value(seqrelid) IS NOT NULL AND seqrelid::regclass::text !~ '^(django_|auth_permission)'"
        )
        cursor.fetchall()
    # What a process that starts now does not know.
    bulk_insert._blocks.clear()
    selectors._places.clear()
    clear_process_cache()


@transaction.atomic
def open_business() -> None:
    """Set everything up, as an administrator would."""
    create_api_key(name="simulation", role=Role.ADMIN, quota_per_minute=0, text=KEY)
    Channel.objects.create(code="api", name="Simulated shop", kind="api", secret="s3cret")
    publish_policy(channel="", content=DEFAULT_POLICY, actor=SYSTEM)
    for code in "ABC":
        Sku.objects.create(code=code, name=f"Thing {code}", weight_g=100, price_minor=1000)
    _node("OWN", NodeKind.WAREHOUSE, [])
    for code, capabilities in PARTNERS.items():
        node = _node(code.upper(), NodeKind.THIRD_PARTY, capabilities)
        partner = Partner.objects.create(
            code=code, name=code.title(), base_url=f"http://{code}.test/3pl/{code}", token="t0ken", secret=SECRET
        )
        PartnerNode.objects.create(node=node, partner=partner, partner_code=f"their-{code}")
    counts = [Count(node=node, sku=sku, on_hand=n) for node, skus in STOCK.items() for sku, n in skus.items()]
    count_stock(counts, reason="feed", actor=SYSTEM)


def _node(code: str, kind: str, capabilities: list[str]) -> Node:
    latitude, longitude = PLACES[code]
    return Node.objects.create(
        code=code,
        name=code.title(),
        kind=kind,
        country="GB",
        latitude=latitude,
        longitude=longitude,
        capabilities=capabilities,
    )
