"""Channels and the contracts their messages are read by."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from apps.accounts.adminbase import ScopedAdmin, ScopedHistoryAdmin, SecretsForm, badge
from apps.accounts.plainfields import LISTS
from apps.channels.models import Channel, ContractVersion

SCOPE = "channels:write"
LISTS["channels"] = lambda: Channel.objects.order_by("name").values_list("code", "name")


class ChannelForm(SecretsForm):
    secrets = ("secret", "api_key", "api_secret")

    class Meta:
        model = Channel
        exclude = ("polled_until",)


@admin.register(Channel)
class ChannelAdmin(ScopedHistoryAdmin):
    purpose = (
        "Channels are where your orders come from. Make one for each shop; the how-to guides for Shopify, "
        "WooCommerce and CSV files say what to fill in."
    )
    read_scope = write_scope = SCOPE
    form = ChannelForm
    lists = {"currencies": "currencies", "default_currency": "currencies", "default_country": "countries"}
    list_display = ["name", "code", "shown_kind", "sells_from", "sells_in", "ship_unpaid", "active"]
    list_filter = ["kind", "active"]
    search_fields = ["code", "name"]
    ordering = ["name"]
    list_select_related = ["node_group"]
    fieldsets = (
        (None, {"fields": ("code", "name", "kind", "active")}),
        ("Selling", {"fields": ("currencies", "default_currency", "default_country", "price_tolerance_minor")}),
        ("Routing", {"fields": ("node_group", "priority", "ship_unpaid")}),
        ("Connection", {"fields": ("base_url", "secret", "api_key", "api_secret")}),
        ("Its own words", {"fields": ("settings",)}),
    )

    @badge(description="Kind")
    def shown_kind(self, row: Channel) -> str:
        return str(row.get_kind_display())

    @admin.display(description="Sells from")
    def sells_from(self, row: Channel) -> str:
        return str(row.node_group) if row.node_group else "every node"

    @admin.display(description="Sells in")
    def sells_in(self, row: Channel) -> str:
        return ", ".join(row.currencies) or "any currency"


@admin.register(ContractVersion)
class ContractVersionAdmin(ScopedAdmin):
    """To be read: a change is a new version, which is published, not edited."""

    purpose = "Contracts say how a shop's messages are read. The shipped ones appear with the first channel."
    read_scope = SCOPE
    list_display = ["contract", "number", "standing", "fields_mapped", "created_at"]
    list_filter = ["contract", "active"]
    ordering = ["contract", "-number"]

    @badge(description="Standing", colors={"active": "success", "kept": "info"})
    def standing(self, row: ContractVersion) -> tuple[str, str]:
        return ("active", "Active") if row.active else ("kept", "Kept for replay")

    @admin.display(description="Fields mapped")
    def fields_mapped(self, row: ContractVersion) -> int:
        document = row.document
        return len(document.get("fields", [])) + len(document.get("lines", {}).get("fields", []))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The mapping is read on a page of its own."""
        return redirect(reverse("console:contract", args=[object_id]))
