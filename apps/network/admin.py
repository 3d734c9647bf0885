"""The network: nodes, when they are shut, and what carriers charge from them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts.adminbase import ScopedAdmin, ScopedHistoryAdmin, ScopedTabular, TickedField, badge
from apps.accounts.plainfields import LISTS, name_in
from apps.core.money import show
from apps.core.translated import looked_up, translated
from apps.network.linting import lacking
from apps.network.models import Calendar, Capability, Carrier, CarrierService, Node, NodeDowntime, NodeGroup, Place

READ, WRITE = "network:read", "network:write"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# The words of the canonical order, which stands above the network.
LEVELS = ("standard", "economy", "express", "next_day", "same_day", "pickup")
LISTS["nodes"] = lambda: Node.objects.order_by("name").values_list("code", "name")
LISTS["service levels"] = lambda: [(code, code.replace("_", " ").capitalize()) for code in LEVELS]


class DowntimesOfNode(ScopedTabular):
    model = NodeDowntime
    read_scope, write_scope = READ, WRITE
    place_lookup = "node__code"


class NodeForm(forms.ModelForm):  # type: ignore[type-arg]
    capabilities = TickedField(
        choices=[(code, label[:1].upper() + label[1:]) for code, label in Capability.choices],
        required=False,
        label="Can do",
        help_text="Routing sends nothing here that would need more than is ticked.",
    )

    class Meta:
        model = Node
        exclude = ("version",)


@admin.register(Node)
class NodeAdmin(ScopedHistoryAdmin):
    purpose = (
        "Locations are your warehouses, stores and partners: orders are shipped from them. Begin with the one "
        "that ships most; carriers and stock come after."
    )
    read_scope, write_scope = READ, WRITE
    place_lookup = "code"
    form = NodeForm
    lists = {
        "country": "countries", "serves_countries": "countries", "time_zone": "time zones", "currency": "currencies",
    }  # fmt: skip
    list_display = ["name", "code", "shown_kind", "place", "capacity", "costs", "missing", "active"]
    readonly_fields = ("missing",)
    list_filter = ["kind", "active", "groups"]
    search_fields = ["code", "name", "city"]
    ordering = ["name"]
    filter_horizontal = ["groups"]
    inlines = [DowntimesOfNode]
    fieldsets = (
        (None, {"fields": ("missing", "code", "name", "kind", "active", "auto_accept", "groups", "capabilities")}),
        (_("Address"), {"fields": ("line1", "city", "region", "postal_code", "country", "latitude", "longitude")}),
        (_("Time"), {"fields": ("time_zone", "calendar", "cutoff")}),
        (
            _("Routing"),
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

    @badge(description=_("Kind"))
    def shown_kind(self, row: Node) -> str:
        return looked_up(row.get_kind_display())

    @admin.display(description=_("Still missing"))
    def missing(self, row: Node) -> str:
        return " ".join(map(translated, lacking(row))) if row.pk else ""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for sentence in lacking(form.instance):
            messages.warning(request, f"{form.instance.name}: {translated(sentence)}")

    @admin.display(description=_("Town"), ordering="city")
    def place(self, row: Node) -> str:
        return ", ".join(part for part in (row.city, row.country) if part)

    @admin.display(description=_("Orders a day"), ordering="capacity_per_day")
    def capacity(self, row: Node) -> str:
        return str(_("no limit")) if row.capacity_per_day is None else f"{row.capacity_per_day:,}"

    @admin.display(description=_("Cost of handling + picking"))
    def costs(self, row: Node) -> str:
        return str(_("{handling} + {pick} a unit")).format(
            handling=show(row.handling_minor, row.currency), pick=show(row.pick_minor, row.currency)
        )


@admin.register(NodeGroup)
class NodeGroupAdmin(ScopedAdmin):
    purpose = (
        "Groups let a channel sell from some locations only. You need one when a shop must not be served from "
        "everywhere; put locations into it on the location's own page."
    )
    read_scope, write_scope = READ, WRITE
    list_display = ["code", "name"]
    search_fields = ["code", "name"]


@admin.register(NodeDowntime)
class NodeDowntimeAdmin(ScopedAdmin):
    purpose = (
        "While a location is shut, no orders are sent there. Announce stocktaking, moves and repairs here; "
        "holidays belong in shipping calendars."
    )
    read_scope, write_scope = READ, WRITE
    place_lookup = "node__code"
    may_delete = True
    list_display = ["node", "starts_at", "ends_at", "reason"]
    list_filter = ["node"]
    ordering = ["-starts_at"]
    list_select_related = ["node"]


class ServicesOfCarrier(ScopedTabular):
    model = CarrierService
    lists = {"level": "service levels", "currency": "currencies"}
    fields = ["code", "level", "base_minor", "per_km_milli", "per_kg_minor", "currency", "transit_days"]
    read_scope, write_scope = READ, WRITE


@admin.register(Carrier)
class CarrierAdmin(ScopedAdmin):
    purpose = (
        "Carriers take parcels from your locations. Make one and give it at least one service with its price, or "
        "nothing can be routed."
    )
    read_scope, write_scope = READ, WRITE
    list_display = ["name", "code"]
    search_fields = ["code", "name"]
    inlines = [ServicesOfCarrier]


@admin.register(CarrierService)
class CarrierServiceAdmin(ScopedAdmin):
    purpose = (
        "A service is what a carrier offers: how fast, and for how much. Without one for an order's service "
        "level no location can ship it."
    )
    read_scope, write_scope = READ, WRITE
    lists = {"level": "service levels", "currency": "currencies"}
    list_display = ["carrier", "code", "shown_level", "base_minor", "per_km_milli", "per_kg_minor", "transit_days"]
    list_filter = ["level", "carrier"]
    filter_horizontal = ["nodes"]
    list_select_related = ["carrier"]

    @admin.display(description=_("Service level"), ordering="level")
    def shown_level(self, row: CarrierService) -> str:
        return row.level.replace("_", " ").capitalize()


class CalendarForm(forms.ModelForm):  # type: ignore[type-arg]
    weekdays = TickedField(
        choices=list(enumerate(DAYS)), coerce=int, label="Days worked", help_text="Nothing leaves on the other days."
    )

    class Meta:
        model = Calendar
        fields = "__all__"


@admin.register(Calendar)
class CalendarAdmin(ScopedAdmin):
    purpose = (
        "Says on which days parcels leave a location. Make one for each pattern of working days and country, "
        "then choose it on the locations it is true of."
    )
    read_scope, write_scope = READ, WRITE
    form = CalendarForm
    list_before_template = change_form_outer_before_template = "admin/network/calendar/which.html"
    lists = {"holiday_country": "countries"}
    list_display = ["name", "days", "holidays"]

    @admin.display(description=_("Days worked"))
    def days(self, row: Calendar) -> str:
        worked = [DAYS[day] for day in sorted(row.weekdays)]
        return str(_("every day")) if len(worked) == len(DAYS) else ", ".join(worked)

    @admin.display(description=_("Public holidays of"), ordering="holiday_country")
    def holidays(self, row: Calendar) -> str:
        country = name_in("countries", row.holiday_country)
        return " · ".join(part for part in (country, row.holiday_subdivision) if part) or str(_("none"))


@admin.register(Place)
class PlaceAdmin(ScopedAdmin):
    purpose = (
        "Says where postcodes are, so that distances can be compared. Begin with the middle of each country "
        "you ship to."
    )
    read_scope, write_scope = READ, WRITE
    may_delete = True
    lists = {"country": "countries"}
    list_display = ["country", "postal_prefix", "latitude", "longitude"]
    list_filter = ["country"]
    search_fields = ["postal_prefix"]
    ordering = ["country", "postal_prefix"]
