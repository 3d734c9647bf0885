"""Keeping the log of calls short."""

from __future__ import annotations

from datetime import datetime

from apps.outbound.models import CallLog
from apps.outbound.states import CounterpartKind


def forget_calls(kind: CounterpartKind, *, before: datetime) -> None:
    """Drop the calls to this kind of counterpart that were made before."""
    CallLog.objects.filter(kind=kind, started_at__lt=before).delete()
