"""What the channel says about routing its orders; handed in from above, for routing knows no channels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RoutingTerms:
    """``node_groups``: the groups it sells from, empty for all. ``priority``: smaller is served first."""

    node_groups: tuple[str, ...] = ()
    priority: int = 100
