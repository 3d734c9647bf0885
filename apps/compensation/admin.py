"""What was set off outside and how undoing it goes. Kept by the machine; only to be looked at."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.accounts.adminbase import ScopedAdmin, badge
from apps.compensation.models import ExternalEffect
from apps.core.translated import looked_up

COLORS = {
    "attempted": "info",
    "succeeded": "success",
    "to_compensate": "warning",
    "stuck": "danger",
    "compensated": "info",
}


@admin.register(ExternalEffect)
class ExternalEffectAdmin(ScopedAdmin):
    purpose = "What another system did because we asked, and whether it had to be undone. Stuck ones have an exception."
    read_scope = "network:write"
    list_display = ["attempted_at", "kind", "subject_ref", "stream", "standing", "attempts", "last_error", "settled_at"]
    list_filter = ["state", "kind"]
    search_fields = ["subject_ref", "stream"]
    ordering = ["-pk"]

    @badge(description=_("State"), colors=COLORS)
    def standing(self, row: ExternalEffect) -> tuple[str, str]:
        return row.state, looked_up(row.get_state_display())
