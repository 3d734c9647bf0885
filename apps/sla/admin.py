"""SLA: business calendars, and the versions of the policy."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.adminbase import EVERYBODYS, ScopedAdmin, ScopedHistoryAdmin, badge
from apps.accounts.caller import caller_of_user
from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.translated import looked_up
from apps.sla.models import DAYS, SlaCalendar, SlaPolicyVersion
from apps.sla.services.calendars import delete_calendar, notice_changed_hours, why_needed


def _actor(request: HttpRequest) -> Actor:
    assert isinstance(request.user, User)
    return caller_of_user(request.user).actor


@admin.register(SlaCalendar)
class SlaCalendarAdmin(ScopedHistoryAdmin):
    """Hours of places and teams. Clocks that run are recalculated when these change."""

    purpose = (
        "Says when a location or a team works, so that clocks run only then. Make one for your stores, one for "
        "your warehouse and one for your desk, with their public holidays, and name the locations and queues "
        "whose hours they are. Until then every hour counts."
    )
    read_scope, write_scope = "sla:read", "sla:write"
    may_delete = True
    list_before_template = change_form_outer_before_template = "admin/sla/slacalendar/which.html"
    built_in_names = ("queues",)
    lists = {"time_zone": "time zones", "holiday_country": "countries"}
    list_display = ["name", "code", "time_zone", "weekdays", "holiday_country"]
    search_fields = ["code", "name"]
    fieldsets = (
        (None, {"fields": ("code", "name", "time_zone", "nodes", "queues")}),
        (_("Hours"), {"fields": DAYS}),
        (_("Closed"), {"fields": ("holiday_country", "holiday_subdivision", "closed_on")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: SlaCalendar | None = None) -> Any:
        """Policies name it by its code."""
        fields = super().get_readonly_fields(request, obj)
        return (*fields, "code") if obj is not None else fields

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        notice_changed_hours(actor=_actor(request))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What a policy counts by is shown as kept, with the reason, before anybody can say yes."""
        found, counts, perms, protected = super().get_deleted_objects(objs, request)
        kept = [f"{row.name}: {why}" for row in objs if (why := why_needed(row))]
        return found, counts, perms, [*protected, *kept]

    def delete_model(self, request: HttpRequest, obj: SlaCalendar) -> None:
        delete_calendar(obj.pk, actor=_actor(request))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for row in queryset:
            delete_calendar(row.pk, actor=_actor(request))

    @admin.display(description=_("Monday to Sunday"))
    def weekdays(self, row: SlaCalendar) -> str:
        return " · ".join(getattr(row, day) or str(_("closed")) for day in DAYS)


@admin.register(SlaPolicyVersion)
class SlaPolicyVersionAdmin(ScopedAdmin):
    """Drafted and published on pages of their own."""

    purpose = (
        "A policy says what may take how long. The command setup_sla publishes the usual one; you change it "
        "under SLA, Policy."
    )
    read_scope = "sla:read"
    place_lookup = EVERYBODYS
    list_display = ["__str__", "standing", "note", "created_at", "activated_at"]
    ordering = ["-number"]

    @badge(description=_("Standing"), colors={"draft": "info", "active": "success", "retired": "warning"})
    def standing(self, row: SlaPolicyVersion) -> tuple[str, str]:
        return row.state, looked_up(row.get_state_display())

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A version is read on its own page."""
        version = SlaPolicyVersion.objects.filter(pk=object_id).exclude(state="draft").first()
        address = reverse("console:sla_policy")
        return redirect(f"{address}?version={version.number}" if version else address)
