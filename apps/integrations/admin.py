"""Partners and the places they run."""

from __future__ import annotations

from django.contrib import admin

from apps.accounts.adminbase import ScopedHistoryAdmin, ScopedTabular, SecretsForm
from apps.accounts.plainfields import LISTS
from apps.core.refused_webhooks import summary_of
from apps.integrations.framework.registry import adapter_choices
from apps.integrations.models import Partner, PartnerNode

SCOPE = "network:write"
LISTS["adapters"] = adapter_choices


class PartnerForm(SecretsForm):
    class Meta:
        model = Partner
        fields = ("code", "name", "adapter", "active", "base_url", "token", "secret")


class NodesOfPartner(ScopedTabular):
    model = PartnerNode
    read_scope = write_scope = SCOPE


@admin.register(Partner)
class PartnerAdmin(ScopedHistoryAdmin):
    purpose = (
        "Partners ship for you: logistics companies and vendors. Make the place first, then the partner that "
        "runs it, and connect the two here."
    )
    read_scope = write_scope = SCOPE
    form = PartnerForm
    lists = {"adapter": "adapters"}
    list_display = ["name", "code", "adapter", "base_url", "active"]
    list_filter = ["adapter", "active"]
    search_fields = ["code", "name"]
    ordering = ["name"]
    inlines = [NodesOfPartner]
    readonly_fields = ["refused_callbacks"]

    @admin.display(description="Refused callbacks")
    def refused_callbacks(self, row: Partner) -> str:
        return summary_of(f"partner:{row.code}")
