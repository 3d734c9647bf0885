"""Taking shipped goods off the stock levels, many shipments at once."""

from __future__ import annotations

from collections.abc import Iterable

from apps.core.actor import Actor
from apps.core.transactions import atomic_unless_buffered
from apps.fulfillment.models import FulfillmentLine, Package, Shipment
from apps.fulfillment.selectors import lock_not_issued
from apps.inventory.services import consume_reservations


@atomic_unless_buffered
def issue_goods(shipment_refs: Iterable[str], *, actor: Actor) -> None:
    """Post the goods issue of these shipments; one already posted is left alone.

    Between the confirmation and this, the goods are still both on hand and reserved: nothing can be sold twice.
    """
    shipments, references = lock_not_issued(shipment_refs)
    units: dict[int, int] = {}
    for contents in Package.objects.filter(shipment__among=shipments).values_list("contents", flat=True):
        for item in contents:
            units[item["line"]] = units.get(item["line"], 0) + item["quantity"]
    lines = FulfillmentLine.objects.filter(pk__among=units, reservation__isnull=False)
    shipped = {claim: units[pk] for pk, claim in lines.values_list("pk", "reservation_id")}
    consume_reservations(shipped, references=references, actor=actor)
    Shipment.objects.filter(pk__among=shipments).update(goods_issued=True)
