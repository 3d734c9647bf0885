"""Reads of listings and rules, and every lock on them; what channels may sell, for many at once in few queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from django.db import connection
from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Least
from django.db.models.lookups import Exact

from apps.catalog.models import Sku
from apps.catalog.selectors import components_of
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import kinds_with
from apps.channels.models import Channel
from apps.core import database_clock
from apps.listings.differences import FigureStatus
from apps.listings.models import Listing, StockFeed, StockRule
from apps.listings.sellable import (
    NO_RULE,
    AtNode,
    Guarantee,
    Part,
    Rule,
    Sellable,
    SkuStock,
    Unplaced,
    narrowest,
    sellable,
    sellable_set,
)
from apps.listings.states import FigureState
from apps.network.models import Node
from apps.network.selectors import downtimes_at

# Figures of so few units go before all others: they are the ones that are sold twice.
FEW = 3
_RULE = ("sold_here", "buffer_units", "buffer_percent", "cap", "floor", "guaranteed", "oversell", "sells_ahead")
_LEVELS = """
SELECT sku_id, node_id, on_hand, reserved, safety_stock, incoming, doubted_at IS NOT NULL, backorderable
  FROM inventory_stocklevel WHERE sku_id = ANY(%s::bigint[])
"""
# Units of orders that no claim covers yet: by SKU and the order's channel, also of those of which the rest is on its way already.
# A set asks for its parts.
_UNPLACED = """
WITH waiting AS (
    SELECT id, channel FROM orders_order WHERE state IN ('received', 'validated')
    UNION ALL
    SELECT id, channel FROM orders_order WHERE partly_placed AND state IN ('routed', 'released')
), asked AS (
    SELECT l.id, l.order_id, w.channel, l.sku_id, l.quantity - l.cancelled_quantity - l.elsewhere_quantity AS units
      FROM waiting w JOIN orders_orderline l ON l.order_id = w.id
     WHERE l.withdrawn_at IS NULL AND l.sku_id IS NOT NULL AND l.requires_shipping AND NOT l.gift_card
), needed AS (
    SELECT a.id, a.order_id, a.channel, a.sku_id, a.units FROM asked a WHERE a.sku_id = ANY(%(skus)s::bigint[])
    UNION ALL
    SELECT a.id, a.order_id, a.channel, b.component_id, a.units * b.quantity
      FROM asked a JOIN catalog_bundlecomponent b ON b.bundle_id = a.sku_id
     WHERE b.component_id = ANY(%(skus)s::bigint[])
)
SELECT n.sku_id, n.channel, sum(greatest(n.units - coalesce(c.units, 0), 0))
  FROM needed n
  LEFT JOIN LATERAL (
    SELECT sum(r.shipped + CASE WHEN r.state = 'released' THEN 0 ELSE r.quantity END) AS units
      FROM inventory_reservation r JOIN inventory_stocklevel s ON s.id = r.level_id
     WHERE r.order_id = n.order_id AND r.order_line_id = n.id AND s.sku_id = n.sku_id
  ) c ON true
 GROUP BY n.sku_id, n.channel HAVING sum(greatest(n.units - coalesce(c.units, 0), 0)) > 0
"""


def takes_stock(channel: Channel) -> bool:
    """Whether figures are sent to it now."""
    return channel.speaks and channel.paused_at is None and channel.kind in kinds_with(Capability.STOCK_OUT)


def shows_stock(channel: Channel) -> bool:
    """Whether it can be asked now what it shows."""
    return channel.speaks and channel.paused_at is None and channel.kind in kinds_with(Capability.STOCK_READ)


def channels_sent_to() -> set[int]:
    """The pks of channels whose kind takes figures, whether they can be called now or not."""
    return set(Channel.objects.filter(kind__in=kinds_with(Capability.STOCK_OUT)).values_list("pk", flat=True))


def channels_with(capability: Capability) -> QuerySet[Channel]:
    """Those that have it and can be called now."""
    rows = Channel.objects.filter(active=True, paused_at__isnull=True, kind__in=kinds_with(capability))
    return rows.exclude(base_url="")


def lock_listings(listing_ids: Iterable[int]) -> list[Listing]:
    """The listings, locked in pk order."""
    rows = Listing.objects.select_for_update(no_key=True).filter(pk__among=list(listing_ids))
    return list(rows.order_by("pk"))


def lock_feed(channel_id: int) -> StockFeed:
    """The channel's feed, locked; made where there is none yet."""
    StockFeed.objects.bulk_create([StockFeed(channel_id=channel_id)], ignore_conflicts=True)
    return StockFeed.objects.select_for_update(no_key=True).get(pk=channel_id)


def waiting(channel_id: int) -> QuerySet[Listing]:
    """What is to be sent to the channel now, the last units first, then what has waited longest."""
    now = database_clock.now()
    rows = Listing.objects.filter(channel=channel_id, state=FigureState.WAITING, active=True, wanted__isnull=False)
    few = Least(F("wanted"), Coalesce(F("sent"), F("wanted")), Value(FEW + 1))
    return rows.filter(Q(next_at__isnull=True) | Q(next_at__lte=now)).order_by(few, "wanted_at", "pk")


def listings_of(channel_id: int, public_ids: Collection[str] | None = None) -> QuerySet[Listing]:
    """Those of a channel: the ones named, or all."""
    rows = Listing.objects.filter(channel=channel_id)
    return rows if public_ids is None else rows.filter(public_id__in=list(public_ids))


def with_difference(rows: QuerySet[Listing]) -> QuerySet[Listing]:
    """With ``differs``: whether the channel shows something else than it should, as far as is known."""
    return rows.annotate(differs=Case(When(_DIFFERS, then=Value(True)), default=Value(False)))


def that_differ(rows: QuerySet[Listing]) -> QuerySet[Listing]:
    """Those of them of which that is so."""
    return rows.filter(_DIFFERS)


# What it took last, or what was read there later.
_THERE = Case(
    When(Q(shown_at__isnull=False) & (Q(sent_at__isnull=True) | Q(shown_at__gte=F("sent_at"))), then=F("shown")),
    default=F("sent"),
)
# What is fetched from a feed nobody has been sent, and nobody knows what is shown.
_IN_A_FEED = Q(channel__settings__contains={"stock_feed": True})
_DIFFERS = Q(wanted__isnull=False) & ~Q(Exact(Coalesce(_THERE, Value(-1)), F("wanted"))) & ~_IN_A_FEED


def standing_of(row: Listing) -> FigureStatus:
    """What is known of the listing's figure."""
    return FigureStatus(
        known_sku=row.sku_id is not None,
        wanted=row.wanted,
        sent=row.sent,
        sent_at=row.sent_at,
        shown=row.shown,
        shown_at=row.shown_at,
        state=row.state,
        attempts=row.attempts,
        held_up=_held_up(row) if row.state == FigureState.WAITING else "",
    )


def _held_up(row: Listing) -> str:
    """Why the channel may not be called now; empty where it may, or where sending failed."""
    feed = getattr(row.channel, "stock_feed", None)
    return feed.trouble if feed is not None and not feed.failures else ""


@dataclass(frozen=True, slots=True)
class _Seen:
    """All that figures of some SKUs rest on, as it was at one moment."""

    skus: Mapping[int, tuple[bool, str]]
    parts: Mapping[int, list[tuple[int, int]]]
    at: Mapping[int, list[AtNode]]
    nodes: Mapping[int, frozenset[int]]
    rules: Mapping[int, list[tuple[int | None, str, Rule]]]
    unplaced: Mapping[int, list[Unplaced]]
    listed: Collection[tuple[int, int]] = field(default_factory=frozenset)


# A channel, a SKU or a category, and the rule that would hold there; None: none would.
Instead = tuple[int, int | None, str, Rule | None]


def figures(wanted: Collection[tuple[int, int]], *, instead: Instead | None = None) -> dict[tuple[int, int], Sellable]:
    """What each channel may sell of each SKU, by (channel pk, SKU pk); the same few queries for any number.

    ``instead``: as if that rule held in the place of the one there is.
    """
    seen = _look({sku for _, sku in wanted})
    if instead is not None:
        seen = replace(seen, rules=_with_rule(seen.rules, instead))
    return {(channel, sku): _figure(seen, channel, sku) for channel, sku in wanted}


def _with_rule(
    rules: Mapping[int, list[tuple[int | None, str, Rule]]], instead: Instead
) -> dict[int, list[tuple[int | None, str, Rule]]]:
    channel, sku, category, rule = instead
    others = [one for one in rules.get(channel, []) if one[:2] != (sku, category)]
    return {**rules, channel: others if rule is None else [*others, (sku, category, rule)]}


def _look(sku_ids: Collection[int]) -> _Seen:
    parts = {
        bundle: [(row.component_id, row.quantity) for row in rows] for bundle, rows in components_of(sku_ids).items()
    }
    every = {*sku_ids, *(sku for rows in parts.values() for sku, _ in rows)}
    skus = Sku.objects.filter(pk__among=every).values_list("pk", "tracked", "category")
    nodes = selling_nodes()
    return _Seen(
        skus={pk: (tracked, category) for pk, tracked, category in skus},
        parts=parts,
        at=_levels(every),
        nodes=nodes,
        rules=rules_by_channel(every),
        unplaced=_unplaced(every, nodes),
        listed=frozenset(Listing.objects.filter(sku_id__among=every, active=True).values_list("channel_id", "sku_id")),
    )


def _levels(sku_ids: Collection[int]) -> dict[int, list[AtNode]]:
    found: dict[int, list[AtNode]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_LEVELS, [list(sku_ids)])
        for sku, node, on_hand, reserved, safety, incoming, doubted, backorderable in cursor.fetchall():
            found.setdefault(sku, []).append(
                AtNode(
                    node=node,
                    on_hand=on_hand,
                    reserved=reserved,
                    safety=safety,
                    incoming=incoming,
                    in_doubt=doubted,
                    backorderable=backorderable,
                )
            )
    return found


def _unplaced(sku_ids: Collection[int], nodes: Mapping[int, frozenset[int]]) -> dict[int, list[Unplaced]]:
    """A channel that is switched off says nothing of where its orders come from: then from anywhere."""
    with connection.cursor() as cursor:
        cursor.execute(_UNPLACED, {"skus": list(sku_ids)})
        rows = cursor.fetchall()
    if not rows:
        return {}
    channels = dict(Channel.objects.values_list("code", "pk"))
    anywhere = frozenset().union(*nodes.values())
    found: dict[int, list[Unplaced]] = {}
    for sku, channel, units in rows:
        places = nodes.get(channels.get(channel, 0), anywhere)
        found.setdefault(sku, []).append(Unplaced(units=int(units), nodes=places))
    return found


def selling_nodes() -> dict[int, frozenset[int]]:
    """By channel pk, the nodes it sells from now: in use, of its group, not shut."""
    shut = downtimes_at(database_clock.now())
    open_nodes = set(Node.objects.filter(active=True).values_list("pk", flat=True)) - shut.keys()
    groups: dict[int, set[int]] = {}
    for group, node in Node.groups.through.objects.values_list("nodegroup_id", "node_id"):
        groups.setdefault(group, set()).add(node)
    return {
        pk: frozenset(open_nodes if group is None else open_nodes & groups.get(group, set()))
        for pk, group in Channel.objects.filter(active=True).values_list("pk", "node_group_id")
    }


def rules_by_channel(sku_ids: Collection[int]) -> dict[int, list[tuple[int | None, str, Rule]]]:
    """Rules that may hold for these SKUs, by channel pk, each with the SKU or category it is for."""
    found: dict[int, list[tuple[int | None, str, Rule]]] = {}
    rows = StockRule.objects.filter(Q(sku_id__among=list(sku_ids)) | Q(sku__isnull=True), channel__active=True)
    for row in rows:
        found.setdefault(row.channel_id, []).append((row.sku_id, row.category, rule_of(row)))
    return found


def rule_of(row: StockRule) -> Rule:
    scope = "sku" if row.sku_id is not None else "category" if row.category else "channel"
    return Rule(scope=scope, **{name: getattr(row, name) for name in _RULE})


def _figure(seen: _Seen, channel: int, sku: int) -> Sellable:
    nodes, rule = seen.nodes.get(channel, frozenset()), _rule(seen, channel, sku)
    parts = seen.parts.get(sku)
    if not parts:
        return sellable(channel, nodes, _pile(seen, sku), rule)
    made_of = [Part(sku=pk, each=each, pile=_pile(seen, pk), rule=_rule(seen, channel, pk)) for pk, each in parts]
    return sellable_set(channel, nodes, made_of, rule)


def _rule(seen: _Seen, channel: int, sku: int) -> Rule:
    rules = seen.rules.get(channel)
    return narrowest(rules, sku=sku, category=seen.skus[sku][1]) if rules else NO_RULE


def _pile(seen: _Seen, sku: int) -> SkuStock | None:
    tracked, _ = seen.skus[sku]
    if not tracked:
        return None
    return SkuStock(at=seen.at.get(sku, ()), guarantees=_guarantees(seen, sku), unplaced=seen.unplaced.get(sku, ()))


def _guarantees(seen: _Seen, sku: int) -> list[Guarantee]:
    """What is kept for channels that sell it: named by a rule of its own, or listed there."""
    found = []
    for channel in seen.rules:
        rule = _rule(seen, channel, sku)
        sold = rule.sold_here and (rule.scope == "sku" or (channel, sku) in seen.listed)
        if rule.guaranteed and sold:
            nodes = seen.nodes.get(channel, frozenset())
            found.append(Guarantee(channel=channel, units=rule.guaranteed, nodes=nodes))
    return found


def refused_by_channel(channel_ids: Collection[int]) -> dict[int, int]:
    """How many figures each of these channels refuses now, by its pk."""
    rows = Listing.objects.filter(channel__in=list(channel_ids), state=FigureState.REFUSED, active=True)
    return dict(rows.order_by().values_list("channel_id").annotate(Count("pk")))


def guarantees_any(channel_ids: Collection[int]) -> bool:
    """Whether something is kept for one of these channels."""
    return StockRule.objects.filter(channel__in=channel_ids, guaranteed__gt=0).exists()


# By source: the number of its rows, and the SKUs that rows beyond one number are about.
SOURCES = {
    "movements": (
        "inventory_stockmovement",
        "id",
        "SELECT DISTINCT l.sku_id FROM inventory_stockmovement m JOIN inventory_stocklevel l ON l.id = m.level_id "
        "WHERE m.id > %s AND m.id <= %s",
    ),
    "levels": (
        "inventory_historicalstocklevel",
        "history_id",
        "SELECT DISTINCT sku_id FROM inventory_historicalstocklevel WHERE history_id > %s AND history_id <= %s",
    ),
    "skus": (
        "catalog_historicalsku",
        "history_id",
        "SELECT DISTINCT id FROM catalog_historicalsku WHERE history_id > %s AND history_id <= %s",
    ),
    "rules": (
        "listings_historicalstockrule",
        "history_id",
        # Of a rule of a SKU, that; of one of a category, all of it; None: of everything.
        "SELECT DISTINCT coalesce(r.sku_id, s.id) FROM listings_historicalstockrule r "
        "LEFT JOIN catalog_sku s ON r.category <> '' AND s.category = r.category "
        "WHERE r.history_id > %s AND r.history_id <= %s",
    ),
}


def newest(source: str) -> int:
    """The number of the source's last row that is committed."""
    table, key, _ = SOURCES[source]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max({key}), 0) FROM {table}")
        return int(cursor.fetchone()[0])


def skus_changed(source: str, beyond: int, upto: int) -> set[int | None]:
    """The SKUs that rows with these numbers are about; None among them: all."""
    with connection.cursor() as cursor:
        cursor.execute(SOURCES[source][2], [beyond, upto])
        return {row[0] for row in cursor.fetchall()}
