"""A channel paused for a while: what its shop sends is kept unread, what is to be sent to it waits, and nothing is lost.

What is being read or sent at the moment of pausing is finished; of a file or a bulk body, the part in hand. Orders and files that somebody
hands in meanwhile are refused, and files that lie in its folder stay there. Tills are the exception: what they report is booked, for
the goods have left. Whoever leaves something waiting does it under the lock of the
channel, so that whoever resumes it finds all of it.
"""

from __future__ import annotations

import structlog
from django.db import transaction

from apps.channels import events
from apps.channels.errors import ChannelNotReady
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapter_of
from apps.channels.models import Channel, ChannelNotice, InboxMessage, NoticeState, UploadJob, Verdict
from apps.channels.selectors import lock_channel
from apps.channels.services.receiving import received
from apps.core import clock
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.process_cache import clear_process_cache
from apps.core.text import Text
from apps.core.transactions import service

log = structlog.get_logger(__name__)


@service
def pause_channel(channel_id: int, *, actor: Actor) -> Channel:
    """Read and send nothing more of the channel until it is resumed. Twice is once. Raises ChannelNotReady."""
    channel = lock_channel(channel_id)
    if not channel.active:
        raise ChannelNotReady(problem=Text("{name} takes no orders anyway.", name=channel.name))
    if channel.paused_at is not None:
        return channel
    channel.paused_at = clock.now()
    channel.save(update_fields=["paused_at"])
    record(events.channel_fact(channel, events.ChannelPaused()), actor=actor)
    transaction.on_commit(clear_process_cache)
    log.info("channel_paused", channel=channel.code, by=str(actor))
    return channel


@service
def resume_channel(channel_id: int, *, actor: Actor) -> Channel:
    """Read what came meanwhile, in its order, and send what waited. Twice is once. Raises ChannelNotReady."""
    channel = lock_channel(channel_id)
    if channel.is_connecting:
        raise ChannelNotReady(problem=Text("{name} is still being connected: finish its steps.", name=channel.name))
    if channel.paused_at is None:
        return channel
    channel.paused_at = None
    channel.save(update_fields=["paused_at"])
    record(events.channel_fact(channel, events.ChannelResumed()), actor=actor)
    take_up(channel, actor=actor)
    transaction.on_commit(clear_process_cache)
    log.info("channel_resumed", channel=channel.code, by=str(actor))
    return channel


def take_up(channel: Channel, *, actor: Actor) -> None:
    """Have everything done that was left waiting. The caller has locked the channel, which is not paused any more."""
    waiting = InboxMessage.objects.filter(channel=channel, verdict=Verdict.WAITING)
    # What waits for its order has all its time again: the order may be among what is only read now.
    waiting.filter(give_up_at__isnull=False).update(give_up_at=None)
    facts = [received(message) for message in waiting.only("pk", "public_id").order_by("pk")]
    notices = ChannelNotice.objects.filter(channel=channel, state=NoticeState.WAITING).order_by("pk")
    left = list(notices.select_related("channel"))
    ChannelNotice.objects.filter(pk__in=[notice.pk for notice in left]).update(state=NoticeState.PENDING, detail="")
    facts += [events.notice_fact(notice) for notice in left]
    jobs = UploadJob.objects.filter(channel=channel, state__in=["queued", "running"]).defer("body", "results")
    facts += [events.upload_fact(job, events.UploadContinued) for job in jobs.order_by("pk")]
    if channel.speaks and adapter_of(channel.kind).can(Capability.POLLING):
        facts.append(events.poll_fact(channel))
    if channel.reconciling and "finished_at" not in channel.reconciling:
        facts.append(events.channel_fact(channel, events.ChannelReconcileDue()))
    record(*facts, actor=actor)
