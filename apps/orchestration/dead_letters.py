"""A parked run is put before a person; nothing parks silently."""

from __future__ import annotations

from apps.casework.services import Problem, open_case
from apps.casework.states import CaseType
from apps.core.text import Text
from apps.orchestration.step import Due, Step
from apps.orders.models import Order


def report_parked(step: Step, due: Due, *, code: str, sentence: str) -> None:
    """Open (or add to) the dead-letter case of what the run was about."""
    order = Order.objects.filter(public_id=due.stream).values_list("pk").first() if due.stream else None
    problem = Problem(
        type=CaseType.DEAD_LETTER,
        subject_ref=due.stream or f"run:{due.run_id}",
        sentence=Text(
            "The job '{step}' failed: {why} Nothing more happens until someone retries it.",
            step=Text.literal(step.name.replace("_", " ")),
            why=sentence,
        ),
        order_id=order[0] if order else None,
        stream=due.stream,
        detail={"step": step.name, "run": due.run_id, "code": code},
    )
    open_case(problem, actor=step.actor)
