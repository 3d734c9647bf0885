"""Form fields that a shop owner can fill in: money as money, and codes chosen from the list they are codes of."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.contrib.admin import display
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.fields import InvalidJSONInput
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.widgets import (
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from apps.accounts.own_names import countries, currencies
from apps.core.language import language
from apps.core.money import exponent, show
from apps.core.process_cache import get_or_load
from apps.core.strict_json import misspelling, unstorable
from apps.core.translated import looked_up, translated

Choices = Iterable[tuple[str, str]]


# (code, name) pairs by the name of a list. Higher apps add theirs: accounts knows neither nodes nor channels.
LISTS: dict[str, Callable[[], Choices]] = {
    "countries": countries,
    "currencies": currencies,
    "time zones": lambda: [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())],
}
LARGEST = Decimal(10) ** 15


class MoneyField(forms.Field):
    """Typed and shown as 500.00, kept as 50000 minor units of the currency beside it (or of the order's own)."""

    def __init__(self, *, own_currency: bool, **kwargs: Any) -> None:
        self._own_currency, self._currency = own_currency, ""
        super().__init__(**kwargs)

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> Any:
        """Only here a field meets its form, which holds the currency."""
        self._currency = _currency_in(form) if self._own_currency else ""
        if self._currency:
            self.widget.attrs["suffix"] = self._currency
        return super().get_bound_field(form, field_name)

    def prepare_value(self, value: Any) -> Any:
        return major(value, self._currency) if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        text = str(value if value is not None else "").strip().replace(",", "")
        if not text:
            return None
        minor = self._minor(text)
        if minor is None:
            digits = exponent(self._currency)
            raise ValidationError(
                _("Write an amount like {amount}.").format(amount=f"{Decimal(500):.{digits}f}"), code="invalid"
            )
        return minor

    def _minor(self, text: str) -> int | None:
        try:
            amount = Decimal(text).scaleb(exponent(self._currency))
        except InvalidOperation:
            return None
        whole = amount.is_finite() and 0 <= amount < LARGEST and amount == amount.to_integral_value()
        return int(amount) if whole else None


def major(minor: int, currency: str = "") -> str:
    """``major(50_000) == "500.00"``."""
    digits = exponent(currency)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"


def _currency_in(form: Any) -> str:
    typed = form.data.get(form.add_prefix("currency"), "") if form.is_bound else ""
    return str(typed or getattr(form.instance, "currency", ""))


class CodesField(forms.MultipleChoiceField):
    """Several codes of a list; one that is no longer in it stays until it is taken away."""

    widget = UnfoldAdminSelect2MultipleWidget

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> Any:
        _keep(self, form.get_initial_for_field(self, field_name) or ())
        return super().get_bound_field(form, field_name)


class CodeField(forms.ChoiceField):
    """One code of a list."""

    widget = UnfoldAdminSelect2Widget

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> Any:
        _keep(self, [form.get_initial_for_field(self, field_name) or ""])
        return super().get_bound_field(form, field_name)


def _keep(field: forms.ChoiceField, held: Iterable[str]) -> None:
    offered: list[Any] = list(field.choices)  # type: ignore[arg-type]
    known = {str(code) for code, _ in offered}
    field.choices = [*offered, *((code, code) for code in held if code and code not in known)]


class SuggestingWidget(UnfoldAdminTextInputWidget):  # type: ignore[misc]
    """A line of text that offers what there is already; something new may be written as well."""

    def __init__(self, offered: Callable[[], Choices]) -> None:
        self._offered = offered
        super().__init__(attrs={"autocomplete": "off"})

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        offered = f"{(attrs or {}).get('id', name)}-offered"
        options = format_html_join("", '<option value="{}">{}</option>', self._offered())
        line = super().render(name, value, {**(attrs or {}), "list": offered}, renderer)
        return format_html('{}<datalist id="{}">{}</datalist>', line, offered, options)


class PairsWidget(UnfoldAdminTextInputWidget):  # type: ignore[misc]
    """A row for each pair and a few empty ones: a name, and one of its meanings out of a list.

    To the field it is the same text as ever, a pair a line.
    """

    SPARE = 3

    def __init__(self, meanings: Callable[[], Choices]) -> None:
        self._meanings = meanings
        super().__init__()

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        pairs = [_pair(line) for line in str(value or "").splitlines() if line.strip()]
        offered = [("", "—"), *self._meanings()]
        ident = (attrs or {}).get("id", f"id_{name}")
        rows = [
            (
                self._line(f"{name}-name", left, ident if not at else f"{ident}-{at}", at),
                self._choice(name, right, offered, at),
            )
            for at, (left, right) in enumerate([*pairs, *[("", "")] * self.SPARE])
        ]
        return format_html('<div class="oy-pairs">{}</div>', format_html_join("", "<div>{}{}</div>", rows))

    def _line(self, name: str, value: str, ident: str, at: int) -> SafeString:
        attrs = {
            "id": ident,
            "aria-label": _("Row {row}: what it is called there").format(row=at + 1),
            "autocomplete": "off",
        }
        drawn: SafeString = UnfoldAdminTextInputWidget().render(name, value, attrs)
        return drawn

    def _choice(self, name: str, value: str, offered: list[tuple[str, str]], at: int) -> SafeString:
        kept = [] if value in dict(offered) else [(value, value)]
        widget = UnfoldAdminSelectWidget(choices=[*offered, *kept])
        drawn: SafeString = widget.render(
            f"{name}-meaning", value, {"aria-label": _("Row {row}: what it means here").format(row=at + 1)}
        )
        return drawn

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        if name in data or not hasattr(data, "getlist"):
            return super().value_from_datadict(data, files, name)
        rows = zip(data.getlist(f"{name}-name"), data.getlist(f"{name}-meaning"), strict=False)
        return "\n".join(f"{left} = {right}" for left, right in rows if left.strip() or right.strip())

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data and f"{name}-name" not in data


def _pair(line: str) -> tuple[str, str]:
    name, _, meaning = (part.strip() for part in line.rpartition("="))
    return name, meaning


class PairsField(forms.CharField):
    """Names and what they mean, one pair a line: ``van tomorrow = next_day``. ``meanings``: those that there are."""

    widget = UnfoldAdminTextareaWidget

    def __init__(self, *, meanings: Callable[[], Choices] | None = None, **kwargs: Any) -> None:
        self._meanings = meanings
        if meanings:
            kwargs["widget"] = PairsWidget(meanings)
        super().__init__(required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return "\n".join(f"{name} = {meaning}" for name, meaning in value.items())
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(self.prepare_value(initial) or "").split() != str(data or "").split()

    def clean(self, value: Any) -> Any:
        """The pairs as a dict. Raises ValidationError naming the line."""
        pairs: dict[str, str] = {}
        meanings = {code for code, _ in self._meanings()} if self._meanings else None
        for number, line in enumerate(str(super().clean(value)).splitlines(), 1):
            name, mark, meaning = (part.strip() for part in line.rpartition("="))
            if not line.strip():
                continue
            if not mark or not name or not meaning:
                raise ValidationError(
                    _("Line {number}: write it as name = meaning.").format(number=number), code="invalid"
                )
            if name in pairs:
                raise ValidationError(
                    _("Line {number}: {name} stands there twice.").format(number=number, name=name), code="invalid"
                )
            if meanings is not None and meaning not in meanings:
                offered = ", ".join(sorted(meanings))
                raise ValidationError(
                    _("Line {number}: {meaning} is none of {offered}.").format(
                        number=number, meaning=meaning, offered=offered
                    ),
                    code="invalid",
                )
            pairs[name] = meaning
        return pairs


class WordsField(forms.CharField):
    """Several words, separated by commas; a list."""

    widget = UnfoldAdminTextInputWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        return list(dict.fromkeys(word.strip() for word in str(super().clean(value)).split(",") if word.strip()))


class DatesField(forms.CharField):
    """Single days, each written 2026-12-24, with whatever stands between them; a list, in order, each once."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, sorted(value))) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(self.prepare_value(initial or []) or "") != str(data or "")

    def clean(self, value: Any) -> Any:
        """Raises ValidationError naming what is no day."""
        return sorted({_day(word) for word in re.split(r"[,;\s]+", str(super().clean(value))) if word})


def _day(word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise ValidationError(
            _("{word} is no day: write it like 2026-12-24.").format(word=word[:20]), code="invalid"
        ) from None


class StorableJSONField(forms.JSONField):
    """JSON, without the texts that PostgreSQL refuses: an escape can spell them where a request can't."""

    def to_python(self, value: Any) -> Any:
        try:
            found = super().to_python(value)
        except RecursionError:
            raise ValidationError(_("It is nested too deeply."), code="invalid") from None
        except ValidationError:
            problem = translated(misspelling(value))
            raise ValidationError(
                _("This is not valid JSON: {problem}.").format(problem=problem), code="invalid"
            ) from None
        if next(unstorable(found), None) is not None:
            raise ValidationError(_("It holds a NUL or half of a character; take that out."), code="invalid")
        return found

    def bound_data(self, data: Any, initial: Any) -> Any:
        """A refused text is shown again as it was written: read and written again, it could not even be sent."""
        found = super().bound_data(data, initial)
        return found if next(unstorable(found), None) is None else InvalidJSONInput(data)


def is_money(field: Any) -> bool:
    """Whether the model's field holds money. Thousandths for a kilometre are minor units for a thousand of them."""
    return isinstance(field, models.Field) and (field.name.endswith("_minor") or field.name == "per_km_milli")


def money_field(field: Any) -> MoneyField:
    names = {one.name for one in field.model._meta.get_fields()}
    return MoneyField(
        own_currency="currency" in names,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        required=not field.null,
        initial=field.get_default(),
        label=field.verbose_name[:1].upper() + field.verbose_name[1:],
        help_text=field.help_text,
    )


def is_dates(field: Any) -> bool:
    return isinstance(field, ArrayField) and isinstance(field.base_field, models.DateField)


def dates_field(field: Any) -> DatesField:
    label = field.verbose_name[:1].upper() + field.verbose_name[1:]
    return DatesField(required=not field.blank, label=label, help_text=field.help_text)


def listed_field(field: Any, name: str) -> forms.ChoiceField:
    """Codes of the list called ``name``: several for an array, else one."""
    plain = {
        "required": not field.blank,
        "label": field.verbose_name[:1].upper() + field.verbose_name[1:],
        "help_text": field.help_text,
    }
    if isinstance(field, ArrayField):
        return CodesField(choices=LISTS[name], **plain)
    empty = [("", "—")] if field.blank or not field.has_default() else []
    return CodeField(choices=lambda: [*empty, *LISTS[name]()], initial=field.get_default(), **plain)


def name_in(source: str, code: str) -> str:
    """What a code is called in the list called ``source``; one that is not in it keeps its code."""
    names = get_or_load(
        "list", f"{source} {language()}", lambda: {str(one): name for one, name in LISTS[source]()}, seconds=5.0
    )
    return looked_up(str(names.get(code, code)))


def named_column(field: Any) -> Callable[[Any], str]:
    """A name, or a row by its name: in the reader's language as long as it is one that came with the product."""

    @display(description=field.verbose_name, ordering=field.name)
    def named(row: Any) -> str:
        held = getattr(row, field.name)
        return "–" if held is None else looked_up(str(held))

    return named


def choice_column(field: Any) -> Callable[[Any], str]:
    """How a code reads in a list: by the words the model has for it, in the reader's language."""
    words = dict(field.flatchoices)

    @display(description=field.verbose_name, ordering=field.name)
    def said(row: Any) -> str:
        held = getattr(row, field.name)
        return looked_up(str(words.get(held, held or ""))) or "–"

    return said


def listed_column(field: Any, source: str) -> Callable[[Any], str]:
    """How the codes of a field read in a list: by the names they have in the list called ``source``."""

    @display(description=field.verbose_name, ordering=field.name)
    def named(row: Any) -> str:
        held = getattr(row, field.name)
        codes = held if isinstance(held, list) else [held] if held else []
        return ", ".join(name_in(source, code) for code in codes) or "–"

    named.__name__ = f"named_{field.name}"
    return named


def money_column(field: Any) -> Callable[[Any], str]:
    """How an amount reads where it is only looked at."""

    @display(description=field.verbose_name, ordering=field.name)
    def amount(row: Any) -> str:
        minor, currency = getattr(row, field.name), getattr(row, "currency", "")
        if minor is None:
            return "–"
        return show(minor, currency) if currency else major(minor)

    amount.__name__ = f"shown_{field.name}"
    return amount
