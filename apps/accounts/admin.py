"""People and API keys."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django_celery_beat import models as beat
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from apps.accounts.adminbase import WIDGETS, Scoped, ScopedAdmin, TickedField, badge
from apps.accounts.models import ApiKey, User
from apps.accounts.permissions import ALL_SCOPES
from apps.accounts.services import create_api_key, revoke_api_key

# What a role may do is one table in code, and the schedule one in settings: neither is edited here.
for _model in (
    Group, beat.ClockedSchedule, beat.CrontabSchedule, beat.IntervalSchedule, beat.PeriodicTask, beat.SolarSchedule,
):  # fmt: skip
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


@admin.register(User)
class StaffAdmin(Scoped, UserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]
    read_scope = write_scope = "accounts:write"
    lists = {"nodes": "nodes"}
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    formfield_overrides = WIDGETS
    list_display = ["username", "name", "shown_role", "own_nodes", "is_active", "last_login"]
    list_filter = ["role", "is_active"]
    search_fields = ["username", "first_name", "last_name", "email"]
    ordering = ["username"]
    filter_horizontal = ()
    readonly_fields = ["last_login", "date_joined", "public_id"]
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Work", {"fields": ("role", "nodes", "is_active", "is_staff")}),
        ("Record", {"fields": ("public_id", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "fields": (
                    "username", "first_name", "last_name", "email", "role", "nodes", "is_staff", "password1", "password2",
                )
            },
        ),
    )  # fmt: skip

    @admin.display(description="Name")
    def name(self, row: User) -> str:
        return row.get_full_name()

    @badge(description="Role")
    def shown_role(self, row: User) -> str:
        return "Administrator" if row.is_superuser else str(row.get_role_display())

    @admin.display(description="Own nodes")
    def own_nodes(self, row: User) -> str:
        return ", ".join(row.nodes) or "all"

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"is_staff": True}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An administrator of accounts does not reach above itself: a superuser is changed by superusers only."""
        above = isinstance(obj, User) and obj.is_superuser and not request.user.is_superuser
        return super().has_change_permission(request, obj) and not above


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    scopes = TickedField(
        choices=[(scope, scope) for scope in sorted(ALL_SCOPES)],
        required=False,
        label="Scopes",
        help_text="What a caller with this key may do. None ticked: all that its role may.",
    )

    class Meta:
        model = ApiKey
        fields = ("name", "role", "scopes", "channels", "nodes", "quota_per_minute", "expires_at")


@admin.register(ApiKey)
class ApiKeyAdmin(ScopedAdmin):
    purpose = (
        "A key lets another system call the API. Make one for each system, with no more than it needs; it is "
        "shown once."
    )
    read_scope = write_scope = "accounts:write"
    list_display = ["name", "shown_role", "reach", "standing", "created_at", "expires_at"]
    list_filter = ["role"]
    search_fields = ["name", "public_id"]
    form = ApiKeyForm
    lists = {"channels": "channels", "nodes": "nodes"}
    actions_detail = ["revoke"]

    @badge(description="Role")
    def shown_role(self, row: ApiKey) -> str:
        return str(row.get_role_display())

    @admin.display(description="Reach")
    def reach(self, row: ApiKey) -> str:
        return ", ".join([*row.channels, *row.nodes]) or "everything its role may"

    @badge(description="Standing", colors={"valid": "success", "revoked": "danger"})
    def standing(self, row: ApiKey) -> tuple[str, str]:
        return ("revoked", "Revoked") if row.revoked_at else ("valid", "Valid")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A key is made and revoked, never widened."""
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        wanted = {name: form.cleaned_data[name] for name in ApiKeyForm.Meta.fields}
        made, text = create_api_key(**wanted)
        obj.pk, obj.public_id = made.pk, made.public_id
        obj.shown_once = text  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        """Shown in the answer itself: neither a cookie nor a log ever holds the key."""
        context = {**self.admin_site.each_context(request), "key": obj, "title": "API key made", "opts": self.opts}
        return render(request, "admin/accounts/apikey/made.html", context)

    @action(description="Revoke", url_path="revoke", permissions=["revoke"])  # type: ignore[untyped-decorator]
    def revoke(self, request: HttpRequest, object_id: int) -> HttpResponse:
        if request.method == "POST":
            revoke_api_key(ApiKey.objects.get(pk=object_id))
            messages.success(request, "The key is revoked; it is refused from now on.")
            return redirect(reverse("admin:accounts_apikey_changelist"))
        key = ApiKey.objects.get(pk=object_id)
        context = {**self.admin_site.each_context(request), "key": key, "title": "Revoke the key", "opts": self.opts}
        return render(request, "admin/accounts/apikey/revoke.html", context)

    def has_revoke_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return super().has_add_permission(request)
