"""SKUs and the names others call them by."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
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
    attributes = models.JSONField(
        default=dict, blank=True, help_text='what tells it from others of its category: {"size": "M", "colour": "blue"}'
    )
    weight_g = models.PositiveIntegerField(default=0)
    price_minor = MinorField()
    cost_minor = MinorField()
    currency = CurrencyField(default="GBP")
    tracked = models.BooleanField(default=True)
    picture = models.CharField(
        max_length=255, blank=True, help_text="path of a picture served by this host, such as /static/pictures/mug.webp"
    )
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


class Substitute(models.Model):
    """A SKU that may stand in for another, said outright. ``both_ways``: and the other for it."""

    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="substitutes")
    substitute = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="substitute_for")
    rank = models.PositiveSmallIntegerField(default=100, help_text="smaller is offered first")
    both_ways = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sku", "substitute"], name="substitute_once"),
            models.CheckConstraint(condition=~models.Q(sku=models.F("substitute")), name="substitute_not_of_itself"),
        ]
        ordering = ["sku", "rank", "pk"]

    def __str__(self) -> str:
        return f"{self.sku_id} → {self.substitute_id}"


class SubstituteRule(models.Model):
    """Which SKUs of a category may stand in for each other. Rules of one category add up.

    The band is in percent of the price of the SKU replaced: 80 to 120 offers what costs a fifth less to a fifth more.
    """

    category = models.CharField(max_length=64, db_index=True, help_text="of the SKU that is missing")
    to_category = models.CharField(max_length=64, blank=True, help_text="of what replaces it; empty: the same")
    least_percent = models.PositiveSmallIntegerField(default=80)
    most_percent = models.PositiveSmallIntegerField(default=125)
    same_attributes = ArrayField(
        models.CharField(max_length=64), default=list, blank=True, help_text="attributes that have to agree, e.g. size"
    )
    active = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(most_percent__gte=models.F("least_percent")), name="substitute_band_ordered"
            )
        ]
        ordering = ["category", "pk"]

    def __str__(self) -> str:
        return f"{self.category} → {self.to_category or self.category}"
