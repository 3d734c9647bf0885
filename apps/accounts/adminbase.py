"""What every configuration screen shares: who may see and change it is a matter of scopes, as everywhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextInputWidget,
)

from apps.accounts.caller import caller_of_user
from apps.accounts.models import User

Method = TypeVar("Method", bound=Callable[..., Any])
if TYPE_CHECKING:
    _Form = forms.ModelForm[models.Model]
else:
    _Form = forms.ModelForm


def may(request: HttpRequest, scope: str) -> bool:
    """Whether whoever is asking is staff and holds the scope."""
    user = request.user
    return isinstance(user, User) and user.is_active and user.is_staff and scope in caller_of_user(user).scopes


class Scoped:
    """``read_scope`` to look, ``write_scope`` to change; an empty ``write_scope`` means nobody changes it here."""

    read_scope = ""
    write_scope = ""
    may_delete = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request, self.read_scope)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, self.read_scope)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, self.write_scope)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, self.write_scope)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_delete and may(request, self.write_scope)


# A list of codes is typed on one line, separated by commas.
WIDGETS: dict[type[models.Field[Any, Any]], dict[str, Any]] = {ArrayField: {"widget": UnfoldAdminTextInputWidget}}


class ScopedAdmin(Scoped, ModelAdmin):  # type: ignore[misc]
    list_per_page = 50
    list_filter_submit = True
    warn_unsaved_form = True
    compressed_fields = True
    formfield_overrides = WIDGETS


class ScopedHistoryAdmin(Scoped, SimpleHistoryAdmin, ModelAdmin):  # type: ignore[misc]
    """With the history of every row one click away."""

    list_per_page = 50
    list_filter_submit = True
    warn_unsaved_form = True
    compressed_fields = True
    formfield_overrides = WIDGETS


class ScopedTabular(Scoped, TabularInline):  # type: ignore[misc]
    extra = 0
    may_delete = True
    tab = True


class ScopedStacked(Scoped, StackedInline):  # type: ignore[misc]
    extra = 0
    may_delete = True
    tab = True


class SecretsForm(_Form):
    """Secrets are typed in and never shown again; a field left empty keeps what it had."""

    secrets: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.secrets:
            if name in self.fields:
                field = self.fields[name]
                field.widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
                held = bool(getattr(self.instance, name, ""))
                field.help_text = f"{field.help_text}. " if field.help_text else ""
                field.help_text += "One is set; leave empty to keep it." if held else "None is set."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in self.secrets:
            if name in self.fields and not cleaned.get(name):
                cleaned[name] = getattr(self.instance, name, "")
        return cleaned


def badge(*, description: str, colors: Mapping[str, str] | None = None) -> Callable[[Method], Method]:
    """A list column shown as a label; ``colors`` by the first part of a (value, label) answer."""
    decorate: Callable[[Method], Method] = display(description=description, label=dict(colors) if colors else True)
    return decorate


class TickedField(forms.MultipleChoiceField):
    """A list of known words, ticked rather than typed."""

    widget = UnfoldAdminCheckboxSelectMultipleWidget
