"""Which policy governs a proposal."""

from __future__ import annotations

from apps.casework.models import ApprovalPolicy


def policy_for(kind: str, amount_minor: int) -> ApprovalPolicy | None:
    """The policy of the kind with the highest amount that the proposal reaches; None: nobody may decide it."""
    rows = ApprovalPolicy.objects.filter(kind=kind, from_minor__lte=max(amount_minor, 0))
    return rows.order_by("-from_minor").first()
