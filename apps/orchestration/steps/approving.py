"""Proposals whose ground has moved."""

from __future__ import annotations

from collections.abc import Sequence

from apps.casework.approvals.proposing import void_changed_approvals as void
from apps.casework.approvals.proposing import void_proposals_of_ended
from apps.core.actor import Actor
from apps.orchestration.step import Due
from apps.orders.models import Order


def void_changed_approvals(dues: Sequence[Due], actor: Actor) -> None:
    """An order changed: what was proposed about it as it was no longer stands."""
    refs = {due.stream for due in dues}
    orders = Order.objects.filter(public_id__among=refs, approvals__state="pending").values_list("pk", flat=True)
    void(list(orders.distinct()), actor=actor)


def void_moot_approvals(dues: Sequence[Due], actor: Actor) -> None:
    """A case ended: nobody need decide any more what was proposed to settle it."""
    void_proposals_of_ended({due.subject_id for due in dues}, actor=actor)
