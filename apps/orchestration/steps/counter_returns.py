"""What was brought back to tills, put before a person where it can't be."""

from __future__ import annotations

from collections.abc import Sequence

from apps.casework.services import Problem, open_cases
from apps.casework.states import CaseType
from apps.channels.selectors import over_returned
from apps.core.actor import Actor
from apps.core.text import Text
from apps.orchestration.step import DueOf
from apps.orders.events import OrderReturned
from apps.orders.models import Order


def report_over_returns(dues: Sequence[DueOf[OrderReturned]], actor: Actor) -> None:
    """More came back of a sale than was sold: the till has given money back, and stock has risen, for goods of another sale."""
    found = over_returned({due.subject_id for due in dues})
    orders = Order.objects.in_bulk(list(found))
    open_cases([_problem(order, found[pk]) for pk, order in orders.items()], actor=actor)


def _problem(order: Order, skus: dict[str, tuple[int, int]]) -> Problem:
    said = [
        Text("{returned} of {sku} came back, {sold} were sold", returned=returned, sku=sku, sold=sold)
        for sku, (returned, sold) in sorted(skus.items())[:5]
    ]
    return Problem(
        type=CaseType.RETURN_OUT_OF_POLICY,
        subject_ref=order.public_id,
        sentence=Text("More was brought back to tills than this receipt sold: {units}.", units=Text.joined("; ", said)),
        order_id=order.pk,
        stream=order.public_id,
        detail={"units": {sku: {"returned": returned, "sold": sold} for sku, (returned, sold) in skus.items()}},
    )
