"""Stock written off manually, within the limits for booking a count: a page is no way around what a case would ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from apps.accounts.caller import Caller
from apps.accounts.models import Role
from apps.casework.approvals.policies import policy_for
from apps.casework.approvals.proposing import propose
from apps.casework.models import ApprovalRequest
from apps.casework.resolutions import limits
from apps.casework.resolutions.base import Effect
from apps.casework.resolutions.errors import BeyondLimits
from apps.casework.resolutions.usage import Usage, hold_writing_off, note_use_of, usage_of_all
from apps.casework.selectors import ABOUT_LEVEL
from apps.core.actor import Actor
from apps.core.money import show
from apps.core.text import Text
from apps.inventory.selectors import lock_levels
from apps.inventory.services import Planned, WorkRow, book_stock_work, fingerprint_of, plan_stock_work
from apps.inventory.states import StockWork

CODE, KIND = "count_level", "stock_count"
WRITES_OFF = (StockWork.COUNT, StockWork.CORRECT)


@transaction.atomic
def do_stock_work(
    work: StockWork, rows: Sequence[WorkRow], *, reason: str, reference: str = "", seen: str, caller: Caller
) -> list[Planned] | ApprovalRequest:
    """Book what was shown; what writes off more than the caller may becomes a proposal, and then nothing is booked.

    Raises BeyondLimits where nobody is set up to approve it, and what booking refuses.
    """
    hold_writing_off(caller.actor)
    levels = {one.level.pk for one in plan_stock_work(work, rows) if one.level}
    # Of two who write off the same goods at once the second counts what the first has had.
    lock_levels(levels)
    planned = [one for one in plan_stock_work(work, rows) if not one.problem]
    losses = losses_of(work, planned)
    crossed = [sentence for effect in losses for sentence in _crossed(effect, planned, caller)]
    if crossed and planned and fingerprint_of(planned) == seen and reason.strip():
        return _propose(work, planned, losses, crossed, reason, reference, seen, caller)
    booked = book_stock_work(work, rows, reason=reason, reference=reference, seen=seen, actor=caller.actor)
    for one in booked:
        for effect in losses_of(work, [one]):
            note_use_of(f"{ABOUT_LEVEL}{one.level.pk if one.level else 0}", CODE, effect, actor=caller.actor)
    return booked


def losses_of(work: StockWork, planned: Sequence[Planned]) -> list[Effect]:
    """What the rows write off, one effect for each currency of the goods."""
    lost: dict[str, int] = defaultdict(int)
    units: dict[str, int] = defaultdict(int)
    unknown: set[str] = set()
    for one in planned:
        if work in WRITES_OFF and one.delta < 0 and one.sku is not None:
            lost[one.sku.currency] += -one.delta * one.sku.cost_minor
            units[one.sku.currency] += -one.delta
            unknown |= {one.sku.currency} if not one.sku.cost_minor else set()
    return [
        Effect(
            Text.counted(
                "{count} unit is written off, worth {worth} at cost.",
                "{count} units are written off, worth {worth} at cost.",
                units[money],
                worth=show(minor, money),
            ),
            cost_minor=minor,
            margin_minor=-minor,
            currency=money,
            cost_unknown=money in unknown,
        )
        for money, minor in lost.items()
    ]


def _crossed(effect: Effect, planned: Sequence[Planned], caller: Caller) -> list[str]:
    rule = limits.rule_for(CODE, caller.role)
    if rule is None:
        if caller.role == Role.ADMIN:
            return []
        role = Text(str(Role(caller.role).label))
        raise BeyondLimits(why=Text("Your role ({role}) may not write stock off.", role=role), case=None)
    return limits.crossed_limits(rule, effect, effect.currency, _had(planned, effect.currency, caller.actor))


def _had(planned: Sequence[Planned], currency: str, actor: Actor) -> Usage:
    levels = [f"{ABOUT_LEVEL}{one.level.pk}" for one in planned if one.level and one.delta < 0]
    return usage_of_all(levels, CODE, currency, by_hand_of=actor)


def _propose(
    work: StockWork,
    planned: Sequence[Planned],
    losses: Sequence[Effect],
    crossed: Sequence[str],
    reason: str,
    reference: str,
    seen: str,
    caller: Caller,
) -> ApprovalRequest:
    # What is judged is one amount; goods of another currency are named beside it.
    worst = max(losses, key=lambda effect: effect.cost_minor)
    if policy_for(KIND, worst.cost_minor, worst.currency) is None:
        raise BeyondLimits(why=Text.joined(" ", [*crossed, Text("Nobody is set up to approve it.")]), case=None)
    nodes = {one.row.node for one in planned}
    rows = [[one.row.node, one.row.sku, one.row.units, one.row.to_node] for one in planned]
    payload = {"work": work.value, "rows": rows, "reason": reason, "reference": reference, "seen": seen}
    sentence = " ".join(effect.sentence for effect in losses)
    return propose(
        kind=KIND,
        target_ref=f"stock:{seen}",
        target_version=0,
        payload=payload,
        before={"stock": _listed(planned, after=False)},
        after={
            "resolution": f"{work.label} {len(planned)} SKU{'' if len(planned) == 1 else 's'}",
            "stock": _listed(planned, after=True),
        },
        effect={**worst.to_json(), "sentence": sentence},
        reason=Text("{reason}: {what}", reason=reason, what=sentence),
        limits=crossed,
        amount_minor=worst.cost_minor,
        currency=worst.currency,
        node=nodes.pop() if len(nodes) == 1 else "",
        actor=caller.actor,
    )


MOST_TOLD = 20


def _listed(planned: Sequence[Planned], *, after: bool) -> str:
    payload = [f"{one.row.sku} at {one.row.node}: {one.after if after else one.before}" for one in planned[:MOST_TOLD]]
    more = [f"and {len(planned) - MOST_TOLD} more"] if len(planned) > MOST_TOLD else []
    return "; ".join([*payload, *more])


def _rows_of(payload: Mapping[str, Any]) -> list[WorkRow]:
    return [WorkRow(node, sku, units, to_node) for node, sku, units, to_node in payload["rows"]]


def perform_stock_work(row: ApprovalRequest, actor: Actor) -> None:
    """Book what was proposed, as it was shown. Raises StockWorkChanged where stock has moved since."""
    payload = row.payload
    book_stock_work(
        StockWork(payload["work"]),
        _rows_of(payload),
        reason=payload["reason"],
        reference=payload["reference"],
        seen=payload["seen"],
        actor=actor,
    )


def stock_work_overtaken(row: ApprovalRequest) -> str:
    """What was read is no longer so where any of the levels has moved."""
    planned = plan_stock_work(StockWork(row.payload["work"]), _rows_of(row.payload))
    same = fingerprint_of(planned) == row.payload["seen"]
    return "" if same else "Stock has moved since this was proposed; count again."
