"""What is recommended for several cases, by action, with what it comes to; chosen together and taken back together."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from apps.accounts.caller import Caller
from apps.casework.errors import CaseRefused
from apps.casework.models import ApprovalRequest, CaseAction, ExceptionCase
from apps.casework.resolutions.base import Effect
from apps.casework.resolutions.choosing import LONGEST_UNDO_S, choose_resolution, undo_action
from apps.casework.resolutions.options import options_for
from apps.casework.states import ActionState
from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.core.ids import new_id
from apps.core.transactions import in_transaction

CHANGED = "What is recommended has changed since it was shown; look again."


@dataclass(frozen=True, slots=True)
class Advice:
    """What is recommended for one case."""

    case: ExceptionCase
    code: str
    effect: Effect
    needs_approval: bool


@dataclass(frozen=True, slots=True)
class Group:
    """One action for several cases, all of them done at once or all of them proposed."""

    code: str
    needs_approval: bool
    advice: tuple[Advice, ...]

    @property
    def totals(self) -> dict[str, int]:
        """What it comes to in minor units by currency; what costs nothing is left out."""
        sums: Counter[str] = Counter()
        for one in self.advice:
            sums[one.effect.currency] += one.effect.amount_minor
        return {currency: minor for currency, minor in sorted(sums.items()) if minor and currency}

    @property
    def fingerprint(self) -> str:
        """What was shown: it is done only if it is still that."""
        seen = [(one.case.public_id, one.effect.amount_minor, one.effect.currency) for one in self.advice]
        return hashlib.sha256(repr((self.code, self.needs_approval, sorted(seen))).encode()).hexdigest()[:16]


@dataclass(slots=True)
class Applied:
    """What came of it. ``batch``: by which all of it is taken back; ``refusals``: one for each that was refused."""

    batch: str
    chosen: list[Advice] = field(default_factory=list)
    proposed: int = 0
    refusals: list[DomainError] = field(default_factory=list)


def recommended_for(cases: Iterable[ExceptionCase], caller: Caller) -> list[Group]:
    """The recommendations of those that have one which needs nothing filled in, the largest group first.

    Of two cases of one order with the same recommendation the first counts: an order is cancelled once.
    """
    found: dict[tuple[str, bool], list[Advice]] = {}
    seen: set[tuple[int, str]] = set()
    for case in cases:
        best = next((one for one in options_for(case, caller) if one.recommended and one.effect), None)
        if best is None or best.effect is None or (case.order_id and (case.order_id, best.code) in seen):
            continue
        seen.add((case.order_id or 0, best.code))
        advice = Advice(case, best.code, best.effect, best.needs_approval)
        found.setdefault((best.code, best.needs_approval), []).append(advice)
    groups = [Group(code, needs, tuple(advice)) for (code, needs), advice in found.items()]
    return sorted(groups, key=lambda group: -len(group.advice))


def apply_in_bulk(
    cases: Sequence[ExceptionCase], *, seen: str = "", undo_s: int, caller: Caller
) -> tuple[list[Group], Applied]:
    """Choose the recommendations, each in its own transaction: one that is refused leaves the others chosen.

    ``seen``: the fingerprint of the group that was shown; empty: all of them. Raises CaseRefused where it has changed.
    """
    groups = recommended_for(cases, caller)
    if seen:
        groups = [group for group in groups if group.fingerprint == seen]
        if not groups:
            raise CaseRefused(problem=CHANGED)
    applied = Applied(new_id("bat"))
    # The first of many must not be done before the last is chosen and somebody has seen the way back.
    patience = min(undo_s + sum(len(group.advice) for group in groups) // 4, LONGEST_UNDO_S)
    for advice in (one for group in groups for one in group.advice):
        _apply(advice, applied, patience, caller)
    return groups, applied


def _apply(advice: Advice, applied: Applied, undo_s: int, caller: Caller) -> None:
    try:
        made = in_transaction(partial(_choose, advice, applied.batch, undo_s, caller))
    except DomainError as refusal:
        applied.refusals.append(refusal)
        return
    if isinstance(made, ApprovalRequest):
        applied.proposed += 1
    else:
        applied.chosen.append(advice)


def _choose(advice: Advice, batch: str, undo_s: int, caller: Caller) -> CaseAction | ApprovalRequest:
    return choose_resolution(
        advice.case.pk,
        code=advice.code,
        params={},
        expected_version=advice.case.version,
        undo_s=undo_s,
        caller=caller,
        recommended=True,
        batch=batch,
    )


def undo_in_bulk(batch: str, *, actor: Actor) -> tuple[int, list[DomainError]]:
    """Take back all that this person chose together and that is not done yet; returns how many, and the refusals."""
    mine = CaseAction.objects.filter(batch=batch, actor=str(actor)).exclude(state=ActionState.UNDONE)
    undone, refusals = 0, list[DomainError]()
    for ref in mine.order_by("pk").values_list("public_id", flat=True) if batch else ():
        try:
            in_transaction(partial(undo_action, ref, actor=actor))
            undone += 1
        except DomainError as refusal:
            refusals.append(refusal)
    return undone, refusals
