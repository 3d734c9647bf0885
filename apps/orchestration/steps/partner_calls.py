"""Talking to partners: one call at a time, under a lease, outside any transaction. And what their answers lead to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import structlog

from apps.casework.resolutions.kinds.sourcing import MOVED
from apps.casework.services import Problem, clear_cases, open_case, open_cases
from apps.casework.states import CaseType
from apps.compensation.services import (
    compensate_effects,
    confirm_effects,
    give_up_compensation,
    note_failure,
    want_compensation,
)
from apps.compensation.states import EffectKind, EffectState
from apps.core import database_clock
from apps.core.actor import Actor
from apps.core.event_types import EventData
from apps.core.models import Event
from apps.core.text import Text
from apps.fulfillment.events import (
    FulfillmentCancelled,
    FulfillmentCancelRefused,
    FulfillmentLeftAnyway,
    FulfillmentRejected,
    FulfillmentRestCancelled,
    FulfillmentSubmitted,
)
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.selectors import OUTSIDE
from apps.fulfillment.services import note_outcome_unknown
from apps.integrations.errors import OutcomeUnsure, PartnerFault, PartnerQuiet
from apps.integrations.services import ask_to_cancel, ever_sent, fetch_updates, recall, submit, withdraw
from apps.integrations.services.updates import NotTaken
from apps.orchestration.backoff import next_attempt
from apps.orchestration.step import Due, TryLater

log = structlog.get_logger(__name__)
SUBMIT_ATTEMPTS = 4
SUBMISSION = EffectKind.PARTNER_SUBMISSION
# Who says so when a partner itself gives a fulfillment order back: its callback, or a step that got its answer.
_PARTNERS_OWN = ("partner:", "step:")


def submit_to_partner(dues: Sequence[Due], actor: Actor) -> None:
    """Send one fulfillment order to the partner that runs its node."""
    for due in dues:
        try:
            submit(due.subject_id, actor=actor)
        except PartnerQuiet as quiet:
            raise TryLater(quiet.until, quiet.reason) from None
        except OutcomeUnsure:
            if due.attempts + 1 < SUBMIT_ATTEMPTS:
                raise
            # All attempts to find out are spent. Parking would hide that the partner may have it.
            note_outcome_unknown(due.subject_id, actor=actor)


def fetch_partner_updates(dues: Sequence[Due], actor: Actor) -> None:
    """Ask a partner that reports nothing itself what has happened. One that is not well now is asked the next time."""
    for due in dues:
        try:
            refused = fetch_updates(due.subject_id)
        except (PartnerQuiet, PartnerFault) as not_now:
            log.warning("partner_not_asked", partner=due.subject_ref, error=repr(not_now)[:300])
            continue
        rows = FulfillmentOrder.objects.select_related("node", "order").in_bulk(
            [one.fulfillment_order for one in refused], field_name="public_id"
        )
        # Others of theirs are other people's orders, or ours of another system.
        ours = [(rows[one.fulfillment_order], one) for one in refused if one.fulfillment_order in rows]
        open_cases([_not_taken(row, one) for row, one in ours], actor=actor)


def _not_taken(row: FulfillmentOrder, told: NotTaken) -> Problem:
    sentence = Text("{name} reports what can’t be noted here: {why}", name=row.node.name, why=told.sentence)
    return Problem(
        type=CaseType.DEAD_LETTER,
        subject_ref=row.public_id,
        sentence=sentence,
        order_id=row.order_id,
        stream=row.order.public_id,
        detail={"node": row.node.code},
        node=row.node.code,
    )


def ask_partner_to_cancel(dues: Sequence[Due], actor: Actor) -> None:
    """Take a called-off fulfillment order back from its partner, for as long as it takes."""
    for due in dues:
        row = FulfillmentOrder.objects.select_related("node").get(pk=due.subject_id)
        again = _take_back_one(row, due, actor)
        if again is not None:
            raise TryLater(again, "still to be taken back")


def _take_back_one(row: FulfillmentOrder, due: Due, actor: Actor) -> datetime | None:
    """None: settled."""
    try:
        standing = withdraw(row.pk, actor=actor)
    except PartnerQuiet as quiet:
        return quiet.until
    if standing == "left":
        open_case(_left(row, due), actor=actor)
        give_up_compensation(SUBMISSION, [row.public_id], actor=actor)
    if standing == "ask":
        return _undo(row, due, actor, lambda: ask_to_cancel(row.pk, actor=actor))
    return None


def take_back_rejected(dues: Sequence[Due], actor: Actor) -> None:
    """Somebody here took a fulfillment order away from a partner that has it: it must not ship as well."""
    for due in dues:
        row = FulfillmentOrder.objects.select_related("node").filter(pk=due.subject_id, node__kind__in=OUTSIDE).first()
        if row is None or _by(due).startswith(_PARTNERS_OWN) or not ever_sent(row.pk):
            continue
        again = _undo(row, due, actor, partial(_recall, row, due, actor))
        if again is not None:
            raise TryLater(again, "still to be taken back")


def _recall(row: FulfillmentOrder, due: Due, actor: Actor) -> None:
    if recall(row.pk, actor=actor):
        compensate_effects(SUBMISSION, [row.public_id], actor=actor)
        return
    open_case(_may_ship(row, due), actor=actor)
    give_up_compensation(SUBMISSION, [row.public_id], actor=actor)


def _undo(row: FulfillmentOrder, due: Due, actor: Actor, act: Callable[[], None]) -> datetime | None:
    """Try to undo a submission; returns when to try again. One partner's trouble never keeps another from being asked."""
    effect = want_compensation(SUBMISSION, row.public_id, stream=due.stream, actor=actor)
    if effect.state == EffectState.COMPENSATED:
        # Whoever called them has said so.
        return None
    try:
        act()
    except Exception as error:
        # Waiting for a free place among the calls, or for a submission that is under way, is no failure to cancel.
        if isinstance(error, PartnerQuiet) and not error.sick:
            return error.until
        return _note_failure(row, due, error, actor)
    return None


def _note_failure(row: FulfillmentOrder, due: Due, error: Exception, actor: Actor) -> datetime:
    log.warning("compensation_failed", subject=row.public_id, error=repr(error)[:300])
    effect = note_failure(SUBMISSION, row.public_id, error=repr(error), actor=actor)
    again = next_attempt(effect.attempts, now=database_clock.now())
    return max(again, error.until) if isinstance(error, PartnerQuiet) else again


def _left(row: FulfillmentOrder, due: Due) -> Problem:
    sentence = Text(
        "{name} shipped before it could be stopped; intercept the parcel or agree on a return.", name=row.node.name
    )
    return _problem(CaseType.CANCEL_AFTER_SHIP, row, due, sentence)


def _may_ship(row: FulfillmentOrder, due: Due) -> Problem:
    sentence = Text(
        "{name} may still ship what was taken away from them and routed elsewhere; call them.", name=row.node.name
    )
    return _problem(CaseType.CANCEL_AFTER_SHIP, row, due, sentence)


def _problem(kind: str, row: FulfillmentOrder, due: Due, sentence: str) -> Problem:
    return Problem(
        type=kind,
        subject_ref=row.public_id,
        sentence=sentence,
        order_id=row.order_id,
        stream=due.stream,
        detail={"node": row.node.code, **due.event.to_json()},
        node=row.node.code,
    )


_UNDONE = (FulfillmentCancelled, FulfillmentRestCancelled)


def settle_with_partner(dues: Sequence[Due], actor: Actor) -> None:
    """What was open between us and a partner is settled: they have it, it is undone, or it can't be; nothing is left unknown."""
    refused = _refs(dues, FulfillmentCancelRefused)
    known = {due.subject_ref for due in dues} - refused
    clear_cases(known, types=[CaseType.OUTCOME_UNKNOWN], resolution=Text("the partner was heard from"), actor=actor)
    confirm_effects(SUBMISSION, _refs(dues, FulfillmentSubmitted), actor=actor)
    compensate_effects(SUBMISSION, _refs(dues, *_UNDONE) | _given_back(dues), actor=actor)
    give_up_compensation(SUBMISSION, refused, actor=actor)


def _refs(dues: Sequence[Due], *events: type[EventData]) -> set[str]:
    return {due.subject_ref for due in dues if isinstance(due.event, events)}


def _given_back(dues: Sequence[Due]) -> set[str]:
    """What partners themselves turned down; what somebody here took away from them is still to be stopped there."""
    rejected = {due.event_id: due.subject_ref for due in dues if isinstance(due.event, FulfillmentRejected)}
    by = Event.objects.filter(pk__in=rejected).values_list("pk", "actor") if rejected else ()
    return {rejected[pk] for pk, actor in by if actor.startswith(_PARTNERS_OWN)}


def report_partner(dues: Sequence[Due], actor: Actor) -> None:
    """Put before a person what a partner did that nobody wanted."""
    rows = FulfillmentOrder.objects.select_related("node").in_bulk([due.subject_id for due in dues])
    problems = [_REPORTS[type(due.event)](rows[due.subject_id], due) for due in dues if _by_partner(rows, due)]
    open_cases(problems, actor=actor)


def _by_partner(rows: dict[int, FulfillmentOrder], due: Due) -> bool:
    row = rows.get(due.subject_id)
    if row is None or row.node.kind not in OUTSIDE or row.reject_note == MOVED:
        return False
    return not _by(due).startswith("staff:")


def _by(due: Due) -> str:
    """Who recorded the event."""
    return Event.objects.values_list("actor", flat=True).get(pk=due.event_id)


def _rejected(row: FulfillmentOrder, due: Due) -> Problem:
    why = row.reject_note.replace("_", " ") or row.get_reject_reason_display().lower()
    sentence = f"{row.node.name} refused ({why}); its lines are being routed elsewhere."
    return _problem(CaseType.PARTNER_REJECTED, row, due, sentence)


def _left_anyway(row: FulfillmentOrder, due: Due) -> Problem:
    sentence = f"{row.node.name} shipped although it was called off; intercept the parcel or agree on a return."
    return _problem(CaseType.CANCEL_AFTER_SHIP, row, due, sentence)


_REPORTS: dict[type[EventData], Callable[[FulfillmentOrder, Due], Problem]] = {
    FulfillmentRejected: _rejected,
    FulfillmentLeftAnyway: _left_anyway,
}
