"""Which policy governs a proposal."""

from __future__ import annotations

from apps.casework.models import ApprovalPolicy
from apps.core.money import in_hundredths


def policy_for(kind: str, amount_minor: int, currency: str) -> ApprovalPolicy | None:
    """The policy of the kind with the highest amount that the proposal reaches; None: nobody may decide it."""
    reached = in_hundredths(max(amount_minor, 0), currency)
    return ApprovalPolicy.objects.filter(kind=kind, from_minor__lte=reached).order_by("-from_minor").first()
