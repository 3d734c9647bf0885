"""Replay a stored decision: the inputs as they were, decided again, compared with what was decided then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.routing.planner.codec import InvalidRecord, Record
from apps.routing.planner.plan import plan
from apps.routing.planner.problem import Demand, PolicyContent, Site
from apps.routing.planner.results import Plan


@dataclass(frozen=True, slots=True)
class Inputs(Record):
    """Everything a decision depended on."""

    demand: Demand
    sites: tuple[Site, ...]
    policy: PolicyContent
    compare: bool = True
    schema: int = 1


def inputs_json(
    demand: Demand, sites: Sequence[Site], policy: PolicyContent, *, compare: bool = True
) -> dict[str, Any]:
    """What to store beside a decision so that it can be replayed."""
    return Inputs(demand, tuple(sites), policy, compare).to_json()


def replay(stored: Mapping[str, Any]) -> Plan:
    """Decide again from stored inputs. Raises `InvalidRecord` where they can't be read."""
    inputs = Inputs.from_json(stored)
    if inputs.schema != 1:
        raise InvalidRecord(f"inputs of schema {inputs.schema} are not understood")
    return plan(inputs.demand, inputs.sites, inputs.policy, compare=inputs.compare)


def differences(stored_plan: Mapping[str, Any], replayed: Plan) -> tuple[str, ...]:
    """Names of the plan's fields on which a stored decision and its replay disagree; empty when they are identical.

    A verdict is its check, outcome and figures: its reason only says them, and better words later are no other decision.
    """
    then, now = (_without_words(one.to_json()) for one in (Plan.from_json(stored_plan), replayed))
    return tuple(name for name in now if then[name] != now[name])


def _without_words(plan: Mapping[str, Any]) -> dict[str, Any]:
    verdicts = [{name: value for name, value in one.items() if name != "reason"} for one in plan["verdicts"]]
    return {**plan, "verdicts": verdicts}
