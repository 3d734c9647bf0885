"""What can be proposed, and how each kind is carried out. Filled by ``performers`` when the app is ready."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from apps.casework.models import ApprovalRequest, ExceptionCase
from apps.casework.states import STANDING
from apps.channels.models import ContractVersion
from apps.core.actor import Actor
from apps.fulfillment.models import FulfillmentOrder
from apps.orders.models import Order, OrderLine

Performer = Callable[[ApprovalRequest, Actor], None]
Comparison = Callable[[ApprovalRequest], str]

# kind → what approving it does, in the transaction of the decision. A refusal it raises leaves the proposal pending.
PERFORMERS: dict[str, Performer] = {}

# kind → why what it would do now is not what was read, as a sentence; empty: it is, or is less
OVERTAKEN: dict[str, Comparison] = {}

# kind → what people call it
NAMES: dict[str, str] = {}


def register_performer(kind: str, name: str, perform: Performer, overtaken: Comparison = lambda row: "") -> None:
    """Open a kind of proposal."""
    PERFORMERS[kind], NAMES[kind], OVERTAKEN[kind] = perform, name, overtaken


def name_of(kind: str) -> str:
    return NAMES.get(kind, kind.replace("_", " ").capitalize())


def line_ref(order_line_id: int) -> str:
    """How a proposal names an order line."""
    return f"line:{order_line_id}"


def version_of(target_ref: str) -> int | None:
    """The version the target of a proposal has now; 0: it has none to compare; None: it is gone.

    A case has none: people take, comment and hand over a case while the proposal about it waits, which changes nothing of
    what was proposed.
    """
    prefix, _, rest = target_ref.partition(":") if ":" in target_ref else target_ref.partition("_")
    look = _VERSIONS.get(prefix)
    return look(target_ref, rest) if look else 0


def _order(ref: str, _rest: str) -> int | None:
    return Order.objects.filter(public_id=ref).values_list("version", flat=True).first()


def _fulfillment_order(ref: str, _rest: str) -> int | None:
    return FulfillmentOrder.objects.filter(public_id=ref).values_list("version", flat=True).first()


def _case(ref: str, _rest: str) -> int | None:
    return 0 if ExceptionCase.objects.filter(public_id=ref, state__in=STANDING).exists() else None


def _line(_ref: str, pk: str) -> int | None:
    """Lines are not versioned; a number made of what a proposal about one rests on does as well."""
    row = (
        OrderLine.objects.filter(pk=int(pk))
        .values_list("sku_id", "quantity", "cancelled_quantity", "unit_price_minor", "order__state")
        .first()
    )
    if row is None or row[-1] in ("cancelled", "delivered"):
        return None
    return int.from_bytes(hashlib.sha256(repr(row[:-1]).encode()).digest()[:4]) >> 1 or 1


def _contract(_ref: str, pk: str) -> int | None:
    """None: another version is active by now."""
    return ContractVersion.objects.filter(pk=int(pk), active=True).values_list("number", flat=True).first()


_VERSIONS: dict[str, Callable[[str, str], int | None]] = {
    "ord": _order,
    "ful": _fulfillment_order,
    "cas": _case,
    "line": _line,
    "contract": _contract,
}


def content_hash(row: ApprovalRequest) -> str:
    """SHA-256 of everything an approver says yes to, in hexadecimal."""
    content = [
        row.kind,
        row.target_ref,
        row.target_version,
        row.payload,
        row.before,
        row.after,
        row.effect,
        row.amount_minor,
        row.currency,
        row.node,
    ]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
