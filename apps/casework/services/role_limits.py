"""Setting what a role may do about cases without approval, and how far."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction

from apps.accounts.models import Role
from apps.casework.errors import CaseRefused
from apps.casework.models import LimitWindow, ResolutionRule
from apps.core.errors import StaleVersion
from apps.core.process_cache import clear_process_cache
from apps.core.text import Text

MOST = 10**12
MOST_HOURS = 24 * 90


@dataclass(frozen=True, slots=True)
class Limit:
    """Amounts in hundredths of the unit; None: no limit. ``categories`` empty: all goods."""

    most_minor: int | None = None
    most_margin_loss_minor: int | None = None
    categories: tuple[str, ...] = ()
    own_nodes_only: bool = False
    automatic: bool = False


def fingerprint(rules: Iterable[ResolutionRule]) -> str:
    """What the limits of one resolution looked like, to notice that somebody changed them meanwhile."""
    seen = sorted((rule.role, _limit_of(rule)) for rule in rules) if rules else []
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def _limit_of(rule: ResolutionRule) -> tuple[object, ...]:
    limits = (rule.most_minor, rule.most_margin_loss_minor)
    return (*map(str, limits), tuple(rule.categories), rule.own_nodes_only, rule.automatic)


@transaction.atomic
def set_limits(resolution: str, limits: Mapping[str, Limit | None], *, seen: str | None = None) -> None:
    """For each role of ``limits`` what it may do from now on; None: it may not do this without approval. Other roles stay.

    ``seen``: the fingerprint that was shown. Raises StaleVersion, CaseRefused. Who changed it stands in the history.
    """
    rows = {rule.role: rule for rule in ResolutionRule.objects.select_for_update().filter(resolution=resolution)}
    if seen is not None and seen != fingerprint(rows.values()):
        raise StaleVersion()
    for role, limit in limits.items():
        _refuse_odd(role, limit)
        _set(resolution, role, limit, rows.get(role))
    transaction.on_commit(clear_process_cache)


@transaction.atomic
def set_window(hours: int) -> LimitWindow:
    """How long what there has been counts against the limits. Raises CaseRefused."""
    if not 1 <= hours <= MOST_HOURS:
        raise CaseRefused(problem=Text("Write whole hours from 1 to {most}.", most=MOST_HOURS))
    row = LimitWindow.objects.select_for_update().order_by("pk").first() or LimitWindow()
    if row.pk is None or row.hours != hours:
        row.hours = hours
        row.save()
    return row


def _set(resolution: str, role: str, limit: Limit | None, row: ResolutionRule | None) -> None:
    if limit is None:
        if row is not None:
            row.delete()
        return
    fresh = row or ResolutionRule(resolution=resolution, role=role)
    before = _limit_of(fresh) if row is not None else None
    fresh.most_minor, fresh.most_margin_loss_minor = limit.most_minor, limit.most_margin_loss_minor
    fresh.categories = list(limit.categories)
    fresh.own_nodes_only, fresh.automatic = limit.own_nodes_only, limit.automatic
    if _limit_of(fresh) != before:
        fresh.save()


def _refuse_odd(role: str, limit: Limit | None) -> None:
    if role not in Role.values:
        raise CaseRefused(problem=Text("There is no role {role}.", role=role))
    amounts = (limit.most_minor, limit.most_margin_loss_minor) if limit else ()
    if any(amount is not None and not 0 <= amount <= MOST for amount in amounts):
        raise CaseRefused(problem=Text("A limit is an amount from nothing upwards."))
