"""What changed of an order, ready to print: the field in words, the value before and after, who and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.console.orders.payment_methods import method_words
from apps.console.shell.people import Person, people
from apps.core.history import Change
from apps.core.money import show
from apps.orders.changes import changes_of_order
from apps.orders.models import Order, OrderContact, OrderLine
from apps.ui.language import translated
from apps.ui.template_functions import at

MOST_SHOWN = 50
# Drawn above, with its times.
_DRAWN_ELSEWHERE = frozenset({"state"})
_MODELS = {"order": Order, "line": OrderLine, "contact": OrderContact}


@dataclass(frozen=True, slots=True)
class ChangeView:
    """``what``: the field, after the line or contact it is of. ``why``: as history keeps it; empty: nobody said."""

    what: str
    before: str
    after: str
    person: Person | None
    why: str
    at: datetime


def change_views(order: Order) -> list[ChangeView]:
    """The latest first; states are left to the drawing of the way."""
    found = [change for change in changes_of_order(order) if change.field not in _DRAWN_ELSEWHERE][:MOST_SHOWN]
    who = people({change.actor for change in found if change.actor})
    return [_view(change, order, who.get(change.actor)) for change in found]


def _view(change: Change, order: Order, person: Person | None) -> ChangeView:
    sides = _differing(change.before, change.after)
    before, after = (_value(change.field, value, order) for value in sides)
    return ChangeView(_what(change), before, after, person, _why(change), change.at)


def _what(change: Change) -> str:
    if not change.field:
        return _("Contact {role} taken away").format(role=change.label.replace("_", " "))
    name = field_words(change.kind, change.field)
    if change.kind == "line":
        return _("Line {line}, {field}").format(line=change.label, field=name)
    if change.kind == "contact":
        role = _("Billing") if change.label == "bill_to" else _("Delivery")
        return f"{role}, {name}"
    return name.capitalize()


def field_words(kind: str, field: str) -> str:
    """What people call a field of the order, a line or a contact."""
    found = next(one for one in _MODELS[kind]._meta.concrete_fields if field in (one.name, one.attname))
    return _(str(found.verbose_name).removesuffix(" minor"))


# Of fields that hold words of the canonical order.
_CODES = frozenset({"service_level", "payment_state", "risk_level"})


def _value(field: str, value: Any, order: Order) -> str:
    if field.endswith("_minor"):
        return show(value, order.currency)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return str(at(value, "%-d %b %Y, %H:%M"))
    if isinstance(value, dict):
        return ", ".join(f"{name}: {one}" for name, one in value.items()) or "—"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "—"
    if field == "payment_method":
        return method_words(str(value or "")) or "—"
    if field in _CODES:
        return translated(str(value or "").replace("_", " ")) or "—"
    return "—" if value in (None, "") else translated(str(value)) if field == "cancel_reason" else str(value)


def _differing(before: Any, after: Any) -> tuple[Any, Any]:
    """Of two sets of values what the other does not say too."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return before, after
    return (
        {name: one for name, one in before.items() if one is not None and one != after.get(name)},
        {name: one for name, one in after.items() if one is not None and one != before.get(name)},
    )


def _why(change: Change) -> str:
    """A step's reason is the event it followed, a page's its own name; either is for those who look closely."""
    return change.why.removeprefix("console:").replace("_", " ")


def all_field_words() -> Sequence[str]:
    """For the catalog of translations."""
    return [
        str(field.verbose_name).removesuffix(" minor")
        for model in _MODELS.values()
        for field in model._meta.concrete_fields
    ]
