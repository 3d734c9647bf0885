"""Packages: what of a plan travels together. Goods of different shipping categories don't share a package, and neither
do units on hand and units still to come."""

from __future__ import annotations

from dataclasses import dataclass

from apps.routing.planner.codec import Record
from apps.routing.planner.problem import Demand
from apps.routing.planner.results import Assignment, Plan


@dataclass(frozen=True, slots=True)
class PlannedPackage(Record):
    """Assignments of one node, one shipping category, all on hand or all backordered."""

    site: str
    category: str
    backordered: bool
    contents: tuple[Assignment, ...]

    @property
    def units(self) -> int:
        return sum(assignment.quantity for assignment in self.contents)


def packages_of(demand: Demand, planned: Plan) -> tuple[PlannedPackage, ...]:
    """The plan's packages, by node, on-hand before backordered, then category."""
    category = {line.line_ref: line.shipping_category for line in demand.lines}
    groups: dict[tuple[str, bool, str], list[Assignment]] = {}
    for assignment in planned.assignments:
        key = (assignment.site, assignment.backordered, category[assignment.line_ref])
        groups.setdefault(key, []).append(assignment)
    return tuple(
        PlannedPackage(site, kind, backordered, tuple(groups[site, backordered, kind]))
        for site, backordered, kind in sorted(groups)
    )
