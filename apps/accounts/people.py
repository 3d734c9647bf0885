"""People's logins: invited, and given a link that sets the password."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from apps.accounts import events
from apps.accounts.errors import LoginRefused
from apps.accounts.models import User
from apps.core import clock
from apps.core.actor import Actor
from apps.core.models import Event
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import service

# Somebody who presses the button again and again, or names somebody else, fills no inbox.
LINK_EVERY = timedelta(minutes=5)


@service
def invite(user_id: int, *, actor: Actor) -> None:
    """Have a link mailed to a person who has been given a login. Raises LoginRefused where there is nobody to mail to."""
    user = User.objects.select_for_update().get(pk=user_id)
    _refuse_unreachable(user)
    record(events.user_fact(user, events.StaffInvited()), actor=actor)


@service
def send_password_link(user_id: int, *, actor: Actor) -> None:
    """Have a link mailed that sets a new password. Raises LoginRefused."""
    user = User.objects.select_for_update().get(pk=user_id)
    _refuse_unreachable(user)
    if _asked_lately(user):
        raise LoginRefused(problem=Text("A link was sent within the last five minutes."))
    record(events.user_fact(user, events.StaffPasswordLinkWanted()), actor=actor)


def _refuse_unreachable(user: User) -> None:
    if not user.is_active:
        raise LoginRefused(problem=Text("The login is switched off."))
    if not user.email:
        raise LoginRefused(problem=Text("The person has no mail address."))


def ask_for_password_link(name: str) -> None:
    """For somebody at the login who has forgotten the password, by username or mail address. Whoever it is, and whether there
    is anybody, the caller learns nothing."""
    people = User.objects.filter(Q(username__iexact=name) | Q(email__iexact=name), is_active=True, is_staff=True)
    for user in people.exclude(email="")[:3]:
        try:
            send_password_link(user.pk, actor=Actor("staff", user.public_id))
        except LoginRefused:
            continue


def _asked_lately(user: User) -> bool:
    links = Event.objects.filter(stream=user.public_id, name=events.StaffPasswordLinkWanted.spec.name)
    return links.filter(recorded_at__gt=clock.now() - LINK_EVERY).exists()
