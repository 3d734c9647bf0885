"""What was brought back to tills."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.core import clock
from apps.core.fields import CurrencyField, MinorField, PublicIdField
from apps.core.ids import new_id
from apps.network.models import Node
from apps.orders.models import Order


def new_return_id() -> str:
    return new_id("rtn")


class TillReturn(models.Model):
    """Goods brought back to a till, as the till says; the money it has given back itself is written down and never moved.

    ``order`` empty: the sale was not named, or has not come yet; it is filled in when ``sold_as`` comes. ``lines``: each with what
    was written (``code``), ``sku``, ``units``, ``damaged``, ``unit_price`` in minor units, and ``changed``, by how much the stock
    on the shelf rose.
    """

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField(default=new_return_id)
    channel = models.ForeignKey("channels.Channel", on_delete=models.PROTECT, related_name="returns", db_index=False)
    external_id = models.CharField(max_length=128, help_text="till and receipt")
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="returns", db_index=False)
    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.CASCADE, related_name="returns")
    sold_as = models.CharField(max_length=128, blank=True, help_text="till and receipt of the sale")
    returned_at = models.DateTimeField()
    currency = CurrencyField()
    refunded_minor = MinorField(help_text="given back by the till")
    lines = models.JSONField(default=list)
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="till_return_public_id"),
            models.UniqueConstraint(fields=["channel", "external_id"], name="till_return_once"),
        ]
        indexes = [
            models.Index(
                fields=["channel", "sold_as"],
                name="till_return_waits",
                condition=Q(order__isnull=True) & ~Q(sold_as=""),
            )
        ]

    def __str__(self) -> str:
        return self.external_id
