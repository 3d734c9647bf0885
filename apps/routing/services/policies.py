"""Publishing routing policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from apps.core.actor import Actor
from apps.routing.errors import PolicyInvalid
from apps.routing.models import PolicyState, RoutingPolicyVersion
from apps.routing.planner.codec import InvalidRecord
from apps.routing.planner.problem import InvalidProblem, PolicyContent

DEFAULT_POLICY: dict[str, Any] = PolicyContent(
    max_splits=3, split_penalty_minor=150, partial="ship_available", low_confidence_buffer_percent=20
).to_json()


@transaction.atomic
def publish_policy(*, channel: str, content: Mapping[str, Any], actor: Actor) -> RoutingPolicyVersion:
    """Make ``content`` the active version for the channel (empty: the default). Raises PolicyInvalid.

    The version it replaces is retired, never changed: decisions made under it stay explainable.
    """
    try:
        checked = PolicyContent.from_json(content)
    except (InvalidRecord, InvalidProblem) as error:
        raise PolicyInvalid(problems=str(error)) from None
    versions = RoutingPolicyVersion.objects.select_for_update().filter(channel=channel)
    for active in versions.filter(state=PolicyState.ACTIVE):
        active.retire()
        active.save()
    number = (versions.aggregate(last=Max("number"))["last"] or 0) + 1
    version = RoutingPolicyVersion(channel=channel, number=number, content=checked.to_json(), created_by=str(actor))
    version.activate()
    version.save()
    return version
