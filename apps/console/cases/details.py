"""What a case's cause had to say, in words: amounts as money, ids as what they stand for, codes as sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.casework.models import ExceptionCase
from apps.casework.selectors import effect_to_undo
from apps.fulfillment.models import FulfillmentLine
from apps.orders.models import Order
from apps.sla.stages import STAGES
from apps.ui.chips import word
from apps.ui.language import translated
from apps.ui.locale import money, number
from apps.ui.wording import absolute

# Said on the page already, or known to machines only.
_LEFT_OUT = frozenset({"node", "stage", "shipment", "late", "hold"})
_LABELS = {
    "claimed": gettext_noop("Total claimed"),
    "recomputed": gettext_noop("The lines come to"),
    "missing": gettext_noop("Not found"),
    "due_at": gettext_noop("Was due"),
    "sku": gettext_noop("SKU"),
    "skus": gettext_noop("SKUs"),
    "short": gettext_noop("Units too few"),
    "fields": gettext_noop("What is wrong"),
    "problems": gettext_noop("What is wrong"),
    "shortfalls": gettext_noop("Not served"),
    "orders": gettext_noop("The other orders"),
    "nodes": gettext_noop("Has it in hand"),
    "what_to_do": gettext_noop("What to do"),
}


def details_of(case: ExceptionCase) -> list[tuple[str, str]]:
    """(label, text) of every fact; one of a shape nobody foresaw is said as well as it can be."""
    rows = [(label_of(name), _said(case, name, value)) for name, value in case.facts.items() if name not in _LEFT_OUT]
    return [*rows, *_undoing(case)]


def _undoing(case: ExceptionCase) -> list[tuple[str, str]]:
    """How far undoing has come of what could not be undone outside; nothing where the case is about something else."""
    effect = effect_to_undo(case)
    if effect is None:
        return []
    facts = [
        (translated(effect.get_kind_display()), translated(effect.get_state_display())),
        (_("Failures to undo it"), number(effect.attempts)),
        (_("Last error"), effect.last_error),
        (_("Undone by hand"), effect.note),
    ]
    return [(label, text) for label, text in facts if text]


def label_of(name: str) -> str:
    return translated(_LABELS[name]) if name in _LABELS else word("detail", name)


def _said(case: ExceptionCase, name: str, value: Any) -> str:
    try:
        return _HOW[name](case, value) if name in _HOW else plainly(value)
    except (TypeError, ValueError, KeyError, AttributeError):
        # Cases outlive the code that opened them.
        return plainly(value)


def _money(case: ExceptionCase, minor: int) -> str:
    return money(int(minor), case.currency or "")


def _missing(case: ExceptionCase, missing: Mapping[str, int]) -> str:
    """By the line of the fulfillment order that the node could not fill."""
    rows = FulfillmentLine.objects.filter(pk__in=[int(pk) for pk in missing]).select_related("sku")
    skus = {row.pk: row.sku.code for row in rows}
    return ", ".join(f"{units} × {skus[int(pk)]}" for pk, units in missing.items())


def _orders(case: ExceptionCase, refs: Sequence[str]) -> str:
    numbers = {row.public_id: row.number for row in Order.objects.filter(public_id__in=list(refs))}
    return ", ".join(numbers.get(ref, ref) for ref in refs)


def _shortfalls(case: ExceptionCase, rows: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{row['quantity']} × {row['sku']}" for row in rows)


def _problems(case: ExceptionCase, rows: Sequence[Mapping[str, str]]) -> str:
    return " ".join(_problem(row) for row in rows)


def _problem(row: Mapping[str, str]) -> str:
    """A problem of the whole message has no place in it."""
    where = f"{row['path']}: " if row.get("path") else ""
    said = f"{where}{translated(row['problem'])}".rstrip(".")
    todo = translated(row.get("what_to_do", ""))
    return f"{said[:1].upper()}{said[1:]}. {todo}".strip()


_HOW: Mapping[str, Callable[[ExceptionCase, Any], str]] = {
    "claimed": _money,
    "recomputed": _money,
    "missing": _missing,
    "orders": _orders,
    "shortfalls": _shortfalls,
    "problems": _problems,
    "due_at": lambda case, text: absolute(datetime.fromisoformat(text)),
    "state": lambda case, text: translated(text.replace("_", " ").capitalize()),
    "stage": lambda case, text: translated(STAGES[text].label),
}


def plainly(value: Any) -> str:
    """A value out of JSON; a pair without a name is said without one."""
    if isinstance(value, dict):
        pairs = [(translated(str(key).replace("_", " ")), plainly(one)) for key, one in value.items()]
        return ", ".join(f"{key} {one}".strip() for key, one in pairs if one)
    if isinstance(value, list):
        return "; ".join(plainly(one) for one in value)
    return (
        {True: _("yes"), False: _("no"), None: "—"}[value] if isinstance(value, bool | None) else translated(str(value))
    )
