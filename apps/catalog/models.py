"""SKUs and the names others call them by."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Upper
from simple_history.models import HistoricalRecords

from apps.core.fields import CurrencyField, MinorField, PublicIdField
from apps.core.ids import new_id


def new_sku_id() -> str:
    return new_id("sku")


class Sku(models.Model):
    """Something that can be picked. ``tracked`` False: sold without counting (only from nodes that list it)."""

    public_id = PublicIdField(default=new_sku_id)
    code = models.CharField(max_length=128)
    name = models.CharField(max_length=255, blank=True)
    category = models.CharField(max_length=64, blank=True, db_index=True)
    shipping_category = models.CharField(max_length=32, blank=True, help_text="parcels are never mixed across these")
    weight_g = models.PositiveIntegerField(default=0)
    price_minor = MinorField()
    cost_minor = MinorField()
    currency = CurrencyField(default="GBP")
    tracked = models.BooleanField(default=True)
    active = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = "SKU"
        constraints = [models.UniqueConstraint(Upper("code"), name="sku_code_once_ignoring_case")]

    def __str__(self) -> str:
        return self.code


class SkuAlias(models.Model):
    """Another name for a SKU, in one channel (by its code) or, with none, in all."""

    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="aliases")
    alias = models.CharField(max_length=128)
    channel = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = "SKU alias"
        verbose_name_plural = "SKU aliases"
        constraints = [models.UniqueConstraint(Upper("alias"), "channel", name="sku_alias_once")]

    def __str__(self) -> str:
        return f"{self.alias} → {self.sku_id}"


class BundleComponent(models.Model):
    """One part of a SKU that is sold as a set and picked as its parts."""

    bundle = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="components")
    component = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="part_of")
    quantity = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bundle", "component"], name="bundle_component_once"),
            models.CheckConstraint(condition=~models.Q(bundle=models.F("component")), name="bundle_not_of_itself"),
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="bundle_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.bundle_id} = {self.quantity} x {self.component_id}"
