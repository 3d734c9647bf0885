"""How well other systems are, and what was said to them. Kept by the machine; only to be looked at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from apps.accounts.adminbase import ScopedAdmin, badge
from apps.core import clock
from apps.core.translated import looked_up
from apps.outbound.models import Breaker, CallLog

SCOPE = "network:write"
OUTCOMES = {"ok": "success", "refused": "warning", "failed": "danger", "unknown": "danger", "skipped": "info"}


@admin.register(Breaker)
class BreakerAdmin(ScopedAdmin):
    purpose = "How well each shop, partner and webhook endpoint responds. A row appears with the first call that is made to one."
    read_scope = SCOPE
    list_display = ["name", "kind", "standing", "calls", "failures", "failures_in_a_row", "retry_tokens", "open_until"]
    list_filter = ["kind"]
    search_fields = ["name", "counterpart"]
    ordering = ["kind", "name"]

    @badge(description=_("Standing"), colors={"open": "danger", "quiet": "warning", "closed": "success"})
    def standing(self, row: Breaker) -> tuple[str, str]:
        now = clock.now()
        if row.open_until and row.open_until > now:
            return "open", str(_("Nothing is sent"))
        if row.wait_until and row.wait_until > now:
            return "quiet", str(_("Asked for quiet"))
        return "closed", str(_("Sending"))


@admin.register(CallLog)
class CallLogAdmin(ScopedAdmin):
    purpose = "What was sent to other systems and how it went. Bodies are kept without what they say of people."
    read_scope = SCOPE
    list_display = [
        "started_at", "name", "kind", "operation", "method", "path", "how_it_went", "status", "attempt", "took_ms", "order",
    ]  # fmt: skip
    list_filter = ["kind", "outcome"]
    search_fields = ["stream", "reference", "counterpart"]
    ordering = ["-pk"]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """By order and attempt as well, which have too many values for a list of filters."""
        return lookup in ("stream", "attempt") or super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("Order"), ordering="stream")
    def order(self, row: CallLog) -> str:
        """Its public id; a press shows all calls made for it."""
        if not row.stream:
            return "—"
        return format_html('<a href="?stream={}">{}</a>', row.stream, row.stream)

    @badge(description=_("Outcome"), colors=OUTCOMES)
    def how_it_went(self, row: CallLog) -> tuple[str, str]:
        return row.outcome, looked_up(row.get_outcome_display())
