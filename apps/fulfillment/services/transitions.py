"""What can be done with a fulfillment order now, in the words callers use."""

from __future__ import annotations

from functools import cache

from django_fsm import can_proceed

from apps.fulfillment.models import FulfillmentOrder


def allowed_transitions(row: FulfillmentOrder) -> list[str]:
    """Verbs open from the row's present state; which they are depends on nothing else."""
    return list(_verbs(row.state))


@cache
def _verbs(state: str) -> tuple[str, ...]:
    row = FulfillmentOrder(state=state)
    verbs = {
        "accept": row.accept,
        "reject": row.reject,
        "pick": row.pick,
        "pack": row.pack,
        "ship": row.ship,
        "cancel": row.cancel,
    }
    return tuple(verb for verb, transition in verbs.items() if can_proceed(transition))
