"""The catalog."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.accounts.adminbase import EVERYBODYS, ScopedAdmin, ScopedHistoryAdmin, ScopedTabular
from apps.accounts.plainfields import LISTS, PairsField, name_in
from apps.catalog.models import Barcode, BundleComponent, Sku, SkuAlias, Substitute, SubstituteRule
from apps.catalog.selectors import attribute_names, categories, shipping_categories
from apps.core.money import show

LISTS["categories"] = lambda: [(one, one) for one in categories()]
LISTS["shipping categories"] = lambda: [(one, one) for one in shipping_categories()]
LISTS["attributes"] = lambda: [(one, one) for one in attribute_names()]


class AliasesOfSku(ScopedTabular):
    model = SkuAlias
    lists = {"channel": "channels"}
    read_scope, write_scope = "catalog:read", "catalog:write"
    place_lookup = EVERYBODYS


class BarcodesOfSku(ScopedTabular):
    model = Barcode
    verbose_name = "barcode"
    read_scope, write_scope = "catalog:read", "catalog:write"
    place_lookup = EVERYBODYS


class PartsOfBundle(ScopedTabular):
    model = BundleComponent
    fk_name = "bundle"
    autocomplete_fields = ["component"]
    read_scope, write_scope = "catalog:read", "catalog:write"
    place_lookup = EVERYBODYS


class SubstitutesOfSku(ScopedTabular):
    model = Substitute
    fk_name = "sku"
    autocomplete_fields = ["substitute"]
    verbose_name = "substitute said outright"
    verbose_name_plural = "substitutes said outright"
    read_scope, write_scope = "catalog:read", "catalog:write"
    place_lookup = EVERYBODYS


class SkuForm(forms.ModelForm):  # type: ignore[type-arg]
    attributes = PairsField(
        label="Attributes", help_text="What distinguishes it within its category, one per line: size = M."
    )

    class Meta:
        model = Sku
        fields = "__all__"


@admin.register(Sku)
class SkuAdmin(ScopedHistoryAdmin):
    purpose = (
        "SKUs are what you sell. Import them through the API, or make the first by hand: a number, a name, a "
        "price and a weight are enough."
    )
    read_scope, write_scope = "catalog:read", "catalog:write"
    place_lookup = EVERYBODYS
    form = SkuForm
    lists = {"currency": "currencies"}
    suggested = {"category": "categories", "shipping_category": "shipping categories"}
    list_display = ["code", "name", "category", "price", "weight", "tracked", "active"]
    list_filter = ["active", "tracked", "category"]
    search_fields = ["code", "name", "barcodes__code", "aliases__alias"]
    ordering = ["code"]
    show_full_result_count = False
    inlines = [BarcodesOfSku, AliasesOfSku, PartsOfBundle, SubstitutesOfSku]

    @admin.display(description=_("Price"), ordering="price_minor")
    def price(self, row: Sku) -> str:
        return show(row.price_minor, row.currency)

    @admin.display(description=_("Weight"), ordering="weight_g")
    def weight(self, row: Sku) -> str:
        return f"{row.weight_g:,} g"


@admin.register(SkuAlias)
class SkuAliasAdmin(ScopedAdmin):
    purpose = (
        "An alias is another name a channel uses for a SKU. They appear as people settle exceptions about "
        "unknown SKUs; you can also make them ahead."
    )
    read_scope, write_scope = "catalog:read", "catalog:write"
    place_lookup = EVERYBODYS
    may_delete = True
    lists = {"channel": "channels"}
    list_display = ["alias", "sku", "where"]
    search_fields = ["alias", "sku__code"]
    autocomplete_fields = ["sku"]
    list_select_related = ["sku"]

    @admin.display(description=_("Channel"), ordering="channel")
    def where(self, row: SkuAlias) -> str:
        return name_in("channels", row.channel) if row.channel else str(_("every channel"))


@admin.register(SubstituteRule)
class SubstituteRuleAdmin(ScopedHistoryAdmin):
    """Which goods may stand in for which; said outright for one SKU on that SKU's own page."""

    purpose = (
        "Says what may be offered in place of goods that are missing. Begin with one for the category that "
        "runs out most."
    )
    read_scope, write_scope = "catalog:read", "catalog:write"
    place_lookup = EVERYBODYS
    may_delete = True
    lists = {"category": "categories", "to_category": "categories", "same_attributes": "attributes"}
    list_display = ["category", "replaced_by", "band", "agreeing", "active"]
    list_filter = ["active"]
    search_fields = ["category", "to_category"]
    fields = ("category", "to_category", ("least_percent", "most_percent"), "same_attributes", "active")

    @admin.display(description=_("Replaced by"))
    def replaced_by(self, row: SubstituteRule) -> str:
        return row.to_category or str(_("the same category"))

    @admin.display(description=_("Price band"))
    def band(self, row: SubstituteRule) -> str:
        return str(_("{least} to {most} % of its price")).format(least=row.least_percent, most=row.most_percent)

    @admin.display(description=_("Has to agree in"))
    def agreeing(self, row: SubstituteRule) -> str:
        return ", ".join(row.same_attributes) or str(_("nothing"))
