"""Keeping the house: the canary, what expires, what is old."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from apps.casework.approvals.proposing import expire_due as expire_approvals
from apps.casework.services import escalate_due, forget_watchers, wake_answered, wake_due
from apps.channels.services.previewing import forget_previews
from apps.core import database_clock
from apps.core.actor import Actor
from apps.core.models import IdempotencyRecord
from apps.core.outbox import Fact, record
from apps.core.text import Text
from apps.core.transactions import in_transaction
from apps.inventory.models import Reservation
from apps.inventory.services import release_reservations
from apps.inventory.states import ReservationState
from apps.notifications.services import forget_notices
from apps.orchestration import queue
from apps.orchestration.events import CanarySent
from apps.orchestration.models import Canary, RunState, StepRun
from apps.orders.models import Hold, Order
from apps.orders.services import learn_habits, recheck_understood, release_hold
from apps.outbound.services import forget_calls
from apps.outbound.states import CounterpartKind
from apps.routing.services.saving import forget_snapshots
from apps.sla.services import forget_clocks
from apps.webhooks.services import forget_deliveries

KEEP_IDEMPOTENCY = timedelta(days=30)
KEEP_DONE_RUNS = timedelta(days=7)
# Whether a partner has an order is judged by what was said to it.
KEEP_PARTNER_CALLS = timedelta(days=180)
KEEP_CALLS = timedelta(days=30)
KEEP_CLOCKS = timedelta(days=180)
KEEP_DELIVERIES = timedelta(days=30)
KEEP_NOTICES = timedelta(days=90)
KEEP_PREVIEWS = timedelta(days=1)
KEEP_SNAPSHOTS = timedelta(days=1)
CANARY_STALE = timedelta(seconds=90)
CARE_BATCH = 200
EXPIRY = Actor("system", "expiry")


@transaction.atomic
def send_canary() -> None:
    """Send one through the whole path; its age is the health of the workers."""
    Canary.objects.update_or_create(pk=1, defaults={"sent_at": database_clock.now()})
    record(Fact(CanarySent(), subject_id=1, subject_ref="", stream=""), actor=Actor("system", "canary"))


def note_canary() -> None:
    Canary.objects.filter(pk=1).update(returned_at=database_clock.now())


def canary_age() -> timedelta | None:
    """How long ago a canary last came back; None: never."""
    returned: datetime | None = Canary.objects.filter(pk=1).values_list("returned_at", flat=True).first()
    return database_clock.now() - returned if returned else None


def expire() -> None:
    """Leases, holds, soft claims and proposals whose time is over; orders whose codes are understood by now; and what orders
    usually come to, learned meanwhile."""
    queue.reclaim_expired_leases()
    now = database_clock.now()
    for order_id, reason in Hold.objects.filter(released_at__isnull=True, expires_at__lte=now).values_list(
        "order_id", "reason"
    ):
        release_hold(order_id, reason=reason, note=Text("expired"), actor=EXPIRY)
    expired = Reservation.objects.filter(state=ReservationState.RESERVED, expires_at__lte=now).values_list(
        "pk", "order_id"
    )
    pairs = list(expired[:1000])
    references = dict(Order.objects.filter(pk__in={o for _, o in pairs}).values_list("pk", "public_id"))
    release_reservations([pk for pk, _ in pairs], reason="expired", references=references, actor=EXPIRY)
    expire_approvals()
    recheck_understood(actor=EXPIRY)
    learn_habits()


def wake_and_escalate_cases() -> None:
    """Wake cases whose wait is over or whose answer has come; escalate those that are not resolved in time."""
    for work in (wake_due, wake_answered, escalate_due):
        while in_transaction(partial(work, CARE_BATCH)) == CARE_BATCH:
            pass


def purge() -> None:
    """Forget what has been kept long enough."""
    now = database_clock.now()
    forget_watchers()
    IdempotencyRecord.objects.filter(created_at__lt=now - KEEP_IDEMPOTENCY).delete()
    StepRun.objects.filter(state=RunState.DONE, finished_at__lt=now - KEEP_DONE_RUNS).delete()
    forget_calls(CounterpartKind.PARTNER, before=now - KEEP_PARTNER_CALLS)
    for kind in (CounterpartKind.SHOP, CounterpartKind.WEBHOOK):
        forget_calls(kind, before=now - KEEP_CALLS)
    forget_clocks(stopped_before=now - KEEP_CLOCKS)
    forget_deliveries(now - KEEP_DELIVERIES)
    forget_notices(now - KEEP_NOTICES)
    forget_previews(now - KEEP_PREVIEWS)
    forget_snapshots(now - KEEP_SNAPSHOTS)
