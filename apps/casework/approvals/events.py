"""What happens to proposals, as facts on the timeline of the order (or case) they are about."""

from __future__ import annotations

from typing import Any

from apps.casework.models import ApprovalRequest
from apps.core.outbox import Fact

REQUESTED = "approval.requested"
SECONDED = "approval.seconded"
APPROVED = "approval.approved"
REJECTED = "approval.rejected"
EXPIRED = "approval.expired"
WITHDRAWN = "approval.withdrawn"
VOIDED = "approval.voided"


def approval_fact(name: str, row: ApprovalRequest, **data: Any) -> Fact:
    """A fact about one proposal; ``data`` holds references and amounts, never personal data."""
    stream = row.order.public_id if row.order else row.case.public_id if row.case else row.public_id
    facts = {"kind": row.kind, "made_by": row.made_by, "roles": list(row.roles), "node": row.node}
    case = {"case": row.case.public_id} if row.case else {}
    return Fact(name, row.pk, row.public_id, stream, {**facts, **case, **data})
