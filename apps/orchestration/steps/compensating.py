"""What could not be undone outside is put before a person, and taken from them once it is."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from apps.casework.services import Problem, clear_cases, open_cases
from apps.casework.states import CaseType
from apps.compensation.models import ExternalEffect
from apps.compensation.selectors import lock_effects
from apps.compensation.states import EffectKind, EffectState
from apps.core.actor import Actor
from apps.core.text import Text
from apps.fulfillment.models import FulfillmentOrder
from apps.orchestration.step import Due

SUBMISSION = EffectKind.PARTNER_SUBMISSION
WENT_THROUGH = Text("it went through in the end")


def report_stuck(dues: Sequence[Due], actor: Actor) -> None:
    """Undoing a hand-over has failed too often: somebody calls the partner before it ships."""
    stuck = ExternalEffect.objects.filter(kind=SUBMISSION, state=EffectState.STUCK)
    refs = set(stuck.filter(pk__in={due.subject_id for due in dues}).values_list("subject_ref", flat=True))
    rows = FulfillmentOrder.objects.filter(public_id__in=refs).select_related("node", "order")
    open_cases([_stuck(row) for row in rows.order_by("pk")], actor=actor)
    # Undone in this very moment: under its lock either we see it, or whoever undoes it finds the case.
    settled = {row.subject_ref for row in lock_effects(SUBMISSION, refs) if row.state != EffectState.STUCK}
    _close(settled, actor)


def _stuck(row: FulfillmentOrder) -> Problem:
    return Problem(
        type=CaseType.COMPENSATION_STUCK,
        subject_ref=row.public_id,
        sentence=Text(
            "{name} can't be reached to cancel; call them before it ships. We keep trying.", name=row.node.name
        ),
        order_id=row.order_id,
        stream=row.order.public_id,
        detail={"node": row.node.code},
        node=row.node.code,
    )


def close_stuck(dues: Sequence[Due], actor: Actor) -> None:
    """It is undone, or can't be any more and another case says what follows: nobody need call about it."""
    _close({due.subject_ref for due in dues}, actor)


def _close(refs: Collection[str], actor: Actor) -> None:
    clear_cases(refs, types=[CaseType.COMPENSATION_STUCK], resolution=WENT_THROUGH, actor=actor)
