"""Publishing routing policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.core.actor import Actor
from apps.core.errors import StaleVersion
from apps.core.text import Text
from apps.core.transactions import service
from apps.routing.errors import PolicyInvalid
from apps.routing.models import PolicyState, RoutingPolicyVersion
from apps.routing.planner.codec import InvalidRecord
from apps.routing.planner.problem import InvalidProblem, PolicyContent

DEFAULT_POLICY: dict[str, Any] = PolicyContent(
    max_splits=3, split_penalty_minor=150, partial="ship_available", low_confidence_buffer_percent=20
).to_json()


@service
def publish_policy(
    *, channel: str, content: Mapping[str, Any], note: str = "", seen: int | None = None, actor: Actor
) -> RoutingPolicyVersion:
    """Make ``content`` the active version for the channel (empty: the default). Raises PolicyInvalid, StaleVersion.

    The version it replaces is retired, never changed: decisions made under it stay explainable. ``note``: why. ``seen``:
    the number of the version that was the latest when its maker looked (0: none was).
    """
    checked = checked_content(content)
    versions = RoutingPolicyVersion.objects.select_for_update().filter(channel=channel)
    latest = versions.order_by("-number").first()
    if seen is not None and seen != (latest.number if latest else 0):
        raise StaleVersion(current=latest.number if latest else 0)
    for active in versions.filter(state=PolicyState.ACTIVE):
        active.retire()
        active.save()
    version = RoutingPolicyVersion(
        channel=channel,
        number=(latest.number if latest else 0) + 1,
        content=checked.to_json(),
        note=note[:255],
        created_by=str(actor),
    )
    version.activate()
    version.save()
    return version


def checked_content(content: Mapping[str, Any]) -> PolicyContent:
    """The rules as the planner reads them. Raises PolicyInvalid: for what it can't read, and for rules that compare nothing."""
    try:
        checked = PolicyContent.from_json(content)
    except (InvalidRecord, InvalidProblem) as error:
        raise PolicyInvalid(problems=str(error)) from None
    if not content or not checked.criteria:
        raise PolicyInvalid(problems=Text("it names nothing by which locations are compared"))
    if "given_order" in checked.criteria and not checked.node_order:
        raise PolicyInvalid(problems=Text("it goes by a given order of locations and names none"))
    return checked
