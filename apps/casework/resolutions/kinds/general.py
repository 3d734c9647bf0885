"""What can be done about any case: settle it elsewhere, put it with another, wait; and the two that need a person's word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from apps.casework.events import CaseRetryWanted, case_fact
from apps.casework.models import ExceptionCase
from apps.casework.resolutions.base import Choice, Done, Effect, Params, ParamSpec, Resolution
from apps.casework.resolutions.errors import NotResolvable
from apps.casework.resolutions.facts import Facts
from apps.casework.selectors import is_in_doubt, is_stuck
from apps.casework.services.ending import STILL_HELD, STILL_STUCK, merge_cases
from apps.casework.services.waiting import wait_case
from apps.casework.states import STANDING, CaseType, WaitingOn, holds_of
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.text import Moment, Text
from apps.fulfillment.states import RequestState
from apps.integrations.selectors import to_be_sent
from apps.integrations.services import confirm_not_received

MOST_OTHERS = 20
# What a wait is for where the type says so; the customer's answer otherwise.
WAITS_ON = {
    CaseType.NO_STOCK: WaitingOn.STOCK,
    CaseType.PARTIAL_ALLOCATION: WaitingOn.STOCK,
    CaseType.BACKORDERED: WaitingOn.STOCK,
    CaseType.OVERSOLD: WaitingOn.STOCK,
    CaseType.OUTCOME_UNKNOWN: WaitingOn.PARTNER,
    CaseType.PARTNER_SILENT: WaitingOn.PARTNER,
    CaseType.COMPENSATION_STUCK: WaitingOn.PARTNER,
    CaseType.CANCEL_AFTER_SHIP: WaitingOn.PARTNER,
    CaseType.CARRIER_OUTAGE: WaitingOn.TIME,
    CaseType.STOCK_DISCREPANCY: WaitingOn.TIME,
    CaseType.MESSAGE_QUARANTINED: WaitingOn.TIME,
    CaseType.STOCK_REFUSED: WaitingOn.TIME,
    CaseType.PRIVACY_REQUEST: WaitingOn.TIME,
}


class Wait(Resolution):
    """Put the case aside until a time, or until something changes."""

    code = "wait"
    label = "Wait"

    def why_not(self, facts: Facts) -> str:
        return ""

    def params(self, facts: Facts) -> Sequence[ParamSpec]:
        kinds = tuple(Choice(one.value, one.label) for one in WaitingOn if one != WaitingOn.APPROVAL)
        default = WAITS_ON.get(CaseType(facts.case.type), WaitingOn.CUSTOMER) if facts.case.type in CaseType else None
        until = (facts.now + timedelta(days=1)).replace(minute=0, second=0, microsecond=0).isoformat()
        return [
            ParamSpec("on", Text("Waits for"), "choice", choices=kinds, default=str(default or WaitingOn.CUSTOMER)),
            ParamSpec("until", Text("Comes back"), "moment", default=until, help=Text("at this time at the latest")),
            ParamSpec("note", Text("Note"), "text", required=False),
        ]

    def effect(self, facts: Facts, params: Params) -> Effect:
        if params["until"] <= facts.now:
            raise NotResolvable(why=Text("The time to come back is over already."))
        when, on = Moment(params["until"], "%-d %b %H:%M"), WaitingOn(params["on"])
        sentence = Text("The case waits and comes back {until} UTC; its clock stands still.", until=when)
        if on != WaitingOn.TIME:
            sentence = Text(
                "The case waits for {what} and comes back {until} UTC; its clock stands still.",
                what=Text.lowered(on.label),
                until=when,
            )
        return Effect(sentence, currency=facts.currency)

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        wait_case(facts.case.pk, on=params["on"], until=params["until"], note=params.get("note", ""), actor=actor)
        on = WaitingOn(params["on"])
        return Done(
            Text("It waits.") if on == WaitingOn.TIME else Text("It waits for {whom}.", whom=Text.lowered(on.label)),
            ends=False,
        )

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("nothing better can be done before there is news")


class ResolvedElsewhere(Resolution):
    """Close the case with a note of what was done elsewhere."""

    code = "handled_outside"
    label = "Resolved elsewhere"

    def why_not(self, facts: Facts) -> str:
        if is_in_doubt(facts.case):
            return Text("Its level gets no orders until somebody counts it.")
        if is_stuck(facts.case):
            return STILL_STUCK
        return STILL_HELD if any(hold.reason in holds_of(facts.case.type) for hold in facts.holds) else ""

    def params(self, facts: Facts) -> Sequence[ParamSpec]:
        return [ParamSpec("what", Text("What was done"), "text", help=Text("in a few words, without personal data"))]

    def effect(self, facts: Facts, params: Params) -> Effect:
        return Effect(Text("The case is closed; nothing else changes."), currency=facts.currency)

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        return Done(Text("Resolved elsewhere: {what}", what=params["what"]))

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("nothing here can settle it; say what was done")


def _others(facts: Facts) -> list[ExceptionCase]:
    """What it may be merged into: the order's others, or, where there is no order, cases of its type."""
    if facts.case.order_id is not None:
        return [one for one in facts.beside if one.order_id == facts.case.order_id]
    return facts.once("others", lambda: _look_for_others(facts.case))


def _look_for_others(case: ExceptionCase) -> list[ExceptionCase]:
    rows = ExceptionCase.objects.filter(state__in=STANDING, type=case.type).exclude(pk=case.pk)
    return list(rows.order_by("pk")[:MOST_OTHERS])


class Merge(Resolution):
    """Let the case end as part of another."""

    code = "merge"
    label = "Merge into another case"

    def why_not(self, facts: Facts) -> str:
        if is_stuck(facts.case):
            return STILL_STUCK
        return "" if _others(facts) else Text("There is no other open case it could belong to.")

    def params(self, facts: Facts) -> Sequence[ParamSpec]:
        others = tuple(Choice(row.public_id, row.sentence[:80]) for row in _others(facts))
        return [
            ParamSpec(
                "into", Text("Into"), "choice", choices=others, default=others[0].value if len(others) == 1 else None
            )
        ]

    def effect(self, facts: Facts, params: Params) -> Effect:
        return Effect(Text("This case ends as part of the other, which keeps its comments."), currency=facts.currency)

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        into = next((row for row in _others(facts) if row.public_id == params["into"]), None)
        if into is None:
            raise NotResolvable(why=Text("That case has ended meanwhile."))
        merge_cases(into.pk, others=[facts.case.pk], actor=actor)
        return Done(Text("It was merged into another case."), ends=False)

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("the same order has another case open")


class RetryStep(Resolution):
    """Start again what stopped."""

    code = "retry_step"
    label = "Retry the job"

    def why_not(self, facts: Facts) -> str:
        return "" if facts.case.detail.get("step") else Text("No job failed here.")

    def effect(self, facts: Facts, params: Params) -> Effect:
        step = str(facts.case.detail["step"]).replace("_", " ")
        return Effect(
            Text("'{step}' is retried with all its attempts; should it fail again, a new case says so.", step=step),
            currency=facts.currency,
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        # Steps are above casework: the wish is recorded as an event, and whoever asked is kept in the event.
        case = facts.case
        record(case_fact(case, CaseRetryWanted(run=case.detail.get("run"), about=case.subject_ref)), actor=actor)
        return Done(Text("The job was retried."))

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("most of what makes a job fail is over by the time somebody looks")


class ConfirmNotReceived(Resolution):
    """The partner says it never got the order: send it again under the same key."""

    code = "confirm_not_received"
    label = "They never got it: send again"

    def why_not(self, facts: Facts) -> str:
        row = facts.concerned
        if row is None:
            return Text("The case is about no fulfillment order.")
        if row.request_state != RequestState.OUTCOME_UNKNOWN or not to_be_sent(row):
            return Text("We know by now what became of it.")
        return ""

    def effect(self, facts: Facts, params: Params) -> Effect:
        row = facts.concerned
        assert row is not None
        return Effect(
            Text(
                "It is sent to {name} again, under the same key. Only if they told you they never got it: otherwise it may ship "
                "twice.",
                name=row.node.name,
            ),
            currency=facts.currency,
            leaves_building=True,
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        row = facts.concerned
        assert row is not None
        confirm_not_received(row.pk, actor=actor)
        return Done(Text("{name} never got it; it was sent again.", name=row.node.name))

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("one call to them settles it")
