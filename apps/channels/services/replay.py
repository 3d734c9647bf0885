"""Reading a message again, after the contract or the source was fixed."""

from __future__ import annotations

from apps.channels.errors import MessageNotFound, MessageNotReplayable
from apps.channels.models import InboxMessage, Verdict
from apps.channels.selectors import lock_message
from apps.channels.services.receiving import received
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.transactions import service

REPLAYABLE = frozenset({Verdict.WAITING, Verdict.QUARANTINED, Verdict.REJECTED})


@service
def replay_message(message_ref: str, *, actor: Actor) -> InboxMessage:
    """Have one message read again, by the contracts as they are now. Raises MessageNotFound, MessageNotReplayable."""
    message = lock_message(message_ref)
    if message is None:
        raise MessageNotFound(message=message_ref)
    if message.verdict not in REPLAYABLE:
        raise MessageNotReplayable(verdict=message.verdict)
    message.verdict, message.reason, message.problems = Verdict.WAITING, "", []
    message.settled_at = message.give_up_at = None
    message.save(update_fields=["verdict", "reason", "problems", "settled_at", "give_up_at"])
    record(received(message, replayed=True), actor=actor)
    return message
