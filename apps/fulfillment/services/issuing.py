"""Taking shipped goods off the stock levels, many shipments at once."""

from __future__ import annotations

from collections.abc import Iterable

from apps.core.actor import Actor
from apps.core.retrying import joined
from apps.fulfillment.models import FulfillmentLine, Package, Shipment
from apps.inventory.services import consume_reservations


@joined
def issue_goods(shipment_refs: Iterable[str], *, actor: Actor) -> None:
    """Post the goods issue of these shipments; one already posted is left alone.

    Between the confirmation and this, the goods are still both on hand and reserved: nothing can be sold twice.
    """
    shipments = list(
        Shipment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("fulfillment_order__order")
        .filter(public_id__in=list(shipment_refs), goods_issued=False)
        .order_by("pk")
    )
    units: dict[int, int] = {}
    for contents in Package.objects.filter(shipment__in=shipments).values_list("contents", flat=True):
        for item in contents:
            units[item["line"]] = units.get(item["line"], 0) + item["quantity"]
    lines = FulfillmentLine.objects.filter(pk__in=list(units), reservation__isnull=False)
    shipped = {line.reservation_id: units[line.pk] for line in lines if line.reservation_id is not None}
    references = {s.fulfillment_order.order_id: s.fulfillment_order.order.public_id for s in shipments}
    consume_reservations(shipped, references=references, actor=actor)
    Shipment.objects.filter(pk__in=[s.pk for s in shipments]).update(goods_issued=True)
