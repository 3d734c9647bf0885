"""Routing policies: published versions, to be read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.adminbase import EVERYBODYS, ScopedAdmin, badge
from apps.core.translated import looked_up
from apps.routing.models import RoutingPolicyVersion


@admin.register(RoutingPolicyVersion)
class RoutingPolicyVersionAdmin(ScopedAdmin):
    """A version is published and retired, never changed: decisions made under it must stay explainable."""

    purpose = "A routing policy says how locations are chosen. Open the active one to make the next version from it."
    read_scope = "network:read"
    # Its rules are read on a page that names no place of others.
    place_lookup = EVERYBODYS
    list_display = ["__str__", "standing", "max_splits", "shortage", "created_at", "activated_at"]
    list_filter = ["state", "channel"]
    ordering = ["channel", "-number"]

    @badge(description=_("Standing"), colors={"draft": "info", "active": "success", "retired": "warning"})
    def standing(self, row: RoutingPolicyVersion) -> tuple[str, str]:
        return row.state, looked_up(row.get_state_display())

    @admin.display(description=_("Parcels at most"))
    def max_splits(self, row: RoutingPolicyVersion) -> Any:
        return row.content.get("max_splits")

    @admin.display(description=_("When stock is short"))
    def shortage(self, row: RoutingPolicyVersion) -> str:
        return looked_up(str(row.content.get("partial", "")).replace("_", " "))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The version is read on a page of its own."""
        return redirect(reverse("console:policy", args=[object_id]))
