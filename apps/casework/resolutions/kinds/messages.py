"""A message that nobody could read: read it once more, by the contracts as they are now."""

from __future__ import annotations

from apps.casework.resolutions.base import Done, Effect, Params, Resolution
from apps.casework.resolutions.facts import Facts
from apps.channels.models import InboxMessage
from apps.channels.services.replay import REPLAYABLE, replay_message
from apps.core.actor import Actor
from apps.core.text import Text


def _message(facts: Facts) -> InboxMessage | None:
    rows = InboxMessage.objects.select_related("channel").defer("body", "headers")
    return facts.once("message", lambda: rows.filter(public_id=facts.case.subject_ref).first())


class ReadAgain(Resolution):
    """Read the message once more, by the contract as it is now."""

    code = "read_again"
    label = "Read it again"

    def why_not(self, facts: Facts) -> str:
        message = _message(facts)
        if message is None:
            return Text("The case is about no message.")
        if message.verdict not in REPLAYABLE:
            return Text("It was read meanwhile: {verdict}.", verdict=Text.lowered(message.get_verdict_display()))
        return ""

    def effect(self, facts: Facts, params: Params) -> Effect:
        message = _message(facts)
        assert message is not None
        return Effect(
            Text(
                "The message of {name} is read by the contract as it is now. If it is understood, the case closes automatically; if not, "
                "the case says what is still wrong.",
                name=message.channel.name,
            ),
            currency=facts.currency,
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        replay_message(facts.case.subject_ref, actor=actor)
        # Whether it is understood now, the reading says, and ends the case.
        return Done(Text("The message is being read again."), ends=False)

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("once the contract or the channel is put right, reading it again is all it takes")
