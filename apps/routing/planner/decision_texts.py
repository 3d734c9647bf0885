"""A stored decision in the Texts that it was said in: a record keeps their English alone.

The nodes are judged again by what the decision was made from. Where they would be judged in other words today, what was
said then stays.
"""

from __future__ import annotations

from dataclasses import replace

from apps.routing.planner.explain import explain
from apps.routing.planner.filters import judge_site
from apps.routing.planner.items import gather_items
from apps.routing.planner.replay import Inputs
from apps.routing.planner.results import Candidate, Plan


def plan_with_texts(inputs: Inputs, kept: Plan) -> Plan:
    """The plan, its verdicts' reasons as Texts."""
    demand, policy = inputs.demand, inputs.policy
    items = gather_items(demand, by_value=bool(policy.min_shipment_value_minor))
    judged = [judge_site(site, items, demand, policy)[0] for site in inputs.sites]
    texts = {verdict.reason: verdict.reason for candidate in judged for verdict in candidate.verdicts}
    return replace(kept, candidates=tuple(_with(candidate, texts) for candidate in kept.candidates))


def _with(candidate: Candidate, texts: dict[str, str]) -> Candidate:
    verdicts = (replace(verdict, reason=texts.get(verdict.reason, verdict.reason)) for verdict in candidate.verdicts)
    return replace(candidate, verdicts=tuple(verdicts))


def sentence_as_text(sentence: str, inputs: Inputs, told: Plan) -> str:
    """The sentence as the Text it was; as it stands where another would be said today. ``told``: a plan of ``plan_with_texts``."""
    again = explain(told, inputs.demand)
    return again if again == sentence else sentence
