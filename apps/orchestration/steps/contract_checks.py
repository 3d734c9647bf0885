"""What follows when channels' contracts are watched and what they did not understand is read again."""

from __future__ import annotations

from collections.abc import Sequence

from apps.channels.models import Channel
from apps.contracts.services.proving import prove_channel
from apps.contracts.services.proving_partners import prove_partner
from apps.contracts.services.replaying import replay_part
from apps.core.actor import Actor
from apps.integrations.models import Partner
from apps.orchestration.step import Due


def replay_messages(dues: Sequence[Due], actor: Actor) -> None:
    """Read the next part of many messages again."""
    for due in dues:
        replay_part(due.subject_ref, actor=actor)


def prove_partners(dues: Sequence[Due], actor: Actor) -> None:
    """Try with the partner itself what it does; no order is put there."""
    for partner in Partner.objects.filter(pk__in=[due.subject_id for due in dues], active=True):
        prove_partner(partner, live=True, write=False)


def prove_channels(dues: Sequence[Due], actor: Actor) -> None:
    """Try with the shop itself whatever a channel declares; nothing is written there."""
    for channel in Channel.objects.filter(pk__in=[due.subject_id for due in dues]):
        if channel.speaks:
            prove_channel(channel, live=True, write=False)
