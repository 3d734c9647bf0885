"""What people want to know or to have erased, as shops pass it on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from apps.casework.services import Problem, open_cases
from apps.casework.states import CaseType
from apps.channels.mapping.privacy import PrivacyKind
from apps.channels.services.privacy import PrivacyAnswer, answer_privacy_request
from apps.core import database_clock
from apps.core.actor import Actor
from apps.core.text import Moment, Text
from apps.orchestration.step import Due, TryLater

LOOK_AGAIN, SOON = timedelta(days=1), timedelta(seconds=1)


def answer_privacy(dues: Sequence[Due], actor: Actor) -> None:
    """Erase a person, or open a case about what is held of one. Orders still in hand are erased once they have left."""
    for due in dues:
        answer = answer_privacy_request(due.subject_id, actor=actor)
        if answer.request.kind == PrivacyKind.DATA:
            open_cases([_asked(due, answer)], actor=actor)
        elif answer.more:
            raise TryLater(database_clock.now() + SOON, "there is more to erase")
        elif answer.in_hand:
            raise TryLater(database_clock.now() + LOOK_AGAIN, "orders that have not left yet still need their address")


def _asked(due: Due, answer: PrivacyAnswer) -> Problem:
    return Problem(
        type=CaseType.PRIVACY_REQUEST,
        subject_ref=due.subject_ref,
        sentence=Text(
            "A customer of {channel} asks what is held of them: contacts of {orders} orders and {messages} messages. Answer by {day}.",
            channel=answer.channel,
            orders=len(answer.orders),
            messages=answer.messages,
            day=Moment(answer.due, "%-d %b %Y"),
        ),
        stream=due.subject_ref,
        detail={
            "customer": answer.request.customer,
            "request": answer.request.reference,
            "orders": list(answer.orders)[:100],
            "due": answer.due.isoformat(),
        },
    )
