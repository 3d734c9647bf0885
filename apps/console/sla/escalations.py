"""A case that rang five times says so once: its last escalation stands for those before it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import ngettext

from apps.casework.events import CaseEscalated
from apps.core.models import Event
from apps.ui.locale import number
from apps.ui.wording import absolute

ESCALATED = CaseEscalated.spec.name


def folded(events: Sequence[Event]) -> tuple[list[Event], dict[int, str]]:
    """The events with one escalation a case, and by its pk how often and since when it rang."""
    rung: dict[str, list[Event]] = {}
    for event in sorted(events, key=lambda one: one.pk):
        if event.name == ESCALATED:
            rung.setdefault(event.subject_ref, []).append(event)
    last = {rings[-1].pk: rings for rings in rung.values()}
    kept = [event for event in events if event.name != ESCALATED or event.pk in last]
    said = {
        pk: ngettext(
            "Escalated {count} time; first {moment}.", "Escalated {count} times; first {moment}.", len(rings)
        ).format(count=number(len(rings)), moment=absolute(rings[0].recorded_at))
        for pk, rings in last.items()
        if len(rings) > 1
    }
    return kept, said
