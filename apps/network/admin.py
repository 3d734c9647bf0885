"""The network: nodes, when they are shut, and what carriers charge from them."""

from __future__ import annotations

from django import forms
from django.contrib import admin

from apps.accounts.adminbase import ScopedAdmin, ScopedHistoryAdmin, ScopedTabular, TickedField, badge
from apps.core.money import show
from apps.network.models import Calendar, Capability, Carrier, CarrierService, Node, NodeDowntime, NodeGroup, Place

READ, WRITE = "network:read", "network:write"


class DowntimesOfNode(ScopedTabular):
    model = NodeDowntime
    read_scope, write_scope = READ, WRITE


class NodeForm(forms.ModelForm):  # type: ignore[type-arg]
    capabilities = TickedField(choices=Capability.choices, required=False)

    class Meta:
        model = Node
        exclude = ("version",)


@admin.register(Node)
class NodeAdmin(ScopedHistoryAdmin):
    read_scope, write_scope = READ, WRITE
    form = NodeForm
    list_display = ["name", "code", "shown_kind", "place", "capacity", "costs", "active"]
    list_filter = ["kind", "active", "groups"]
    search_fields = ["code", "name", "city"]
    ordering = ["name"]
    filter_horizontal = ["groups"]
    inlines = [DowntimesOfNode]
    fieldsets = (
        (None, {"fields": ("code", "name", "kind", "active", "auto_accept", "groups", "capabilities")}),
        ("Place", {"fields": ("line1", "city", "region", "postal_code", "country", "latitude", "longitude")}),
        ("Time", {"fields": ("time_zone", "calendar", "cutoff")}),
        (
            "Routing",
            {
                "fields": (
                    "priority",
                    "capacity_per_day",
                    "handling_minor",
                    "pick_minor",
                    "currency",
                    "serves_countries",
                )
            },
        ),
    )

    @badge(description="Kind")
    def shown_kind(self, row: Node) -> str:
        return str(row.get_kind_display())

    @admin.display(description="Place", ordering="city")
    def place(self, row: Node) -> str:
        return ", ".join(part for part in (row.city, row.country) if part)

    @admin.display(description="Orders a day", ordering="capacity_per_day")
    def capacity(self, row: Node) -> str:
        return "no limit" if row.capacity_per_day is None else f"{row.capacity_per_day:,}"

    @admin.display(description="Handling + picking")
    def costs(self, row: Node) -> str:
        return f"{show(row.handling_minor, row.currency)} + {show(row.pick_minor, row.currency)} a unit"


@admin.register(NodeGroup)
class NodeGroupAdmin(ScopedAdmin):
    read_scope, write_scope = READ, WRITE
    list_display = ["code", "name"]
    search_fields = ["code", "name"]


@admin.register(NodeDowntime)
class NodeDowntimeAdmin(ScopedAdmin):
    read_scope, write_scope = READ, WRITE
    may_delete = True
    list_display = ["node", "starts_at", "ends_at", "reason"]
    list_filter = ["node"]
    ordering = ["-starts_at"]
    list_select_related = ["node"]


class ServicesOfCarrier(ScopedTabular):
    model = CarrierService
    fields = ["code", "level", "base_minor", "per_km_milli", "per_kg_minor", "currency", "transit_days"]
    read_scope, write_scope = READ, WRITE


@admin.register(Carrier)
class CarrierAdmin(ScopedAdmin):
    read_scope, write_scope = READ, WRITE
    list_display = ["name", "code"]
    search_fields = ["code", "name"]
    inlines = [ServicesOfCarrier]


@admin.register(CarrierService)
class CarrierServiceAdmin(ScopedAdmin):
    read_scope, write_scope = READ, WRITE
    list_display = ["carrier", "code", "level", "base", "per_km", "per_kg", "transit_days"]
    list_filter = ["level", "carrier"]
    filter_horizontal = ["nodes"]
    list_select_related = ["carrier"]

    @admin.display(description="A shipment", ordering="base_minor")
    def base(self, row: CarrierService) -> str:
        return show(row.base_minor, row.currency)

    @admin.display(description="100 km", ordering="per_km_milli")
    def per_km(self, row: CarrierService) -> str:
        return show(row.per_km_milli // 10, row.currency)

    @admin.display(description="A kilogram", ordering="per_kg_minor")
    def per_kg(self, row: CarrierService) -> str:
        return show(row.per_kg_minor, row.currency)


@admin.register(Calendar)
class CalendarAdmin(ScopedAdmin):
    read_scope, write_scope = READ, WRITE
    list_display = ["name", "weekdays", "holiday_country"]


@admin.register(Place)
class PlaceAdmin(ScopedAdmin):
    read_scope, write_scope = READ, WRITE
    may_delete = True
    list_display = ["country", "postal_prefix", "latitude", "longitude"]
    list_filter = ["country"]
    search_fields = ["postal_prefix"]
    ordering = ["country", "postal_prefix"]
