"""What became of earlier resolutions of the same type of case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apps.casework.models import CaseAction
from apps.casework.states import ActionState
from apps.core.process_cache import get_or_load

LOOKED_AT = 200
LOOKED_BACK = 10_000
ENOUGH = 5


@dataclass(frozen=True, slots=True)
class Record:
    """How often a resolution was chosen and how often it went well, of the last two hundred of the type."""

    chosen: int = 0
    went_well: int = 0
    of: int = 0

    @property
    def rate(self) -> float | None:
        """Share that went well; None: too few to say."""
        return self.went_well / self.chosen if self.chosen >= ENOUGH else None


def track_record(case_type: str) -> Mapping[str, Record]:
    """By resolution code. Taken back by its chooser is not gone well."""
    return get_or_load("track_record", case_type, lambda: _count(case_type))


def _count(case_type: str) -> dict[str, Record]:
    # Of a rare type there are never two hundred: without an end the look back would go through all there ever were.
    last = CaseAction.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    rows = CaseAction.objects.filter(pk__gt=last - LOOKED_BACK, case__type=case_type).exclude(state=ActionState.CHOSEN)
    recent = list(rows.order_by("-pk").values_list("code", "state")[:LOOKED_AT])
    return {
        code: Record(
            chosen=sum(one == code for one, _ in recent),
            went_well=sum(one == code and state == ActionState.DONE for one, state in recent),
            of=len(recent),
        )
        for code in {code for code, _ in recent}
    }
