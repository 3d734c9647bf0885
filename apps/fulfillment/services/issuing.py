"""Taking shipped goods off the stock levels, many shipments at once."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from apps.core.actor import Actor
from apps.core.transactions import atomic_unless_buffered
from apps.fulfillment.models import FulfillmentLine, Package, Shipment
from apps.inventory.services import consume_reservations


@atomic_unless_buffered
def issue_goods(shipment_refs: Iterable[str], *, actor: Actor) -> None:
    """Post the goods issue of these shipments; one already posted is left alone.

    Between the confirmation and this, the goods are still both on hand and reserved: nothing can be sold twice.
    """
    shipments, references = _not_issued(shipment_refs)
    units: dict[int, int] = {}
    for contents in Package.objects.filter(shipment__among=shipments).values_list("contents", flat=True):
        for item in contents:
            units[item["line"]] = units.get(item["line"], 0) + item["quantity"]
    lines = FulfillmentLine.objects.filter(pk__among=units, reservation__isnull=False)
    shipped = {claim: units[pk] for pk, claim in lines.values_list("pk", "reservation_id")}
    consume_reservations(shipped, references=references, actor=actor)
    Shipment.objects.filter(pk__among=shipments).update(goods_issued=True)


_NOT_ISSUED = """
SELECT s.id, o.id, o.public_id
  FROM fulfillment_shipment s JOIN fulfillment_fulfillmentorder f ON f.id = s.fulfillment_order_id
  JOIN orders_order o ON o.id = f.order_id
 WHERE s.public_id = ANY(%s::text[]) AND NOT s.goods_issued
 ORDER BY s.id FOR NO KEY UPDATE OF s
"""


def _not_issued(shipment_refs: Iterable[str]) -> tuple[list[int], dict[int, str]]:
    """Those of the shipments that are still to be posted, locked, by pk; and their orders' public ids by order pk."""
    with connection.cursor() as cursor:
        cursor.execute(_NOT_ISSUED, [list(shipment_refs)])
        found = cursor.fetchall()
    return [row[0] for row in found], {order: ref for _, order, ref in found}
