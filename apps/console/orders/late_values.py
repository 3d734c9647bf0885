"""What a channel changed too late, old and new: who it is comes from the contact itself, and stands in no case."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_noop

from apps.casework.models import ExceptionCase
from apps.casework.states import CaseType
from apps.orders.models import OrderContact
from apps.ui.language import translated

_LABELS = {
    "name": gettext_noop("Recipient"),
    "company": gettext_noop("Company"),
    "phone": gettext_noop("Phone"),
    "note": gettext_noop("Note"),
    "line1": gettext_noop("Street and number"),
    "line2": gettext_noop("Flat, floor, building"),
    "city": gettext_noop("City"),
    "region": gettext_noop("Region"),
    "postal_code": gettext_noop("Postal code"),
    "country": gettext_noop("Country"),
}


@dataclass(frozen=True, slots=True)
class LateValue:
    label: str
    old: str
    new: str


def late_values(case: ExceptionCase, contact: OrderContact | None) -> list[LateValue]:
    """For a page whose reader may see the order. Names and addresses as the parcel bears them, and as the channel says now."""
    if case.type != CaseType.CHANGED_AFTER_RELEASE or contact is None:
        return []
    late = case.detail.get("late") or {}
    borne = [(name, old, getattr(contact, name)) for name, old in contact.replaced.items() if name in late]
    wanted = contact.corrected_from if "address" in late else {}
    elsewhere = [(name, getattr(contact, name), new) for name, new in wanted.items()]
    rows = {
        name: LateValue(translated(_LABELS[name]), str(old), str(new))
        for name, old, new in (*borne, *elsewhere)
        if name in _LABELS
    }
    return [rows[name] for name in _LABELS if name in rows]
