"""People and API keys."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_celery_beat import models as beat
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, UserChangeForm

from apps.accounts.adminbase import WIDGETS, Guarded, Scoped, ScopedAdmin, TickedField, actor_of, badge
from apps.accounts.errors import KeyRefused, LoginRefused, ReasonMissing
from apps.accounts.models import ApiKey, User
from apps.accounts.people import invite, send_password_link
from apps.accounts.permissions import ALL_SCOPES
from apps.accounts.services import create_api_key, refuse_bad_key, revoke_api_key
from apps.core import clock
from apps.core.client_address import remote_of
from apps.core.text import Moment
from apps.core.translated import looked_up, translated

# What a role may do is one table in code, and the schedule one in settings: neither is edited here.
for _model in (
    Group, beat.ClockedSchedule, beat.CrontabSchedule, beat.IntervalSchedule, beat.PeriodicTask, beat.SolarSchedule,
):  # fmt: skip
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)

# What other apps show is guarded as our own lists are.
for _model, _shown in list(admin.site._registry.items()):
    if not isinstance(_shown, Guarded):
        admin.site.unregister(_model)
        admin.site.register(_model, type(type(_shown).__name__, (Guarded, type(_shown)), {}))


class InviteForm(forms.ModelForm):  # type: ignore[type-arg]
    """A login without a password: its owner chooses one, by the link that is mailed."""

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email", "role", "nodes", "is_staff")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True

    def save(self, commit: bool = True) -> User:
        self.instance.set_unusable_password()
        return super().save(commit=commit)  # type: ignore[no-any-return]


@admin.register(User)
class StaffAdmin(Scoped, UserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]
    read_scope = write_scope = "accounts:write"
    lists = {"nodes": "nodes", "time_zone": "time zones"}
    form = UserChangeForm
    actions_detail = ["send_link"]
    add_form = InviteForm
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
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("Work"), {"fields": ("role", "nodes", "is_active", "is_staff")}),
        (_("Language, times and numbers"), {"fields": ("language", "time_zone", "locale")}),
        (_("Record"), {"fields": ("public_id", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "fields": ("username", "first_name", "last_name", "email", "role", "nodes", "is_staff"),
                "description": _("A link to choose a password goes to the mail address."),
            },
        ),
    )  # fmt: skip

    @admin.display(description=_("Name"))
    def name(self, row: User) -> str:
        return row.get_full_name()

    @badge(description=_("Role"))
    def shown_role(self, row: User) -> str:
        return str(_("Administrator")) if row.is_superuser else looked_up(row.get_role_display())

    @admin.display(description=_("Own locations"))
    def own_nodes(self, row: User) -> str:
        return ", ".join(row.nodes) or str(_("all"))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"is_staff": True}

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            invite(obj.pk, actor=actor_of(request))

    @action(description=_("Send a link to set the password"), url_path="link", permissions=["link"])  # type: ignore[untyped-decorator]
    def send_link(self, request: HttpRequest, object_id: int) -> HttpResponse:
        user = get_object_or_404(User, pk=object_id)
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if request.method == "POST":
            try:
                send_password_link(user.pk, actor=actor_of(request))
                messages.success(request, str(_("A link goes to {email}.")).format(email=user.email))
            except LoginRefused as refused:
                messages.error(request, translated(refused.sentence))
            return redirect(reverse("admin:accounts_user_change", args=[user.pk]))
        context = {
            **self.admin_site.each_context(request),
            "person": user,
            "title": _("Send a link"),
            "opts": self.opts,
        }
        return render(request, "admin/accounts/user/link.html", context)

    def has_link_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return super().has_add_permission(request)

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
        fields = ("name", "owner", "role", "scopes", "channels", "nodes", "quota_per_minute", "expires_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "owner" in self.fields:
            owner = self.fields["owner"]
            owner.required = True
            owner.queryset = User.objects.filter(is_active=True).order_by("first_name", "username")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                refuse_bad_key(role=cleaned["role"], scopes=cleaned["scopes"], expires_at=cleaned["expires_at"])
            except KeyRefused as refused:
                raise forms.ValidationError(refused.sentence) from None
        return cleaned


def person_behind(actor: str) -> str:
    """``staff:usr_…`` as a name; what is nobody of the staff as what it is called."""
    kind, _, name = actor.partition(":")
    found = User.objects.filter(public_id=name).first() if kind == "staff" else None
    return str(found) if found else name or "–"


@admin.register(ApiKey)
class ApiKeyAdmin(ScopedAdmin):
    purpose = (
        "A key lets another system call the API. Make one for each system, with no more than it needs; it is "
        "shown once."
    )
    read_scope = write_scope = "accounts:write"
    list_display = ["name", "owner", "shown_role", "reach", "standing", "last_used_at", "created_at", "expires_at"]
    list_filter = ["role"]
    list_select_related = ["owner"]
    readonly_fields = ["made_by", "created_at", "last_used_at", "revocation"]
    search_fields = ["name", "public_id"]
    form = ApiKeyForm
    lists = {"channels": "channels", "nodes": "nodes"}
    actions_detail = ["revoke"]

    @badge(description=_("Role"))
    def shown_role(self, row: ApiKey) -> str:
        return looked_up(row.get_role_display())

    @admin.display(description=_("Reach"))
    def reach(self, row: ApiKey) -> str:
        return ", ".join([*row.channels, *row.nodes]) or str(_("everything its role may"))

    @badge(
        description=_("Standing"),
        colors={"valid": "success", "orphan": "warning", "expired": "danger", "revoked": "danger"},
    )
    def standing(self, row: ApiKey) -> tuple[str, str]:
        if row.revoked_at:
            return "revoked", str(_("Revoked"))
        if row.expires_at and row.expires_at <= clock.now():
            return "expired", str(_("Expired"))
        if row.owner and not row.owner.is_active:
            return "orphan", str(_("Owner has left"))
        return "valid", str(_("Valid"))

    @admin.display(description=_("Made by"))
    def made_by(self, row: ApiKey) -> str:
        return person_behind(row.created_by)

    @admin.display(description=_("Revoked"))
    def revocation(self, row: ApiKey) -> str:
        if row.revoked_at is None:
            return str(_("no"))
        said = _("{at} UTC by {who} from {address}: {why}") if row.revoked_from else _("{at} UTC by {who}: {why}")
        at, who = translated(Moment(row.revoked_at)), person_behind(row.revoked_by)
        return str(said).format(at=at, who=who, address=row.revoked_from, why=translated(row.revoked_because))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        record = (_("Record"), {"fields": ("made_by", "created_at", "last_used_at", "revocation")})
        return [(None, {"fields": ApiKeyForm.Meta.fields}), *([record] if obj else [])]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": request.user.pk}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A key is made and revoked, never widened."""
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        wanted = {name: form.cleaned_data[name] for name in ApiKeyForm.Meta.fields}
        made, text = create_api_key(**wanted, actor=actor_of(request))
        obj.pk, obj.public_id = made.pk, made.public_id
        obj.shown_once = text  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        """Shown in the response itself: neither a cookie nor a log ever holds the key."""
        context = {**self.admin_site.each_context(request), "key": obj, "title": _("API key made"), "opts": self.opts}
        return render(request, "admin/accounts/apikey/made.html", context)

    @action(description=_("Revoke"), url_path="revoke", permissions=["revoke"])  # type: ignore[untyped-decorator]
    def revoke(self, request: HttpRequest, object_id: int) -> HttpResponse:
        key, problem = get_object_or_404(ApiKey, pk=object_id), ""
        if request.method == "POST":
            try:
                revoke_api_key(
                    key.public_id,
                    why=request.POST.get("why", ""),
                    remote=remote_of(request),
                    actor=actor_of(request),
                )
            except ReasonMissing as refused:
                problem = refused.sentence
            else:
                messages.success(request, _("The key is revoked; it is refused from now on."))
                return redirect(reverse("admin:accounts_apikey_changelist"))
        context = {**self.admin_site.each_context(request), "key": key, "title": _("Revoke the key"), "opts": self.opts}
        return render(request, "admin/accounts/apikey/revoke.html", {**context, "problem": problem})

    def has_revoke_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return super().has_add_permission(request)
