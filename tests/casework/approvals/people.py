"""Who proposes and who decides, and a proposal that is easy to watch."""

from __future__ import annotations

from typing import Any

from apps.accounts.caller import Caller, caller_of_user
from apps.accounts.models import User
from apps.casework.approvals.deciding import decide_approval
from apps.casework.approvals.proposing import propose
from apps.casework.approvals.registry import version_of
from apps.casework.models import ApprovalPolicy, ApprovalRequest
from apps.core.actor import Actor
from apps.orders.models import Order
from tests.factories import UserFactory, make_order


def person(role: str = "lead", **changes: Any) -> User:
    return UserFactory(role=role, **changes)


def caller(user: User) -> Caller:
    return caller_of_user(user)


def actor(user: User) -> Actor:
    return caller(user).actor


def policy(kind: str = "refund", **changes: Any) -> ApprovalPolicy:
    values = {"kind": kind, "from_minor": 0, "roles": ["lead", "manager"], **changes}
    return ApprovalPolicy.objects.create(**values)


def proposal(maker: User, order: Order | None = None, **changes: Any) -> ApprovalRequest:
    """A refund of 25.00 about an order."""
    order = order or make_order()
    values: dict[str, Any] = {
        "kind": "refund",
        "target_ref": order.public_id,
        "target_version": version_of(order.public_id),
        "payload": {"amount_minor": 2500},
        "before": {"paid_minor": 5000},
        "after": {"paid_minor": 2500},
        "effect": {"cost_minor": 2500},
        "reason": "It came broken.",
        "amount_minor": 2500,
        "currency": "GBP",
        "order_id": order.pk,
        "actor": actor(maker),
    }
    return propose(**{**values, **changes})


def decide(row: ApprovalRequest, who: User, *, approve: bool = True, **changes: Any) -> ApprovalRequest:
    values: dict[str, Any] = {"approve": approve, "reason": "Seen.", "user": who, "caller": caller(who)}
    return decide_approval(row.public_id, **{**values, **changes})
