"""What every configuration screen shares: who may see and change it is a matter of scopes, as everywhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy, deepcopy
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django import forms
from django.contrib import admin
from django.contrib.admin.filters import ChoicesFieldListFilter, FieldListFilter, RelatedFieldListFilter
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _
from simple_history.admin import SimpleHistoryAdmin
from simple_history.template_utils import HistoricalRecordContextHelper
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextInputWidget,
)

from apps.accounts.caller import caller_of_user
from apps.accounts.models import User
from apps.accounts.plainfields import (
    LISTS,
    StorableJSONField,
    SuggestingWidget,
    choice_column,
    dates_field,
    is_dates,
    is_money,
    listed_column,
    listed_field,
    money_column,
    money_field,
    named_column,
)
from apps.core.actor import Actor
from apps.core.secrets import SecretField, Unreadable, leads_to_hidden
from apps.core.translated import looked_up

Method = TypeVar("Method", bound=Callable[..., Any])
if TYPE_CHECKING:
    _Form = forms.ModelForm[models.Model]
    _Admin = admin.ModelAdmin[Any]
    _Inline = admin.TabularInline[Any, Any]
else:
    _Form = forms.ModelForm
    _Admin = _Inline = object


def may(request: HttpRequest, scope: str) -> bool:
    """Whether whoever is asking is staff and holds the scope."""
    user = request.user
    return isinstance(user, User) and user.is_active and user.is_staff and scope in caller_of_user(user).scopes


def actor_of(request: HttpRequest) -> Actor:
    """The member of staff behind a configuration screen."""
    assert isinstance(request.user, User)
    return Actor("staff", request.user.public_id)


EVERYBODYS = "*"


def places_of(request: HttpRequest) -> list[str]:
    """The places that whoever is asking is limited to; empty: none."""
    return list(request.user.nodes) if isinstance(request.user, User) else []


class ChoicesInWords(ChoicesFieldListFilter):
    """What there is to choose stands on the model in plain English; here it is in the reader's language."""

    def __init__(self, field: Any, *args: Any, **kwargs: Any) -> None:
        said = copy(field)
        said.choices = [(value, looked_up(str(label))) for value, label in field.flatchoices]
        super().__init__(said, *args, **kwargs)


FieldListFilter.register(lambda field: bool(field.choices), ChoicesInWords, take_priority=True)


class NamesInWords(RelatedFieldListFilter):
    """Rows to choose from that may bear names of ours."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        return [(pk, looked_up(str(name))) for pk, name in super().field_choices(field, request, model_admin)]


class Guarded(_Admin):
    """A list is filtered by what it offers, and by nothing else: anything a row leads to could be guessed letter by letter."""

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """A refusal returns 400."""
        offered = self.get_list_filter(request) if request else self.list_filter
        names = {name for one in offered for name in _parameters(one)}
        known = any(_stays_at(name, lookup) for name in names)
        return known and not leads_to_hidden(self.model, lookup)


_COMPARED = frozenset({"exact", "in", "isnull", "gt", "gte", "lt", "lte", "id", "pk"})


def _stays_at(name: str, lookup: str) -> bool:
    """Whether the lookup compares what the filter offers, and goes no further from there."""
    start, _, rest = lookup.partition(name)
    return not start and (not rest or (rest.startswith("__") and set(rest[2:].split("__")) <= _COMPARED))


def _parameters(offered: Any) -> list[str]:
    """What a filter of a list goes by in its address: a field's path, or the name that a filter of its own gives it."""
    if isinstance(offered, str):
        return [offered]
    if isinstance(offered, tuple | list):
        return [str(offered[0])]
    return [str(getattr(offered, "parameter_name", ""))]


class Plain(Guarded):
    """Amounts are typed and read as money; ``lists`` names, for a field of codes, the list its codes are chosen from.

    ``purpose``: what the thing is for and what to do first, said where there is none yet.
    """

    lists: ClassVar[Mapping[str, str]] = {}
    # The same for a field in which something new may be written as well.
    suggested: ClassVar[Mapping[str, str]] = {}
    purpose = ""
    # Columns, and things to choose, that are called by names of ours until somebody gives them others.
    built_in_names: ClassVar[tuple[str, ...]] = ()
    model: type[models.Model]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.lists:
            return listed_field(db_field, self.lists[db_field.name])
        if db_field.name in self.suggested:
            kwargs["widget"] = SuggestingWidget(LISTS[self.suggested[db_field.name]])
        if isinstance(db_field, models.JSONField):
            kwargs["form_class"] = StorableJSONField
        if is_dates(db_field):
            return dates_field(db_field)
        if is_money(db_field):
            return money_field(db_field)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and db_field.name in self.built_in_names:
            field.label_from_instance = _looked_up_name  # type: ignore[method-assign, assignment]
        return field

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None and db_field.name in self.built_in_names:
            field.label_from_instance = _looked_up_name  # type: ignore[method-assign, assignment]
        return field

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [self._as_words(name) for name in super().get_list_display(request)]

    def _as_words(self, name: Any) -> Any:
        if name in self.lists:
            return listed_column(self.model._meta.get_field(name), self.lists[name])
        return self._readable(name)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Where amounts and choices are only looked at they are no fields, and would be shown as they are stored."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [(name, {**rest, "fields": [self._readable(one) for one in rest["fields"]]}) for name, rest in fieldsets]

    def _readable(self, name: Any) -> Any:
        """A column of money or of words for what is stored as minor units or as a code; anything else by its name."""
        if isinstance(name, tuple):
            return tuple(self._readable(one) for one in name)
        field = next((one for one in self.model._meta.fields if one.name == name), None)
        if field is not None and name in self.built_in_names:
            return named_column(field)
        if field is None or not (is_money(field) or field.choices):
            return name
        return money_column(field) if is_money(field) else choice_column(field)


def _looked_up_name(row: models.Model) -> str:
    return looked_up(str(row))


class Scoped(Plain):
    """``read_scope`` to look, ``write_scope`` to change; an empty ``write_scope`` means nobody changes it here.

    ``place_lookup``: the lookup from a row to the code of its place, by which somebody limited to places sees their own rows only;
    ``EVERYBODYS``: they see all of them; empty: what is set up for the whole shop is none of theirs.
    """

    read_scope = ""
    write_scope = ""
    may_delete = False
    place_lookup = ""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, self.read_scope) and self._is_own(request, obj)

    def _is_own(self, request: HttpRequest, obj: Any) -> bool:
        """Asked of a row as well: the history finds rows without ``get_queryset``. An inline is asked about its parent."""
        if not places_of(request) or self.place_lookup == EVERYBODYS:
            return True
        if not self.place_lookup or not isinstance(obj, self.model) or obj.pk is None:
            return bool(self.place_lookup)
        return bool(self._own_rows(request, self.model._default_manager.filter(pk=obj.pk)).exists())

    def _own_rows(self, request: HttpRequest, rows: Any) -> Any:
        places = places_of(request)
        if not places or self.place_lookup == EVERYBODYS:
            return rows
        return rows.filter(**{f"{self.place_lookup}__in": places}) if self.place_lookup else rows.none()

    def get_queryset(self, request: HttpRequest) -> Any:
        return self._own_rows(request, super().get_queryset(request))

    def get_list_filter(self, request: HttpRequest) -> Any:
        """What there is to choose would name what others have."""
        return [] if places_of(request) and self.place_lookup != EVERYBODYS else super().get_list_filter(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, self.write_scope)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, self.write_scope)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_delete and may(request, self.write_scope)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Labels and choices are plain English where a field is declared; here they are in the reader's language."""
        form = super().get_form(request, obj, change=change, **kwargs)
        form.base_fields = in_own_language(form.base_fields)
        return form


def in_own_language(declared: Mapping[str, forms.Field]) -> dict[str, forms.Field]:
    """Labels, help and what can be chosen in the language of this request. Copies: the declared ones are everybody's."""
    fields = deepcopy(dict(declared))
    for field in fields.values():
        field.label, field.help_text = (looked_up(str(text or "")) for text in (field.label, field.help_text))
        if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
            choices: Any = field.choices
            field.choices = [(value, looked_up(str(label))) for value, label in choices]
    return fields


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

    def get_historical_record_context_helper(
        self, request: HttpRequest, historical_record: Any
    ) -> HistoricalRecordContextHelper:
        return ChangesInWords(self.model, historical_record)


class ChangesInWords(HistoricalRecordContextHelper):  # type: ignore[misc]
    """Of a field with choices, and of yes and no, the words and not the codes."""

    def prepare_delta_change_value(self, change: Any, value: Any) -> Any:
        field = self.model._meta.get_field(change.field)
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(field, models.Field) and field.choices and isinstance(value, str | int):
            return looked_up(str(dict(field.flatchoices).get(value, value)))
        if isinstance(value, dict | list):
            value = _in_words(value)
        return super().prepare_delta_change_value(change, value)


def _in_words(value: Any) -> str:
    """What a field of several values holds, without the braces and quotes of its code."""
    if isinstance(value, dict):
        named = ((looked_up(str(name).replace("_", " ").capitalize()), _in_words(one)) for name, one in value.items())
        return "; ".join(f"{name}: {one}" for name, one in named) or "—"
    if isinstance(value, list):
        return ", ".join(map(_in_words, value)) or "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "—" if value in (None, "") else looked_up(str(value))


class _ScopedInline(Scoped, _Inline):
    extra = 0
    may_delete = True
    tab = True

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Amounts that are only looked at stand among the columns, and are no fields of the form."""
        if "fields" not in kwargs:
            shown = flatten_fieldsets(self.get_fieldsets(request, obj))
            kwargs["fields"] = [one for one in shown if isinstance(one, str)]
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.base_fields = in_own_language(formset.form.base_fields)
        return formset


class ScopedTabular(_ScopedInline, TabularInline):  # type: ignore[misc]
    """Rows of a thing on its page, a line each."""


class ScopedStacked(_ScopedInline, StackedInline):  # type: ignore[misc]
    """Rows of a thing on its page, a form each."""


class SecretsForm(_Form):
    """Secrets are typed in and never shown again; a field left empty keeps what it had."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self._secrets():
            field = self.fields[name]
            field.widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
            field.help_text = f"{field.help_text}. " if field.help_text else ""
            field.help_text += _standing(getattr(self.instance, name, ""))

    def _secrets(self) -> dict[str, SecretField]:
        """Those that stand in the form, by their names."""
        fields = self.instance._meta.concrete_fields
        return {one.name: one for one in fields if isinstance(one, SecretField) and one.name in self.fields}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, field in self._secrets().items():
            held = getattr(self.instance, name, "")
            if not cleaned.get(name):
                if (held or isinstance(held, Unreadable)) and self._moves(field.sent_to, cleaned):
                    self.add_error(
                        name, _("The address has changed: type this in again. It is not sent to another address.")
                    )
                cleaned[name] = held
        return cleaned

    def _moves(self, address: str, cleaned: dict[str, Any]) -> bool:
        """Whether what is sent to the address would go elsewhere. What is stored counts: a row out of the history is older."""
        if not address or address not in cleaned or self.instance.pk is None:
            return False
        stored = self.instance._meta.model._default_manager.filter(pk=self.instance.pk).values_list(address, flat=True)
        return bool(stored.first() != cleaned[address])


def _standing(held: str) -> str:
    if isinstance(held, Unreadable):
        return _("One is set, but it was encrypted with another key; type it in again.")
    return _("One is set; leave empty to keep it.") if held else _("None is set.")


def badge(*, description: Any, colors: Mapping[str, str] | None = None) -> Callable[[Method], Method]:
    """A list column shown as a label; ``colors`` by the first part of a (value, label) answer."""
    decorate: Callable[[Method], Method] = display(description=description, label=dict(colors) if colors else True)
    return decorate


class TickedField(forms.TypedMultipleChoiceField):
    """A list of known values, ticked rather than typed; ``coerce`` where they are no words."""

    widget = UnfoldAdminCheckboxSelectMultipleWidget
