"""SKUs and the names others call them by."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import LPad, Replace, Upper

from apps.catalog.barcodes import tidy_barcode
from apps.core.fields import CurrencyField, MinorField, PublicIdField
from apps.core.history import History
from apps.core.ids import new_id
from apps.core.searchtext import SearchText


def new_sku_id() -> str:
    return new_id("sku")


SKU_TEXT = SearchText("code", "name")


class Sku(models.Model):
    """Something that can be picked. ``tracked`` False: sold without counting (only from nodes that list it)."""

    public_id = PublicIdField(default=new_sku_id)
    code = models.CharField(
        max_length=128, verbose_name="SKU", help_text="Your own article number, as channels and shelves know it."
    )
    name = models.CharField(max_length=255, blank=True)
    category = models.CharField(
        max_length=64, blank=True, db_index=True, help_text="Rules for substitutes and limits go by it."
    )
    shipping_category = models.CharField(
        max_length=32,
        blank=True,
        verbose_name="don't pack with",
        help_text="Goods of different words here never share a parcel, such as: fragile. Empty: with anything.",
    )
    attributes = models.JSONField(
        default=dict,
        blank=True,
        verbose_name="attributes",
        help_text='Within its category, as JSON: {"size": "M", "colour": "blue"}',
    )
    weight_g = models.PositiveIntegerField(
        default=0, verbose_name="weight (grams)", help_text="With its packing; the price of a shipment goes by it."
    )
    price_minor = MinorField(verbose_name="price", help_text="What a customer pays for one.")
    cost_minor = MinorField(verbose_name="cost", help_text="What one costs you; margins go by it.")
    currency = CurrencyField(default="GBP", help_text="The currency of price and cost.")
    hs_code = models.CharField(
        max_length=16,
        blank=True,
        default="",
        db_default="",
        verbose_name="customs code (HS)",
        help_text="Digits of the tariff number that customs go by.",
    )
    origin = models.CharField(
        max_length=2,
        blank=True,
        default="",
        db_default="",
        verbose_name="country of origin",
        help_text="Where it was made, as two letters, such as DE.",
    )
    tracked = models.BooleanField(
        default=True,
        verbose_name="counted",
        help_text="Off: it is sold without counting stock, from locations that list it.",
    )
    picture = models.CharField(
        max_length=255,
        blank=True,
        help_text="Path of a picture served by this host, such as /static/pictures/mug.webp.",
    )
    active = models.BooleanField(
        default=True, verbose_name="sold", help_text="Off: it is no longer offered in place of something else."
    )
    history = History()

    class Meta:
        verbose_name = "SKU"
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="sku_public_id"),
            models.UniqueConstraint(Upper("code"), name="sku_code_once_ignoring_case"),
        ]
        indexes = [
            GinIndex(OpClass(SKU_TEXT, name="gin_trgm_ops"), name="sku_words"),
            # Codes that differ in spaces only are looked for while catalogs come in.
            models.Index(Upper(Replace("code", models.Value(" "), models.Value(""))), name="sku_code_spaceless"),
        ]

    def __str__(self) -> str:
        return self.code


class SkuAlias(models.Model):
    """Another name for a SKU, in one channel (by its code) or, with none, in all."""

    sku = models.ForeignKey(
        Sku, on_delete=models.CASCADE, related_name="aliases", verbose_name="SKU", help_text="What it really is."
    )
    alias = models.CharField(max_length=128, verbose_name="also called", help_text="The name that comes in orders.")
    channel = models.CharField(max_length=64, blank=True, verbose_name="in channel", help_text="Empty: in all.")

    class Meta:
        verbose_name = "SKU alias"
        verbose_name_plural = "SKU aliases"
        constraints = [models.UniqueConstraint(Upper("alias"), "channel", name="sku_alias_once")]

    def __str__(self) -> str:
        return f"{self.alias} → {self.sku_id}"


class Barcode(models.Model):
    """A code that is scanned for a SKU; one SKU may have several, none stands for two, with or without its leading zeros."""

    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="barcodes", verbose_name="SKU")
    code = models.CharField(max_length=64, verbose_name="barcode", help_text="As the scanner reads it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(Upper("code"), name="barcode_once"),
            models.UniqueConstraint(
                # As ``barcodes.barcode_key``: UPC, EAN and GTIN-14 are one number.
                models.Case(
                    models.When(code__regex=r"^([0-9]{8}|[0-9]{12,14})$", then=LPad("code", 14, models.Value("0"))),
                    default=Upper("code"),
                ),
                name="barcode_once_with_zeros",
                violation_error_message="This barcode is another SKU's already, with or without its leading zeros.",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        self.code = tidy_barcode(self.code)
        if not self.code:
            raise ValidationError("This is no barcode.")


class BundleComponent(models.Model):
    """One part of a SKU that is sold as a set and picked as its parts."""

    bundle = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="components")
    component = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="part_of", verbose_name="part")
    quantity = models.PositiveIntegerField(default=1, verbose_name="units in the set")

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
    substitute = models.ForeignKey(
        Sku, on_delete=models.CASCADE, related_name="substitute_for", verbose_name="may be replaced by"
    )
    rank = models.PositiveSmallIntegerField(
        default=100, verbose_name="order of offering", help_text="The smaller number is offered first."
    )
    both_ways = models.BooleanField(default=False, help_text="And the other way round.")

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

    category = models.CharField(
        max_length=64,
        db_index=True,
        verbose_name="goods missing are of",
        help_text="The category of the SKU that is missing.",
    )
    to_category = models.CharField(
        max_length=64, blank=True, verbose_name="replaced by goods of", help_text="Empty: of the same category."
    )
    least_percent = models.PositiveSmallIntegerField(
        default=80,
        verbose_name="price at least (%)",
        help_text="Of the price of what is missing: 80 offers what costs up to a fifth less.",
    )
    most_percent = models.PositiveSmallIntegerField(
        default=125,
        verbose_name="price at most (%)",
        help_text="Of the price of what is missing: 125 offers what costs up to a quarter more.",
    )
    same_attributes = ArrayField(
        models.CharField(max_length=64),
        default=list,
        blank=True,
        verbose_name="have to agree in",
        help_text="What has to be the same, such as size and colour. Empty: nothing.",
    )
    active = models.BooleanField(default=True, verbose_name="in use")
    history = History()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(most_percent__gte=models.F("least_percent")), name="substitute_band_ordered"
            )
        ]
        ordering = ["category", "pk"]

    def __str__(self) -> str:
        return f"{self.category} → {self.to_category or self.category}"
