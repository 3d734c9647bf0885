"""Reads of external effects, and every lock on them (after the case about one, in pk order)."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet

from apps.compensation.models import ExternalEffect
from apps.compensation.states import UNSETTLED


def lock_effects(kind: str, subject_refs: Collection[str]) -> list[ExternalEffect]:
    """The effects of the kind on these subjects; what was never set off is left out."""
    if not subject_refs:
        return []
    rows = ExternalEffect.objects.select_for_update(no_key=True).filter(kind=kind, subject_ref__in=list(subject_refs))
    return list(rows.order_by("pk"))


def effect_on(kind: str, subject_ref: str) -> ExternalEffect | None:
    """What was set off on the subject, undone or not."""
    return ExternalEffect.objects.filter(kind=kind, subject_ref=subject_ref).first()


def unsettled_effects() -> QuerySet[ExternalEffect]:
    """What is still to be undone, the latest first."""
    return ExternalEffect.objects.filter(state__in=UNSETTLED).order_by("-pk")


def unsettled_effect(kind: str, subject_ref: str) -> ExternalEffect | None:
    return unsettled_effects().filter(kind=kind, subject_ref=subject_ref).first()
