"""What happens when messages are read again by the hundred."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.channels.models import Channel
from apps.contracts.models import ContractDrift, ReplayJob
from apps.core.event_types import Ball, EventData, Subject, event
from apps.core.outbox import Fact
from apps.integrations.models import Partner

MOST_PATHS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayEvent(EventData):
    """Messages sent to be read again, and messages in all."""

    sent: int
    total: int


@event("replay.started", subject=Subject.REPLAY, ball=Ball.SYSTEM, says="Messages are to be read again.")
class ReplayStarted(ReplayEvent):
    pass


@event("replay.continued", subject=Subject.REPLAY, ball=Ball.SYSTEM, says="The next of the messages are read again.")
class ReplayContinued(ReplayEvent):
    pass


def replay_fact(job: ReplayJob, kind: type[ReplayEvent]) -> Fact:
    return Fact(kind(sent=job.sent, total=job.total), job.pk, job.public_id, job.public_id)


@event(
    "contract.drifted",
    subject=Subject.CHANNEL,
    ball=Ball.PERSON,
    says="Messages of {channel} differ from the contract {contract}.",
    public=("channel", "contract", "number", "found", "paths"),
)
class ContractDrifted(EventData):
    """``found``: new differences; ``paths``: where the first of them are."""

    channel: str
    contract: str
    number: int
    found: int
    paths: Sequence[str]


@event(
    "contract.drift_accepted",
    subject=Subject.CHANNEL,
    ball=Ball.NOBODY,
    says="A difference from the contract {contract} at {path} was accepted.",
    public=("channel", "contract", "path", "kind"),
)
class ContractDriftAccepted(EventData):
    """``kind``: one of ``DriftKind``."""

    channel: str
    contract: str
    path: str
    kind: str


@event(
    "channel.proof_due",
    subject=Subject.CHANNEL,
    ball=Ball.INTEGRATION,
    says="What the channel can do is tried with the shop itself.",
)
class ChannelProofDue(EventData):
    pass


@event(
    "partner.proof_due",
    subject=Subject.PARTNER,
    ball=Ball.INTEGRATION,
    says="What the partner can do is tried with the partner itself.",
)
class PartnerProofDue(EventData):
    pass


def partner_proof_fact(partner: Partner) -> Fact:
    return Fact(PartnerProofDue(), partner.pk, partner.public_id, partner.public_id)


def proof_fact(channel: Channel) -> Fact:
    return Fact(ChannelProofDue(), channel.pk, channel.public_id, channel.public_id)


def drifted_fact(channel: Channel, rows: Sequence[ContractDrift]) -> Fact:
    """Of rows of one contract."""
    paths = list(dict.fromkeys(row.path for row in rows))[:MOST_PATHS]
    said = ContractDrifted(
        channel=channel.code, contract=rows[0].contract, number=rows[0].number, found=len(rows), paths=paths
    )
    return Fact(said, channel.pk, channel.public_id, channel.public_id)


def drift_accepted_fact(row: ContractDrift) -> Fact:
    channel = row.channel
    said = ContractDriftAccepted(channel=channel.code, contract=row.contract, path=row.path, kind=row.kind)
    return Fact(said, channel.pk, channel.public_id, channel.public_id)
