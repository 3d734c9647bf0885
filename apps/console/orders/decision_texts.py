"""What decisions say, in the language of whoever looks."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from apps.routing.models import RoutingDecision
from apps.routing.planner import Plan
from apps.routing.planner.codec import InvalidRecord
from apps.routing.planner.decision_texts import plan_with_texts, sentence_as_text
from apps.routing.planner.problem import InvalidProblem
from apps.routing.planner.replay import Inputs
from apps.ui.language import ENGLISH, language, translated

# What reading a decision raises that was written in a form no longer known.
UNREADABLE = (InvalidRecord, InvalidProblem, LookupError, TypeError, AttributeError)


def decisions_said(decisions: Collection[RoutingDecision]) -> Mapping[int, str]:
    """The sentence of each, by primary key. English is what is kept; for others what they were made from is read, in one statement."""
    if language() == ENGLISH or not decisions:
        return {decision.pk: decision.sentence for decision in decisions}
    rows = RoutingDecision.objects.filter(pk__in=[decision.pk for decision in decisions])
    return {row.pk: translated(_sentence(row)) for row in rows.select_related("policy", "network")}


def _sentence(decision: RoutingDecision) -> str:
    try:
        inputs, kept = Inputs.from_json(decision.inputs), Plan.from_json(decision.plan)
        return sentence_as_text(decision.sentence, inputs, plan_with_texts(inputs, kept))
    except UNREADABLE:
        return decision.sentence
