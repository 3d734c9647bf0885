"""Letting a hold go beside its case, by the rules that count in the case."""

from __future__ import annotations

from django.db import transaction

from apps.accounts.caller import Caller
from apps.casework.models import ApprovalRequest
from apps.casework.resolutions.direct.orders import ActionPreview, do_to_order, foresee, meant_by_release
from apps.orders.errors import NoSuchHold
from apps.orders.models import Hold, Order
from apps.orders.selectors import lock_order, standing_holds


@transaction.atomic
def release_hold_within_limits(
    order_id: int, *, reason: str, note: str = "", caller: Caller
) -> Order | ApprovalRequest:
    """Take one hold away; beyond the caller's limits it becomes a proposal. Raises NoSuchHold, BeyondLimits."""
    order = lock_order(order_id)
    if not standing_holds(order_id).filter(reason=reason).exists():
        raise NoSuchHold(reason=reason)
    code, params = meant_by_release(order, reason), {"reason": reason, "note": note}
    return do_to_order(order_id, code=code, params=params, reason=note, caller=caller)


def foresee_release(order: Order, hold: Hold, caller: Caller) -> ActionPreview:
    """What letting this hold go would lead to, for this person."""
    return foresee(order, meant_by_release(order, hold.reason), {"reason": hold.reason}, caller)
