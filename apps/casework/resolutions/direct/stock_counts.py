"""Stock counted or corrected beside a case, by the limits that count in the case: what is written off beyond them waits for
somebody else's agreement, level by level, and the rest is booked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction

from apps.accounts.caller import Caller
from apps.casework.approvals.proposing import propose
from apps.casework.models import ApprovalRequest, ExceptionCase
from apps.casework.resolutions import limits
from apps.casework.resolutions.base import Effect
from apps.casework.resolutions.facts import Facts
from apps.casework.resolutions.registry import RESOLUTIONS
from apps.casework.resolutions.usage import Usage, hold_writing_off, note_use, usage_of_all
from apps.casework.selectors import ABOUT_LEVEL, lock_cases
from apps.casework.states import STANDING, CaseType
from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.inventory.errors import StockWorkChanged
from apps.inventory.models import StockLevel
from apps.inventory.selectors import lock_levels
from apps.inventory.services import Count, Counted, count_stock
from apps.inventory.services.counting import skus_by_code

CODE = "count_level"
NEEDS_APPROVAL, REFUSED = "needs_approval", "beyond_limits"


@dataclass(slots=True)
class _Loss:
    """One level that would have fewer units. ``rows``: where they stood in what was sent."""

    level: StockLevel
    after: int
    counts: list[Count]
    rows: list[int] = field(default_factory=list)
    effect: Effect | None = None


@transaction.atomic
def count_within_limits(counts: Sequence[Count], *, reason: str, caller: Caller) -> list[Counted]:
    """Apply a feed; a level it writes more off than the caller may is left as it is: its rows return the
    proposal they became, or refused."""
    if _is_free(caller):
        return count_stock(counts, reason=reason, actor=caller.actor)
    hold_writing_off(caller.actor)
    losses = _losses(counts)
    held: dict[int, tuple[str, str]] = {}
    spent: defaultdict[str, Usage] = defaultdict(Usage)
    for loss in losses:
        answer = _judged(loss, reason, "", caller, spent)
        held |= dict.fromkeys(loss.rows, answer) if answer else {}
    done = iter(
        count_stock([one for at, one in enumerate(counts) if at not in held], reason=reason, actor=caller.actor)
    )
    answers = [
        Counted(one.node, one.sku, ok=False, code=held[at][0], detail=held[at][1]) if at in held else next(done)
        for at, one in enumerate(counts)
    ]
    _note([loss for loss in losses if all(answers[at].ok for at in loss.rows)], caller.actor)
    return answers


def perform_count(payload: Mapping[str, Any], *, actor: Actor) -> None:
    """Book what a proposal says. Raises the refusal of its first row that can't be booked."""
    counts = [Count(**one) for one in payload["counts"]]
    for answer in count_stock(counts, reason=payload["reason"], reference=payload["reference"], actor=actor):
        if not answer.ok:
            raise StockWorkChanged()


def effect_of_count(payload: Mapping[str, Any]) -> Effect | None:
    """What it would write off now; None: the level is gone. Its lock is held from here on."""
    level = lock_levels([payload["level"]]).get(payload["level"])
    if level is None:
        return None
    loss = _Loss(level, _lowest([Count(**one) for one in payload["counts"]], level.on_hand), [])
    return _effect(loss, _facts(level))


def _is_free(caller: Caller) -> bool:
    """No limit could hold it back: the usual feed of a machine costs nothing more than looking that up."""
    rule = limits.rule_for(CODE, caller.role)
    if rule is None:
        return caller.role == "admin"
    return (
        rule.most_minor is None
        and rule.most_margin_loss_minor is None
        and not rule.categories
        and not rule.own_nodes_only
    )


def _losses(counts: Sequence[Count]) -> list[_Loss]:
    """The levels that would have fewer units, locked, with the rows that are about them."""
    skus = skus_by_code({one.sku for one in counts})
    found = StockLevel.objects.filter(node__code__in={one.node for one in counts}, sku__in=skus.values())
    by_key = {(row.node.code, row.sku_id): row for row in found.select_related("node", "sku")}
    locked = _lock([row.pk for row in by_key.values()])
    losses: dict[int, _Loss] = {}
    for at, one in enumerate(counts):
        level = by_key.get((one.node, skus.get(one.sku.upper(), 0)))
        if level is None or (one.on_hand is None and one.delta is None):
            continue
        level.on_hand = locked[level.pk].on_hand
        loss = losses.setdefault(level.pk, _Loss(level, level.on_hand, []))
        loss.counts.append(one)
        loss.rows.append(at)
    for loss in losses.values():
        loss.after = _lowest(loss.counts, loss.level.on_hand)
    return [loss for loss in losses.values() if loss.after < loss.level.on_hand]


def _lock(level_ids: Sequence[int]) -> dict[int, StockLevel]:
    """The levels, after the cases about them, as everybody locks them."""
    about = [f"{ABOUT_LEVEL}{pk}" for pk in level_ids]
    standing = ExceptionCase.objects.filter(subject_ref__in=about, state__in=STANDING)
    lock_cases(list(standing.values_list("pk", flat=True)))
    return lock_levels(level_ids)


def _lowest(counts: Sequence[Count], on_hand: int) -> int:
    """The lowest the rows bring a level to: of two that contradict each other the second is refused, and the first stays."""
    lowest = on_hand
    for one in counts:
        on_hand = max(one.on_hand if one.on_hand is not None else on_hand + (one.delta or 0), 0)
        lowest = min(lowest, on_hand)
    return lowest


def _judged(
    loss: _Loss, reason: str, reference: str, caller: Caller, spent: defaultdict[str, Usage]
) -> tuple[str, str] | None:
    """None: within the caller's limits. Else why it was left, as a code and a sentence; proposed where it can be.

    ``spent``: what the rows before it have used up, by currency; this one's loss is added where it is let through.
    """
    facts = _facts(loss.level)
    loss.effect = _effect(loss, facts)
    params, money = {"on_hand": loss.after}, loss.effect.currency or facts.currency
    used = usage_of_all([facts.subject], CODE, money, by_hand_of=caller.actor)
    already = used.with_more(spent[money].amount_minor, spent[money].margin_loss_minor)
    verdict = limits.judge(
        RESOLUTIONS[CODE], facts, params, loss.effect, caller, limits.rule_for(CODE, caller.role), already=already
    )
    if not verdict.allowed:
        return REFUSED, verdict.why_not
    if not verdict.crossed:
        spent[money] = spent[money].with_more(loss.effect.amount_minor, loss.effect.margin_loss_minor)
        return None
    try:
        row = _propose(loss, loss.effect, facts, verdict.crossed, reason, reference, caller)
    except DomainError as refusal:
        return refusal.code, refusal.sentence
    return NEEDS_APPROVAL, f"{' '.join(verdict.crossed)} Nothing was booked; {row.public_id} waits for approval."


def _facts(level: StockLevel) -> Facts:
    subject = f"{ABOUT_LEVEL}{level.pk}"
    case = ExceptionCase.objects.filter(subject_ref=subject, state__in=STANDING).order_by("pk").first()
    return Facts(case or ExceptionCase(type=CaseType.STOCK_DISCREPANCY, subject_ref=subject, node=level.node.code))


def _effect(loss: _Loss, facts: Facts) -> Effect:
    return RESOLUTIONS[CODE].effect(facts, {"on_hand": loss.after})


def _propose(
    loss: _Loss,
    effect: Effect,
    facts: Facts,
    crossed: tuple[str, ...],
    reason: str,
    reference: str,
    caller: Caller,
) -> ApprovalRequest:
    level, case = loss.level, facts.case if facts.case.pk else None
    # Compared with what is on hand when it is done; a version moves with every claim.
    counts = [{**asdict(one), "expected_version": None} for one in loss.counts]
    return propose(
        kind="resolution",
        target_ref=f"{ABOUT_LEVEL}{level.pk}",
        target_version=0,
        payload={"level": level.pk, "code": CODE, "counts": counts, "reason": reason, "reference": reference},
        before={"sku": level.sku.code, "node": level.node.code, "units": level.on_hand},
        after={"resolution": RESOLUTIONS[CODE].label, "units": loss.after, "effect": effect.sentence},
        effect=effect.to_json(),
        reason=reason,
        limits=crossed,
        amount_minor=effect.amount_minor,
        currency=effect.currency,
        node=level.node.code,
        case_id=case.pk if case else None,
        actor=caller.actor,
    )


def _note(losses: Sequence[_Loss], actor: Actor) -> None:
    for loss in losses:
        if loss.effect is not None:
            note_use(_facts(loss.level), CODE, loss.effect, actor=actor)
