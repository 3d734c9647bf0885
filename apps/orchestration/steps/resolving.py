"""Resolutions whose time has come, those a rule applies automatically, and the steps they need."""

from __future__ import annotations

from collections.abc import Sequence

from apps.casework.events import CaseActionChosen, CaseRetryWanted
from apps.casework.models import CaseAction
from apps.casework.resolutions import perform_action, resolve_by_rule
from apps.casework.states import ActionState
from apps.catalog.events import SkuCodeMapped
from apps.core import database_clock
from apps.core.actor import Actor
from apps.core.models import Event
from apps.orchestration.models import RunState, StepRun
from apps.orchestration.services import retry_runs
from apps.orchestration.step import Due, DueOf, TryLater
from apps.orders.selectors import orders_waiting_for_code
from apps.orders.services import recheck_orders, recheck_understood


def perform_resolution(dues: Sequence[DueOf[CaseActionChosen]], actor: Actor) -> None:
    """Do what was chosen, once the time to take it back is over."""
    for due in dues:
        action = CaseAction.objects.get(pk=due.event.action)
        if action.state == ActionState.CHOSEN and action.due_at > database_clock.now():
            raise TryLater(action.due_at, "it can still be taken back")
        perform_action(action.pk, actor=actor)


def resolve_cases_by_rule(dues: Sequence[Due], actor: Actor) -> None:
    """Where a rule says so, a fresh case is settled without a person."""
    resolve_by_rule({due.subject_id for due in dues})


def retry_stopped_steps(dues: Sequence[DueOf[CaseRetryWanted]], actor: Actor) -> None:
    """Somebody wants what stopped to be started again: the run that was named, or all that stopped about its order."""
    for due in dues:
        parked = StepRun.objects.filter(state=RunState.PARKED)
        about = due.event.about
        named = parked.filter(stream=about) if not about.startswith("run:") else parked.filter(pk=due.event.run or 0)
        somebody = Actor.read(Event.objects.values_list("actor", flat=True).get(pk=due.event_id))
        retry_runs(named.values_list("pk", flat=True), somebody or actor)


def recheck_orders_of_code(dues: Sequence[DueOf[SkuCodeMapped]], actor: Actor) -> None:
    """A code from outside has a meaning now: the orders that waited for it are checked again."""
    waiting = {pk for due in dues for pk in orders_waiting_for_code(due.event.channel, due.event.code)}
    recheck_orders(waiting, actor=actor)


def recheck_orders_of_catalog(dues: Sequence[Due], actor: Actor) -> None:
    """A catalog came in: orders that were held for codes of its SKUs are checked again."""
    recheck_understood(actor=actor)
