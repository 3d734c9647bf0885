"""What happens to API keys and to people's logins."""

from __future__ import annotations

from apps.accounts.models import ApiKey, User
from apps.core.event_types import Ball, EventData, Subject, event
from apps.core.outbox import Fact


@event("key.made", subject=Subject.KEY, ball=Ball.NOBODY, says="An API key was made.")
class KeyMade(EventData):
    name: str
    role: str


@event("key.revoked", subject=Subject.KEY, ball=Ball.NOBODY, says="An API key was revoked.")
class KeyRevoked(EventData):
    """Why and from where stands in the key's row: a reason is free text."""

    name: str
    role: str


@event("staff.invited", subject=Subject.STAFF, ball=Ball.PERSON, says="A login was given; the link went out by mail.")
class StaffInvited(EventData):
    pass


@event(
    "staff.password_link_wanted",
    subject=Subject.STAFF,
    ball=Ball.PERSON,
    says="A password reset link was requested.",
)
class StaffPasswordLinkWanted(EventData):
    pass


def key_fact(key: ApiKey, event: EventData) -> Fact:
    """On the key's own timeline."""
    return Fact(event, key.pk, key.public_id, key.public_id)


def user_fact(user: User, event: EventData) -> Fact:
    """On the person's own timeline."""
    return Fact(event, user.pk, user.public_id, user.public_id)
