"""The rows of casework."""

from apps.casework.models.approvals import (
    ApprovalPolicy,
    ApprovalRequest,
    ApprovalVote,
    LimitUse,
    LimitWindow,
    ResolutionRule,
)
from apps.casework.models.cases import CaseAction, CaseComment, CaseLink, CaseWatcher, ExceptionCase
from apps.casework.models.queues import CaseKind, EscalationPolicy, EscalationPolicyVersion, Queue, QueueRule

__all__ = [
    "ApprovalPolicy",
    "ApprovalRequest",
    "ApprovalVote",
    "CaseAction",
    "CaseComment",
    "CaseKind",
    "CaseLink",
    "CaseWatcher",
    "EscalationPolicy",
    "EscalationPolicyVersion",
    "ExceptionCase",
    "LimitUse",
    "LimitWindow",
    "Queue",
    "QueueRule",
    "ResolutionRule",
]
