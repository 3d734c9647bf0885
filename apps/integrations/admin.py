"""Partners and the places they run."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.accounts.adminbase import ScopedHistoryAdmin, ScopedTabular, SecretsForm
from apps.accounts.plainfields import LISTS
from apps.core.refused_webhooks import summary_of
from apps.integrations.framework.registry import adapter_choices, adapters
from apps.integrations.models import Partner, PartnerNode

SCOPE = "network:write"
LISTS["adapters"] = adapter_choices


class PartnerForm(SecretsForm):
    class Meta:
        model = Partner
        fields = ("code", "name", "adapter", "active", "base_url", "token", "secret", "settings")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "settings" in self.fields:
            self.fields["settings"].help_text = " ".join(
                f"{adapter.title}: {adapter.settings_in_words}" for adapter in adapters().values() if adapter.asks_more
            )

    def clean(self) -> dict[str, Any]:
        """What the chosen adapter asks for is there, and nothing else."""
        cleaned = super().clean()
        adapter = adapters().get(cleaned.get("adapter", ""))
        if adapter is not None and isinstance(cleaned.get("settings", {}), dict):
            for sentence in adapter.wrong_settings(cleaned.get("settings", {})):
                self.add_error("settings" if "settings" in self.fields else None, sentence)
        return cleaned


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

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Further settings are shown where any adapter asks for some."""
        asked = any(adapter.asks_more for adapter in adapters().values())
        return [name for name in super().get_fields(request, obj) if asked or name != "settings"]

    @admin.display(description="Refused callbacks")
    def refused_callbacks(self, row: Partner) -> str:
        return summary_of(f"partner:{row.code}")
