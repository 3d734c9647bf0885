"""What other rules would have decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.routing.errors import PolicyInvalid
from apps.routing.models import RoutingDecision
from apps.routing.planner import replay
from apps.routing.planner.codec import InvalidRecord
from apps.routing.planner.problem import InvalidProblem


@dataclass(frozen=True, slots=True)
class Otherwise:
    """An order that would have gone otherwise: outcome and nodes, as decided then and under the other rules."""

    order: str
    was: tuple[str, ...]
    would_be: tuple[str, ...]


def would_change(content: Mapping[str, Any], *, channel: str, last: int) -> Iterator[Otherwise]:
    """Those of the ``last`` decisions (of the channel, or of all) that these rules would change. Raises PolicyInvalid."""
    rows = RoutingDecision.objects.select_related("order", "network").order_by("-pk")
    if channel:
        rows = rows.filter(order__channel=channel)
    for row in rows[:last]:
        try:
            was, would_be = replay(row.inputs), replay({**row.inputs, "policy": {**content, **row.instructed}})
        except (InvalidRecord, InvalidProblem) as error:
            raise PolicyInvalid(problems=str(error)) from None
        if (was.outcome, was.sites) != (would_be.outcome, would_be.sites):
            yield Otherwise(row.order.number, (was.outcome, *was.sites), (would_be.outcome, *would_be.sites))
