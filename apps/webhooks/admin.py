"""Endpoints of other systems, and what was delivered to them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action

from apps.accounts.adminbase import ScopedAdmin, ScopedHistoryAdmin, TickedField, badge
from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.errors import AddressRefused
from apps.core.translated import looked_up
from apps.outbound import guard
from apps.webhooks.models import Delivery, WebhookEndpoint
from apps.webhooks.payloads import subscribable
from apps.webhooks.services import change_endpoint, create_endpoint, remove_endpoint, replay_deliveries, rotate_secret

SCOPE = "webhooks:write"


def _actor(request: HttpRequest) -> Actor:
    assert isinstance(request.user, User)
    return Actor("staff", request.user.public_id)


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    events = TickedField(
        choices=lambda: [(name, name) for name in subscribable()],
        required=False,
        label="Events",
        help_text="None ticked: all of them.",
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("name", "url", "events", "active")

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            guard.check(url)
        except AddressRefused as refused:
            raise forms.ValidationError(refused.sentence) from None
        return url


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ScopedHistoryAdmin):
    purpose = (
        "Notifies other systems, such as an ERP, of what happens here. Make one with the address that system gives "
        "you; its secret is shown once."
    )
    read_scope = write_scope = SCOPE
    may_delete = True
    form = EndpointForm
    list_display = ["name", "url", "told_of", "standing", "last_success_at"]
    search_fields = ["name", "url"]
    readonly_fields = ["disabled_because", "failing_since", "last_success_at"]
    fieldsets = (
        (None, {"fields": ("name", "url", "active", "events")}),
        (_("Status"), {"fields": ("last_success_at", "failing_since", "disabled_because")}),
    )
    actions_detail = ["rotate", "replay"]

    @admin.display(description=_("Events"))
    def told_of(self, row: WebhookEndpoint) -> str:
        return ", ".join(row.events) or str(_("everything"))

    @badge(description=_("Status"), colors={"well": "success", "failing": "warning", "off": "danger"})
    def standing(self, row: WebhookEndpoint) -> tuple[str, str]:
        if row.disabled_at:
            return "off", str(_("Switched off by us"))
        if not row.active:
            return "off", str(_("Off"))
        return ("failing", str(_("Failing"))) if row.failing_since else ("well", str(_("Well")))

    def save_model(self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool) -> None:
        wanted = {name: form.cleaned_data[name] for name in EndpointForm.Meta.fields}
        if change:
            change_endpoint(obj.public_id, **wanted, actor=_actor(request))
            return
        active = wanted.pop("active")
        made, secret = create_endpoint(**wanted, actor=_actor(request))
        if not active:
            change_endpoint(made.public_id, active=False, actor=_actor(request))
        obj.pk, obj.public_id = made.pk, made.public_id
        obj.shown_once = secret  # type: ignore[attr-defined]

    def delete_model(self, request: HttpRequest, obj: WebhookEndpoint) -> None:
        remove_endpoint(obj.public_id)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Shown in the response itself: neither a cookie nor a log ever holds the secret."""
        return self._show_secret(request, obj, obj.shown_once)

    def _show_secret(self, request: HttpRequest, row: WebhookEndpoint, secret: str) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "endpoint": row, "secret": secret, "opts": self.opts}
        response = render(
            request, "admin/webhooks/webhookendpoint/secret.html", {**context, "title": _("Signing secret")}
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    @action(description=_("New secret"), url_path="rotate", permissions=["rotate"])  # type: ignore[untyped-decorator]
    def rotate(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = WebhookEndpoint.objects.get(pk=object_id)
        if request.method == "POST":
            return self._show_secret(request, *rotate_secret(row.public_id))
        return self._ask(request, row, "rotate")

    @action(description=_("Send again"), url_path="replay", permissions=["rotate"])  # type: ignore[untyped-decorator]
    def replay(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = WebhookEndpoint.objects.get(pk=object_id)
        if request.method == "POST":
            count = replay_deliveries(row.public_id, since=None, actor=_actor(request))
            messages.success(
                request,
                ngettext("{count} delivery is sent again.", "{count} deliveries are sent again.", count).format(
                    count=count
                ),
            )
            return redirect(reverse("admin:webhooks_webhookendpoint_change", args=[object_id]))
        return self._ask(request, row, "replay")

    def _ask(self, request: HttpRequest, row: WebhookEndpoint, verb: str) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "endpoint": row, "verb": verb, "opts": self.opts}
        title = "Make a new secret" if verb == "rotate" else "Send again"
        return render(request, "admin/webhooks/webhookendpoint/ask.html", {**context, "title": title})

    def has_rotate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_change_permission(request)


@admin.register(Delivery)
class DeliveryAdmin(ScopedAdmin):
    """The log; kept by the machine, only to be looked at."""

    purpose = "What was sent to other systems. The first row appears with the first event after an endpoint is made."
    read_scope = SCOPE
    list_display = ["event", "endpoint", "standing", "attempts", "last_status", "last_note", "made_at", "next_at"]
    list_filter = ["state", "endpoint"]
    list_select_related = ["endpoint"]
    search_fields = ["public_id", "stream"]
    ordering = ["-pk"]

    @badge(
        description=_("Status"),
        colors={"delivered": "success", "pending": "info", "held": "warning", "failed": "danger"},
    )
    def standing(self, row: Delivery) -> tuple[str, str]:
        return row.state, looked_up(row.get_state_display())
