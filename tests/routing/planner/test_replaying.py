"""A stored decision gives the identical plan again, or says on which fields it doesn't."""

from __future__ import annotations

import pytest

from apps.routing.planner import InvalidProblem, Plan, PolicyContent, differences, inputs_json, plan, replay
from apps.routing.planner.codec import InvalidRecord
from tests.routing.planner.builders import a_demand, a_site, through_json

DEMAND = a_demand(X=3)
SITES = [a_site("a", {"X": 2}, lat=51, lon=0), a_site("b", {"X": 2}, lat=53.25, lon=-1.5)]
POLICY = PolicyContent(partial="ship_available")


def stored():
    return through_json(inputs_json(DEMAND, SITES, POLICY)), through_json(plan(DEMAND, SITES, POLICY).to_json())


def test_the_replay_of_a_stored_decision_is_identical():
    inputs, decided = stored()

    assert differences(decided, replay(inputs)) == ()


def test_a_stored_decision_that_no_longer_follows_names_what_differs():
    inputs, decided = stored()
    decided["cost_milli"] += 1

    assert differences(decided, replay(inputs)) == ("cost_milli",)


def test_other_inputs_give_other_answers():
    inputs, decided = stored()
    inputs["sites"][0]["stock"]["x"]["available"] = 3

    assert {"assignments", "costs", "cost_milli"} <= set(differences(decided, replay(inputs)))


def test_a_plan_decided_without_runner_ups_is_replayed_without_them():
    inputs = through_json(inputs_json(DEMAND, SITES, POLICY, compare=False))

    answer = replay(inputs)

    assert answer.runner_ups == ()
    assert answer == plan(DEMAND, SITES, POLICY, compare=False)


def test_what_is_chosen_does_not_depend_on_whether_runner_ups_are_asked_for():
    short, full = plan(DEMAND, SITES, POLICY, compare=False), plan(DEMAND, SITES, POLICY)

    assert (short.assignments, short.costs, short.search) == (full.assignments, full.costs, full.search)


def test_a_decision_from_before_services_were_kept_is_replayed_with_their_defaults():
    inputs, decided = stored()
    for site in inputs["sites"]:
        del site["offers"]
        for rate in site["rates"].values():
            del rate["service"]
    for cost in decided["costs"]:
        del cost["service"]

    assert differences(decided, replay(inputs)) == ()


def test_what_no_planner_can_answer_is_refused_as_such_and_not_as_unreadable():
    inputs, _ = stored()
    inputs["demand"]["lines"][0]["quantity"] = 0

    with pytest.raises(InvalidProblem, match="quantity must be 1 or more"):
        replay(inputs)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda inputs: inputs.update(schema=True),
        lambda inputs: inputs.update(schema=1.0),
        lambda inputs: inputs.update(compare=1),
        lambda inputs: inputs["demand"].update(at=5),
        lambda inputs: inputs["sites"][0].update(lat="51"),
        lambda inputs: inputs["sites"][0].update(colour="red"),
        lambda inputs: inputs["policy"].update(criteria="nearest"),
        lambda inputs: inputs.pop("demand"),
        lambda inputs: inputs.update(schema=99),
        lambda inputs: inputs["demand"].update(at="yesterday"),
        lambda inputs: inputs["sites"][0].update(capacity_left="many"),
        lambda inputs: inputs.update(sites="none"),
    ],
)
def test_refuses_inputs_it_can_not_read(spoil):
    inputs, _ = stored()
    spoil(inputs)

    with pytest.raises(InvalidRecord):
        replay(inputs)


def test_a_stored_plan_writes_each_distinct_verdict_once():
    _, decided = stored()

    texts = [str(verdict) for verdict in decided["verdicts"]]
    assert len(texts) == len(set(texts))
    assert [len(candidate["verdicts"]) for candidate in decided["candidates"]] == [9, 9]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda decided: decided.pop("verdicts"),
        lambda decided: decided["verdicts"].pop(),
        lambda decided: decided["candidates"][0].pop("name"),
        lambda decided: decided.update(outcome="lost"),
        lambda decided: decided.update(cost_milli=1.5),
    ],
)
def test_refuses_a_stored_plan_it_can_not_read(spoil):
    _, decided = stored()
    spoil(decided)

    with pytest.raises(InvalidRecord):
        Plan.from_json(decided)
