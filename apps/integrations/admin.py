"""Partners, and how well they are."""

from __future__ import annotations

from django.contrib import admin

from apps.accounts.adminbase import ScopedAdmin, ScopedHistoryAdmin, ScopedTabular, SecretsForm, badge
from apps.accounts.plainfields import LISTS
from apps.core import clock
from apps.core.refused_webhooks import summary_of
from apps.integrations.adapters import ADAPTERS
from apps.integrations.models import Breaker, Partner, PartnerNode

SCOPE = "network:write"
SPOKEN = {"http_3pl": "Orderyard's open HTTP contract"}
LISTS["adapters"] = lambda: [(name, SPOKEN.get(name, name)) for name in ADAPTERS]


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


@admin.register(Breaker)
class BreakerAdmin(ScopedAdmin):
    """Kept by the machine; only to be looked at."""

    purpose = "How well each partner answers. A row appears with the first order that is sent to one."
    read_scope = SCOPE
    list_display = [
        "partner",
        "node",
        "standing",
        "calls",
        "failures",
        "failures_in_a_row",
        "retry_tokens",
        "open_until",
    ]
    list_select_related = ["partner", "node"]

    @badge(description="Standing", colors={"open": "danger", "quiet": "warning", "closed": "success"})
    def standing(self, row: Breaker) -> tuple[str, str]:
        now = clock.now()
        if row.open_until and row.open_until > now:
            return "open", "Nothing is sent"
        if row.wait_until and row.wait_until > now:
            return "quiet", "Asked for quiet"
        return "closed", "Sending"
