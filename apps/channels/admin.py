"""Channels and the contracts their messages are read by."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from apps.accounts.adminbase import ScopedAdmin, ScopedHistoryAdmin, SecretsForm, badge
from apps.accounts.models import User
from apps.accounts.plainfields import LISTS
from apps.channels.errors import SecretRefused
from apps.channels.models import Channel, ContractVersion
from apps.channels.services.secret_rotation import KEPT_DAYS, rotate_channel_secret
from apps.channels.settings_form import FIELDS, ChannelSettingsForm, common_fields, own_fields
from apps.core.actor import Actor
from apps.core.refused_webhooks import summary_of
from apps.core.translated import looked_up

SCOPE = "channels:write"
LISTS["channels"] = lambda: Channel.objects.order_by("name").values_list("code", "name")


class ChannelForm(SecretsForm, ChannelSettingsForm):
    class Meta:
        model = Channel
        exclude = ("polled_until", "previous_secret", "settings")


@admin.register(Channel)
class ChannelAdmin(ScopedHistoryAdmin):
    purpose = "Channels are where your orders come from. Make one for each shop; the how-to guide for its kind says what to fill in."
    read_scope = write_scope = SCOPE
    form = ChannelForm
    lists = {"currencies": "currencies", "default_currency": "currencies", "default_country": "countries"}
    list_display = ["name", "code", "shown_kind", "sells_from", "sells_in", "ship_unpaid", "active"]
    list_filter = ["kind", "active"]
    search_fields = ["code", "name"]
    ordering = ["name"]
    list_select_related = ["node_group"]
    actions_detail = ["rotate"]
    readonly_fields = ["refused_messages"]
    fieldsets = (
        (None, {"fields": ("code", "name", "kind", "active")}),
        (
            _("Selling"),
            {"fields": ("currencies", "default_currency", "default_country", "price_tolerance_minor", "unusual_times")},
        ),
        (_("Routing"), {"fields": ("node_group", "priority", "ship_unpaid")}),
        (_("Connection"), {"fields": ("base_url", "secret", "api_key", "api_secret", "refused_messages")}),
        (_("Channel-specific mappings"), {"fields": FIELDS}),
    )

    def get_form(self, request: HttpRequest, obj: Channel | None = None, change: bool = False, **kwargs: Any) -> Any:
        """With a field for each setting that only this kind of channel has."""
        with_own = type("ChannelForm", (ChannelForm,), dict(own_fields(obj)))
        return super().get_form(request, obj, change=change, form=with_own, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Channel | None = None) -> Any:
        shown = [*self.fieldsets[:-1], (_("Channel-specific mappings"), {"fields": common_fields(obj)})]
        own = tuple(own_fields(obj))
        return [*shown, (_("Only for this kind"), {"fields": own})] if own else shown

    @action(description=_("New webhook secret"), url_path="rotate", permissions=["rotate"])  # type: ignore[untyped-decorator]
    def rotate(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The new secret is shown in the response itself: neither a cookie nor a log ever holds it."""
        row, problem = get_object_or_404(Channel, pk=object_id), ""
        if request.method == "POST":
            try:
                return self._rotated(request, row)
            except SecretRefused as refused:
                problem = refused.sentence
        asked = {"channel": row, "title": _("New webhook secret"), "problem": problem, "kept_days": KEPT_DAYS}
        return self._answer(request, "rotate", asked)

    def _rotated(self, request: HttpRequest, row: Channel) -> HttpResponse:
        assert isinstance(request.user, User)
        text = request.POST.get("keep_days", "")
        days = int(text) if text in {str(days) for days in KEPT_DAYS} else KEPT_DAYS[0]
        channel, secret = rotate_channel_secret(
            row.pk,
            secret=request.POST.get("secret", "").strip(),
            keep_days=days,
            actor=Actor("staff", request.user.public_id),
        )
        return self._answer(request, "secret", {"channel": channel, "secret": secret})

    def _answer(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        whole = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        answer = render(request, f"admin/channels/channel/{name}.html", whole)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def has_rotate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_change_permission(request)

    @admin.display(description=_("Refused webhooks"))
    def refused_messages(self, row: Channel) -> str:
        return summary_of(f"channel:{row.code}")

    @badge(description=_("Kind"))
    def shown_kind(self, row: Channel) -> str:
        return looked_up(row.get_kind_display())

    @admin.display(description=_("Sells from"))
    def sells_from(self, row: Channel) -> str:
        return str(row.node_group) if row.node_group else str(_("every location"))

    @admin.display(description=_("Sells in"))
    def sells_in(self, row: Channel) -> str:
        return ", ".join(row.currencies) or str(_("any currency"))


@admin.register(ContractVersion)
class ContractVersionAdmin(ScopedAdmin):
    """To be read: a change is a new version, which is published, not edited."""

    purpose = "Contracts say how a shop's messages are read. The shipped ones appear with the first channel."
    read_scope = SCOPE
    list_display = ["contract", "number", "standing", "fields_mapped", "reason", "created_at"]
    list_filter = ["contract", "active"]
    ordering = ["contract", "-number"]

    @badge(description=_("Standing"), colors={"active": "success", "kept": "info"})
    def standing(self, row: ContractVersion) -> tuple[str, str]:
        return ("active", str(_("Active"))) if row.active else ("kept", str(_("Kept for replay")))

    @admin.display(description=_("Fields mapped"))
    def fields_mapped(self, row: ContractVersion) -> int:
        document = row.document
        return len(document.get("fields", [])) + len(document.get("lines", {}).get("fields", []))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The mapping is read on a page of its own."""
        return redirect(reverse("console:contract", args=[object_id]))
