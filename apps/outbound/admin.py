"""How well other systems are, and what was said to them. Kept by the machine; only to be looked at."""

from __future__ import annotations

from django.contrib import admin

from apps.accounts.adminbase import ScopedAdmin, badge
from apps.core import clock
from apps.outbound.models import Breaker, CallLog

SCOPE = "network:write"
OUTCOMES = {"ok": "success", "refused": "warning", "failed": "danger", "unknown": "danger", "skipped": "info"}


@admin.register(Breaker)
class BreakerAdmin(ScopedAdmin):
    purpose = "How well each shop, partner and webhook subscriber answers. A row appears with the first call that is made to one."
    read_scope = SCOPE
    list_display = ["name", "kind", "standing", "calls", "failures", "failures_in_a_row", "retry_tokens", "open_until"]
    list_filter = ["kind"]
    search_fields = ["name", "counterpart"]
    ordering = ["kind", "name"]

    @badge(description="Standing", colors={"open": "danger", "quiet": "warning", "closed": "success"})
    def standing(self, row: Breaker) -> tuple[str, str]:
        now = clock.now()
        if row.open_until and row.open_until > now:
            return "open", "Nothing is sent"
        if row.wait_until and row.wait_until > now:
            return "quiet", "Asked for quiet"
        return "closed", "Sending"


@admin.register(CallLog)
class CallLogAdmin(ScopedAdmin):
    purpose = "What was sent to other systems and how it went. Bodies are kept without what they say of people."
    read_scope = SCOPE
    list_display = [
        "started_at", "name", "kind", "operation", "method", "path", "how_it_went", "status", "attempt", "took_ms", "stream",
    ]  # fmt: skip
    list_filter = ["kind", "outcome"]
    search_fields = ["stream", "reference", "counterpart"]
    ordering = ["-pk"]

    @badge(description="Outcome", colors=OUTCOMES)
    def how_it_went(self, row: CallLog) -> tuple[str, str]:
        return row.outcome, str(row.get_outcome_display())
