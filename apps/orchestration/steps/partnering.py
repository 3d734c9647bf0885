"""Talking to partners: one call at a time, under a lease, outside any transaction."""

from __future__ import annotations

from collections.abc import Sequence

from apps.orchestration.step import Due


def submit_to_partner(dues: Sequence[Due]) -> None:
    """Send one fulfillment order to the partner that runs its node."""
    from apps.integrations.services import submit

    for due in dues:
        submit(due.subject_id)


def ask_partner_to_cancel(dues: Sequence[Due]) -> None:
    """Ask every partner that has part of a cancelled order in hand to stop."""
    from apps.integrations.services import cancel_of_order

    for due in dues:
        cancel_of_order(due.subject_id)
