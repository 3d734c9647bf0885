"""What any replay needs in the database before its messages come: a policy, a carrier, a channel. Run again, no change."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from apps.channels.models import Channel
from apps.core.actor import SYSTEM
from apps.network.models import Carrier, CarrierService
from apps.routing.models import PolicyState, RoutingPolicyVersion
from apps.routing.services import DEFAULT_POLICY, publish_policy


def lay_ground() -> None:
    """Enough to route by, where nothing is there yet."""
    if not RoutingPolicyVersion.objects.filter(channel="", state=PolicyState.ACTIVE).exists():
        publish_policy(channel="", content=DEFAULT_POLICY, actor=SYSTEM)
    if not CarrierService.objects.exists():
        carrier, _ = Carrier.objects.get_or_create(code="replay", defaults={"name": "Carrier of the replay"})
        CarrierService.objects.create(
            carrier=carrier, code="standard", base_minor=900, per_km_milli=600, per_kg_minor=200
        )


def replay_channel(code: str, *, kind: str, name: str, **settings: Any) -> Channel:
    """The channel that messages are sent to. Its secret follows from its code: a replay is no secret."""
    digest = hashlib.sha256(f"replay of {code}".encode()).digest()
    channel, _ = Channel.objects.get_or_create(
        code=code,
        defaults={
            "kind": kind,
            "name": name,
            "secret": f"whsec_{base64.b64encode(digest).decode()}",
            # What overtook its order is given up soon, so that the account can be closed.
            "settings": {"wait_for_order_s": 5, **settings},
        },
    )
    return channel
