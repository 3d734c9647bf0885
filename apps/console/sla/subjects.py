"""What a clock is about, by name: the kind of exception or proposal, and the order it concerns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.casework.approvals.registry import name_of
from apps.casework.models import ApprovalRequest, CaseKind, ExceptionCase
from apps.orders.models import Order
from apps.sla.models import SlaTimer
from apps.sla.stages import STAGES, Of
from apps.ui.chips import word
from apps.ui.language import translated


@dataclass(frozen=True, slots=True)
class Subject:
    """``href`` leads to the thing itself; the order beside it has a link of its own where the thing is not the order."""

    title: str
    href: str
    order: str = ""
    order_href: str = ""


def subjects_of(timers: Iterable[SlaTimer]) -> dict[int, Subject]:
    """By the timer's pk; each kind of thing is read once, however many clocks there are."""
    rows = list(timers)
    cases = dict(ExceptionCase.objects.filter(pk__in=_ids(rows, Of.CASE)).values_list("pk", "type"))
    kinds = dict(ApprovalRequest.objects.filter(pk__in=_ids(rows, Of.APPROVAL)).values_list("pk", "kind"))
    names = dict(CaseKind.objects.filter(code__in=set(cases.values())).values_list("code", "name"))
    titles = {Of.CASE: {pk: translated(names.get(kind, "")) or word("casetype", kind) for pk, kind in cases.items()}}
    titles[Of.APPROVAL] = {pk: translated(name_of(kind)) for pk, kind in kinds.items()}
    return {timer.pk: _subject(timer, titles) for timer in rows}


def _ids(timers: Iterable[SlaTimer], of: Of) -> set[int]:
    return {timer.subject_id for timer in timers if STAGES[timer.stage].of is of}


def _subject(timer: SlaTimer, titles: dict[Of, dict[int, str]]) -> Subject:
    of = STAGES[timer.stage].of
    number, order_href = _order(timer.order)
    if of is Of.CASE:
        title = titles[of].get(timer.subject_id, _("Exception"))
        return Subject(title, reverse("console:case", args=[timer.subject_ref]), number, order_href)
    if of is Of.APPROVAL:
        title = _("Proposal: {name}").format(name=titles[of].get(timer.subject_id, timer.subject_ref))
        return Subject(title, reverse("console:approval", args=[timer.subject_ref]), number, order_href)
    return Subject(number or timer.subject_ref, order_href)


def _order(order: Order | None) -> tuple[str, str]:
    return (order.number, reverse("console:order", args=[order.public_id])) if order else ("", "")
