"""What an order, case or stock level has had already without anybody's agreement: it counts against the limits too."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, Sum

from apps.casework.models import CaseAction, LimitUse, LimitWindow
from apps.casework.resolutions.base import Effect
from apps.casework.resolutions.facts import Facts
from apps.casework.resolutions.registry import RESOLUTIONS
from apps.casework.states import ActionState
from apps.core import database_clock
from apps.core.actor import Actor
from apps.core.bulk.advisory_locks import lock_name

USUAL_HOURS = 24


@dataclass(frozen=True, slots=True)
class Usage:
    """Minor units. ``hours``: how far back."""

    amount_minor: int = 0
    margin_loss_minor: int = 0
    hours: int = USUAL_HOURS

    def with_more(self, amount_minor: int, margin_loss_minor: int) -> Usage:
        return Usage(self.amount_minor + amount_minor, self.margin_loss_minor + margin_loss_minor, self.hours)


def family_of(code: str) -> str:
    """By what its uses are summed up: an order cancelled line by line is an order cancelled."""
    return RESOLUTIONS[code].counts_as or code


def window_hours() -> int:
    row = LimitWindow.objects.first()
    return row.hours if row is not None else USUAL_HOURS


def usage_of(subject: str, code: str, currency: str) -> Usage:
    """What ``subject`` has had of this family of verbs in the window; what was undone or refused does not count.

    The caller holds the lock of the order or case, so that of two at once the second sees the first.
    """
    return usage_of_all([subject], code, currency)


def usage_of_all(subjects: Collection[str], code: str, currency: str, *, by_hand_of: Actor | None = None) -> Usage:
    """``usage_of`` of several subjects together; with what ``by_hand_of`` has done beside cases, whatever it was about."""
    hours = window_hours()
    since = database_clock.now() - timedelta(hours=hours)
    which = Q(subject__in=subjects)
    if by_hand_of is not None:
        which |= Q(actor=str(by_hand_of), action__isnull=True)
    rows = LimitUse.objects.filter(which, counts_as=family_of(code), currency=currency, used_at__gt=since)
    stands = Q(action__isnull=True) | Q(action__state__in=(ActionState.CHOSEN, ActionState.DONE))
    sums = rows.filter(stands).aggregate(amount=Sum("amount_minor"), lost=Sum("margin_loss_minor"))
    return Usage(sums["amount"] or 0, sums["lost"] or 0, hours)


def hold_writing_off(actor: Actor) -> None:
    """Until the transaction ends, nothing else is written off manually in this name: of two at once the second counts the
    first."""
    lock_name(f"writes off {actor}")


def note_use(facts: Facts, code: str, effect: Effect, *, action: CaseAction | None = None, actor: Actor) -> None:
    """Remember what was done within a limit, where it cost or gave away anything."""
    note_use_of(facts.subject, code, effect, currency=facts.currency, action=action, actor=actor)


def note_use_of(
    subject: str, code: str, effect: Effect, *, currency: str = "", action: CaseAction | None = None, actor: Actor
) -> None:
    """``note_use`` of something that has no case; ``currency`` counts where the effect names none."""
    amount, lost = effect.amount_minor, effect.margin_loss_minor
    if not amount and not lost:
        return
    LimitUse.objects.create(
        subject=subject,
        counts_as=family_of(code),
        amount_minor=amount,
        margin_loss_minor=lost,
        currency=effect.currency or currency,
        actor=str(actor),
        action=action,
        used_at=database_clock.now(),
    )
