"""Stopping clocks: in time, too late, or because they are no longer needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from apps.casework.services import clear_cases
from apps.casework.states import CaseType
from apps.core.actor import Actor
from apps.core.bulk.columns import as_array
from apps.core.text import Text
from apps.sla import selectors
from apps.sla.active_policy import book_in_force
from apps.sla.models import SlaPolicyVersion, SlaTimer
from apps.sla.rules import Rule, read_rule
from apps.sla.services.recalculating import settle

# Locked in pk order first: two fulfillment orders of one order may end the same stage of it at once. What came before a clock
# began, does not end it: an order rerouted was with a node before.
_STOP = """
WITH over AS MATERIALIZED (
    SELECT t.id, v.at, v.void FROM unnest(%s::text[], %s::bigint[], %s::timestamptz[], %s::boolean[]) AS v(stage, subject_id, at, void)
      JOIN sla_slatimer t ON t.stage = v.stage AND t.subject_id = v.subject_id
     WHERE t.state IN ('running', 'paused') AND (v.void OR v.at >= t.started_at) ORDER BY t.id FOR UPDATE OF t)
UPDATE sla_slatimer t
   SET state = CASE WHEN over.void THEN 'void' WHEN t.paused_at IS NULL AND over.at > t.due_at THEN 'missed' ELSE 'met' END,
       stopped_at = over.at, paused_at = NULL, left_s = NULL,
       next_at = CASE WHEN NOT over.void AND t.paused_at IS NULL AND over.at > t.due_at AND t.breached_at IS NULL
                      THEN t.due_at END
  FROM over WHERE t.id = over.id
RETURNING t.stage, t.subject_ref, t.policy_id, t.rule, t.state, t.warned_at IS NOT NULL OR t.breached_at IS NOT NULL
"""
# What was late stays late; a customer who waited too long is contacted all the same.
_STAYS = frozenset({CaseType.PROMISE_MISSED})


@dataclass(frozen=True, slots=True)
class Stop:
    """A stage that ended at ``at``; ``void``: by something that makes its clock pointless."""

    stage: str
    subject_id: int
    at: datetime
    void: bool = False


def stop_timers(stops: Iterable[Stop], *, actor: Actor) -> int:
    """Stop the standing clocks of these stages; cases they had opened are closed where their cause has gone.

    One that ended too late and whose breach was not reported yet stays to be looked at, so that it still is.
    """
    first: dict[tuple[str, int], Stop] = {}
    for stop in stops:
        key = (stop.stage, stop.subject_id)
        if key not in first or stop.at < first[key].at:
            first[key] = stop
    if not first:
        return 0
    rows = list(first.values())
    columns = [
        as_array([row.stage for row in rows]),
        as_array([row.subject_id for row in rows]),
        as_array([row.at for row in rows]),
        as_array([row.void for row in rows]),
    ]
    # What held it meanwhile may not have come to the clock yet.
    doubtful = selectors.lock_doubtful(*zip(*[(row.stage, row.subject_id, row.at) for row in rows], strict=True))
    settle(doubtful, book_in_force(), hours_too=False)
    with connection.cursor() as cursor:
        cursor.execute(_STOP, columns)
        stopped = cursor.fetchall()
    _clear([row for row in stopped if row[5]], actor)
    return len(stopped)


def forget_clocks(*, stopped_before: datetime) -> int:
    """Drop clocks that were stopped before then; their events stay in the log. Returns how many."""
    return SlaTimer.objects.filter(stopped_at__lt=stopped_before).delete()[0]


def _clear(fact: Sequence[tuple[str, str, int, int, str, bool]], actor: Actor) -> None:
    if not fact:
        return
    contents = dict(SlaPolicyVersion.objects.filter(pk__in={row[2] for row in fact}).values_list("pk", "content"))
    kinds: dict[str, set[str]] = {}
    for _, ref, policy, number, state, _ in fact:
        rule = _rule_of(contents.get(policy, {}), number)
        stays = _STAYS if state == "missed" else frozenset()
        kinds.setdefault(ref, set()).update({rule.case_warned, rule.case_breached} - {""} - stays)
    for ref, types in kinds.items():
        if types:
            clear_cases(
                [ref], types=types, resolution=Text("It was done after all, or is no longer needed."), actor=actor
            )


def _rule_of(content: dict[str, list[dict[str, object]]], number: int) -> Rule:
    rules = content.get("rules", [])
    return read_rule(rules[number]) if number < len(rules) else Rule("")
