"""What a channel changed too late, old and new: who it is comes from the contact itself, and stands in no case."""

from __future__ import annotations

from dataclasses import dataclass

from apps.casework.models import ExceptionCase
from apps.casework.states import CaseType
from apps.orders.models import OrderContact

_LABELS = {
    "name": "Recipient",
    "company": "Company",
    "phone": "Phone",
    "note": "Note",
    "line1": "Street and number",
    "line2": "Flat, floor, building",
    "city": "City",
    "region": "Region",
    "postal_code": "Postal code",
    "country": "Country",
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
        name: LateValue(_LABELS[name], str(old), str(new)) for name, old, new in (*borne, *elsewhere) if name in _LABELS
    }
    return [rows[name] for name in _LABELS if name in rows]
