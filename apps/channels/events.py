"""What happens between us and channels: messages, files, contracts, polls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.channels.models import Channel, ChannelNotice, ContractVersion, InboxMessage, UploadJob
from apps.core.event_types import Ball, EventData, Subject, event
from apps.core.outbox import Fact

MESSAGE, CHANNEL, UPLOAD = Subject.MESSAGE, Subject.CHANNEL, Subject.UPLOAD


@event("inbox.received", subject=MESSAGE, ball=Ball.SYSTEM, says="A message came in.")
class InboxReceived(EventData):
    """``replayed``: somebody wants it read again."""

    replayed: bool | None = None


@event(
    "inbox.early", subject=MESSAGE, ball=Ball.SYSTEM, says="A message came before its order; it waits up to 15 minutes."
)
class InboxEarly(EventData):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadEvent(EventData):
    """Orders taken in, and orders in all."""

    done: int
    total: int


@event("upload.received", subject=UPLOAD, ball=Ball.SYSTEM, says="A file of orders was uploaded.")
class UploadReceived(UploadEvent):
    pass


@event("upload.continued", subject=UPLOAD, ball=Ball.SYSTEM, says="The next part of an order file is being imported.")
class UploadContinued(UploadEvent):
    pass


@event("contract.published", subject=Subject.CONTRACT, ball=Ball.NOBODY, says="A new version of a contract is in use.")
class ContractPublished(EventData):
    contract: str
    number: int


@event("channel.poll_due", subject=CHANNEL, ball=Ball.INTEGRATION, says="The channel is polled for missed orders.")
class ChannelPollDue(EventData):
    pass


@event("channel.paused", subject=CHANNEL, ball=Ball.PERSON, says="The channel was paused: messages and updates wait.")
class ChannelPaused(EventData):
    pass


@event("channel.resumed", subject=CHANNEL, ball=Ball.SYSTEM, says="The channel takes and sends again what waited.")
class ChannelResumed(EventData):
    """``connected``: it was connected just now, and had not taken anything before."""

    connected: bool | None = None


@event(
    "channel.reconcile_due",
    subject=CHANNEL,
    ball=Ball.INTEGRATION,
    says="The channel is asked again for its orders since a date.",
)
class ChannelReconcileDue(EventData):
    pass


@event("channel.webhooks_due", subject=CHANNEL, ball=Ball.INTEGRATION, says="The channel's webhooks are checked.")
class ChannelWebhooksDue(EventData):
    pass


@event(
    "channel.webhooks_lost",
    subject=CHANNEL,
    ball=Ball.PERSON,
    says="The shop no longer sends webhooks that were registered.",
)
class ChannelWebhooksLost(EventData):
    """``topics``: in the shop's words."""

    topics: Sequence[str]


@event(
    "channel.to_tell", subject=Subject.CHANNEL_NOTICE, ball=Ball.INTEGRATION, says="An update for {channel} is queued."
)
class ChannelUpdateDue(EventData):
    effect: str
    channel: str


@event(
    "channel.refunds_to_read",
    subject=MESSAGE,
    ball=Ball.INTEGRATION,
    says="Refund details are requested from {channel}.",
)
class ChannelRefundsToRead(EventData):
    channel: str


@event(
    "channel.order_to_fetch",
    subject=MESSAGE,
    ball=Ball.INTEGRATION,
    says="The order that a message of {channel} names is fetched.",
)
class ChannelOrderToFetch(EventData):
    channel: str


@event("channel.privacy_asked", subject=MESSAGE, ball=Ball.SYSTEM, says="A request about a person's data came in.")
class ChannelPrivacyRequested(EventData):
    pass


def message_fact(message: InboxMessage, event: EventData, *, stream: str = "") -> Fact:
    """About a message, on its own timeline where no ``stream`` is named."""
    return Fact(event, message.pk, message.public_id, stream or message.public_id)


def upload_fact(job: UploadJob, kind: type[UploadEvent]) -> Fact:
    return Fact(kind(done=job.done, total=job.total), job.pk, job.public_id, job.public_id)


def contract_fact(version: ContractVersion) -> Fact:
    """Of what is in use from now on."""
    return Fact(ContractPublished(contract=version.contract, number=version.number), version.pk, "", "")


def channel_fact(channel: Channel, event: EventData) -> Fact:
    return Fact(event, channel.pk, channel.public_id, channel.public_id)


def poll_fact(channel: Channel) -> Fact:
    return channel_fact(channel, ChannelPollDue())


def notice_fact(notice: ChannelNotice) -> Fact:
    queued = ChannelUpdateDue(effect=notice.effect, channel=notice.channel.code)
    return Fact(queued, notice.pk, notice.subject_ref, notice.stream)
