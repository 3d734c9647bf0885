"""What approving does, kind by kind: the registry's content, filled when this is imported (by the app, once it is ready).

A performer runs in the transaction of the decision, under the locks of the order, its fulfillment orders, the case and the
proposal. What it refuses leaves everything as it was, the proposal pending.
"""

from __future__ import annotations

from apps.casework.approvals.registry import register_performer
from apps.casework.approvals.substitution import KIND, carry_out, margin_now
from apps.casework.models import ApprovalRequest, CaseAction, ExceptionCase
from apps.casework.resolutions import perform_approved
from apps.casework.resolutions.direct.mappings import KIND as MAPPING
from apps.casework.resolutions.direct.mappings import publish_proposed
from apps.casework.resolutions.direct.orders import effect_on_order, perform_on_order
from apps.casework.resolutions.direct.stock_counts import effect_of_count, perform_count
from apps.casework.resolutions.direct.stock_work import KIND as STOCK_COUNT
from apps.casework.resolutions.direct.stock_work import perform_stock_work, stock_work_overtaken
from apps.casework.resolutions.performing import effect_of_case
from apps.casework.resolutions.stale_effects import overtaken
from apps.casework.services.clearing import clear_cases
from apps.casework.services.ending import resolve_case
from apps.casework.states import STANDING, CaseType
from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.core.outbox import record
from apps.core.text import Text
from apps.orders import events as order_events
from apps.orders.models import Order, OrderLine
from apps.orders.selectors import lines_by_order
from apps.routing.demands import covered_units

SHORTAGES = (CaseType.NO_STOCK, CaseType.PARTIAL_ALLOCATION, CaseType.BACKORDERED)


def perform_resolution(row: ApprovalRequest, actor: Actor) -> None:
    """Do the resolution of a case, or to an order beside it, that was beyond its maker's limits."""
    payload = row.payload
    if "level" in payload:
        perform_count(payload, actor=actor)
    elif "case" not in payload:
        perform_on_order(_order_of(row), payload, actor=actor)
    else:
        perform_approved(
            payload["case"], code=payload["code"], params=payload["params"], chosen_by=row.made_by, actor=actor
        )


def resolution_overtaken(row: ApprovalRequest) -> str:
    """What it would do now, held against what was read. What can't be done any more is refused when it is done."""
    payload = row.payload
    try:
        if "level" in payload:
            now = effect_of_count(payload)
            return overtaken(row.effect, now) if now else "The stock level is gone."
        if "case" in payload:
            return overtaken(row.effect, effect_of_case(payload["case"], payload["code"], payload["params"]))
        return overtaken(row.effect, effect_on_order(_order_of(row), payload))
    except DomainError:
        return ""


def _order_of(row: ApprovalRequest) -> Order:
    assert row.order is not None, "a proposal made beside a case is about an order or a level"
    return row.order


def substitution_overtaken(row: ApprovalRequest) -> str:
    """The price is the one that was shown; what the goods cost us may have risen."""
    before, now = row.effect.get("margin_minor"), margin_now(row.payload)
    if before is None or (now is not None and now >= min(before, 0)):
        return ""
    return "What the substitute earns us has changed."


def perform_substitution(row: ApprovalRequest, actor: Actor) -> None:
    """Replace the line. The case it was proposed from ends with it unless another line is short, and so does a shortage
    that is none any more."""
    new = carry_out(row.payload, actor=actor)
    sentence = Text("Substituted: {what}", what=row.effect.get("sentence", new.sku_code))
    short = uncovered(new.order_id)
    if row.case is not None and not short - {new.pk}:
        _note_on_case(row, row.case, sentence, actor)
    if row.order is not None and not short:
        clear_cases([row.order.public_id], types=SHORTAGES, resolution=sentence, actor=actor)


def _note_on_case(row: ApprovalRequest, case: ExceptionCase, sentence: str, actor: Actor) -> None:
    """What was done counts among the past outcomes of the case's type, as if its maker had been free to do it."""
    action = CaseAction(case=case, code="substitute", params=row.payload, effect=row.effect, actor=row.made_by)
    # Ended before it is saved: another action may be about to be done, and a case has no two of those.
    action.finish(sentence)
    action.save()
    if ExceptionCase.objects.filter(pk=case.pk, state__in=STANDING).exists():
        resolve_case(
            case.public_id, resolution=sentence, resolution_code="substitute", worked_by=row.made_by, actor=actor
        )


def uncovered(order_id: int) -> set[int]:
    """The lines of the order, by pk, with units that no stock is bound to. Sets count as covered once any part is."""
    covered: dict[int, int] = {}
    for (line_id, _sku), units in covered_units([order_id]).items():
        covered[line_id] = max(covered.get(line_id, 0), units)
    return {line.pk for line in lines_by_order([order_id])[order_id] if _lacks(line, covered)}


def _lacks(line: OrderLine, covered: dict[int, int]) -> bool:
    return line.physical and line.sku_id is not None and covered.get(line.pk, 0) < line.open_quantity


def note_refund(row: ApprovalRequest, actor: Actor) -> None:
    """The amount is agreed and stands on the order's timeline; paying it out is done where the payment was taken."""
    if "case" in row.payload:
        perform_resolution(row, actor)
    elif row.order is not None:
        agreed = order_events.OrderRefundAgreed(
            amount_minor=row.amount_minor, currency=row.currency, approval=row.public_id
        )
        record(order_events.order_fact(row.order, agreed), actor=actor)


register_performer(KIND, "Substitution", perform_substitution, substitution_overtaken)


def refund_overtaken(row: ApprovalRequest) -> str:
    return resolution_overtaken(row) if "case" in row.payload else ""


register_performer("refund", "Refund", note_refund, refund_overtaken)
register_performer("resolution", "Resolution of a case", perform_resolution, resolution_overtaken)
register_performer("price_override", "Price override", perform_resolution, resolution_overtaken)
register_performer("cancel_after_release", "Cancellation after release", perform_resolution, resolution_overtaken)
register_performer("node_override", "Choice of another location", perform_resolution, resolution_overtaken)
register_performer("ship_without_payment", "Shipping without payment", perform_resolution, resolution_overtaken)
register_performer(MAPPING, "Change of a mapping", publish_proposed)
register_performer(STOCK_COUNT, "Stock written off", perform_stock_work, stock_work_overtaken)
