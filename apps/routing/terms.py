"""What is said about routing from above: by the channel about its orders, by a person about one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from apps.routing.planner.problem import PartialRule, PolicyContent


@dataclass(frozen=True, slots=True)
class RoutingTerms:
    """``node_groups``: the groups it sells from, empty for all. ``priority``: smaller is served first."""

    node_groups: tuple[str, ...] = ()
    priority: int = 100


@dataclass(frozen=True, slots=True)
class Instruction:
    """What a person decided for one order, over the policy and over what the customer prefers.

    ``pins``: node code by order line pk; a pinned line may go to a node that refused it before. ``max_splits`` and
    ``partial`` stand in for the policy's. ``split_allowed``: also where the customer wanted everything at once.
    """

    pins: Mapping[int, str] = field(default_factory=dict)
    max_splits: int | None = None
    partial: PartialRule | None = None
    split_allowed: bool = False

    @property
    def rules(self) -> dict[str, Any]:
        """What it changes of a policy's content."""
        changed = {"max_splits": self.max_splits, "partial": self.partial}
        return {name: value for name, value in changed.items() if value is not None}

    def over(self, policy: PolicyContent) -> PolicyContent:
        return replace(policy, **self.rules) if self.rules else policy

    def to_json(self) -> dict[str, Any]:
        return {
            "pins": {str(pk): node for pk, node in self.pins.items()},
            "split_allowed": self.split_allowed,
            **self.rules,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Instruction:
        pins = {int(pk): node for pk, node in data.get("pins", {}).items()}
        return cls(pins, data.get("max_splits"), data.get("partial"), bool(data.get("split_allowed")))


NONE = Instruction()
