"""Filters by allow-list: what a list does not name, or can't read, is refused instead of ignored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django_filters import rest_framework as django_filters
from pydantic import AwareDatetime, TypeAdapter
from pydantic import ValidationError as Unreadable
from rest_framework.request import Request

from apps.core.errors import DomainError

PAGING = frozenset({"cursor", "limit", "sort"})
Row = TypeVar("Row", bound=Model)
_moment = TypeAdapter(AwareDatetime)


class BadQuery(DomainError):
    """``errors`` lists ``{"parameter", "detail"}``."""

    code = "bad_query"
    status = 400
    message = "The address asks for something this list does not offer."


def refuse_unknown(request: Request, known: frozenset[str]) -> None:
    """Every query parameter must be known and stand once. Raises BadQuery."""
    params = request.query_params
    errors = [{"parameter": name, "detail": "is not known here"} for name in params if name not in known]
    errors += [
        {"parameter": name, "detail": "is given twice"}
        for name in params
        if name in known and len(params.getlist(name)) > 1
    ]
    if errors:
        raise BadQuery(errors=errors)


def filtered(filters: type[Filters], rows: QuerySet[Row], request: Request) -> QuerySet[Row]:
    """The rows the address asks for. Raises BadQuery."""
    refuse_unknown(request, PAGING | filters.base_filters.keys())
    bound = filters(data=request.query_params, queryset=rows, request=request)
    if not bound.is_valid():
        raise BadQuery(
            errors=[
                {"parameter": name, "detail": f"{many[0]}{_offered(bound.form.fields[name])}"}
                for name, many in bound.form.errors.items()
                if many
            ]
        )
    found: QuerySet[Row] = bound.qs
    return found


def _offered(field: forms.Field) -> str:
    """What a filter with a fixed set of values takes."""
    choices = [str(value) for value, _ in getattr(field, "choices", ()) if value != ""]
    return f" It takes: {', '.join(choices)}." if choices else ""


class Filters(django_filters.FilterSet):  # type: ignore[misc]
    """A list's filters, all named one by one; nothing is made from the model."""


class _MomentField(forms.CharField):
    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            found: datetime = _moment.validate_python(text)
            return found.astimezone(UTC)
        except (Unreadable, OverflowError):
            raise ValidationError("must be a time with its offset, such as 2026-01-31T12:00:00Z") from None


class _FlagField(forms.CharField):
    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if text not in {"", "true", "false"}:
            raise ValidationError("must be true or false")
        return {"true": True, "false": False}.get(text or "")


class Moment(django_filters.Filter):  # type: ignore[misc]
    """A time with its offset."""

    field_class = _MomentField
    schema = {"type": "string", "format": "date-time"}


class Flag(django_filters.Filter):  # type: ignore[misc]
    """``true`` or ``false``."""

    field_class = _FlagField
    schema = {"type": "boolean"}


class Text(django_filters.CharFilter):  # type: ignore[misc]
    """A text of at most 128 characters."""

    schema = {"type": "string", "maxLength": 128}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 128, **kwargs})


class AnyOf(django_filters.BaseInFilter, django_filters.ChoiceFilter):  # type: ignore[misc]
    """One or more of the choices, separated by commas."""

    def __init__(self, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(choices=choices, lookup_expr="spelled", **kwargs)
        self.schema = {"type": "array", "items": {"type": "string", "enum": [value for value, _ in choices]}}
