"""Orders whose goods stand at a node, for the tests of what happens there."""

from __future__ import annotations

from apps.core.models import Event
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.inventory.models import StockLevel
from tests.driving import work_it_off
from tests.factories import make_counted_stock, make_order, make_policy


def at_node(**lines: int) -> FulfillmentOrder:
    """An accepted fulfillment order of these units (one of ``A`` unless said) at a node that has ten of each."""
    wanted = lines or {"A": 1}
    make_policy()
    make_counted_stock(N1=dict.fromkeys(wanted, 10))
    order = make_order(lines=wanted)
    work_it_off()
    return FulfillmentOrder.objects.get(order=order)


def now_(row: FulfillmentOrder) -> FulfillmentOrder:
    """The fulfillment order as it stands now."""
    return FulfillmentOrder.objects.get(pk=row.pk)


def line_of(row: FulfillmentOrder, sku: str = "A") -> FulfillmentLine:
    return FulfillmentLine.objects.get(fulfillment_order=row, sku__code=sku)


def level_of(sku: str = "A") -> tuple[int, int]:
    """On hand and reserved at the node."""
    return StockLevel.objects.values_list("on_hand", "reserved").get(node__code="N1", sku__code=sku)


def told(row: FulfillmentOrder) -> list[str]:
    """What was recorded of it, in order."""
    events = Event.objects.filter(subject_ref=row.public_id).order_by("pk")
    return [name.removeprefix("fulfillment.") for name in events.values_list("name", flat=True)]
