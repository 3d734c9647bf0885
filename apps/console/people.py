"""Who the actors are: from ``staff:usr_…`` to a name people know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from apps.accounts.models import ApiKey, User
from apps.channels.models import Channel
from apps.integrations.models import Partner


@dataclass(frozen=True, slots=True)
class Person:
    """``human``: somebody of the staff did it, not a machine."""

    name: str
    kind: str
    human: bool = False
    note: str = ""


_ICONS = {"staff": "user", "key": "key", "channel": "plug", "partner": "handshake"}


def icon_of(person: Person) -> str:
    return _ICONS.get(person.kind, "gear")


def people(actors: Iterable[str]) -> Mapping[str, Person]:
    """Each actor as it stands in the event log, resolved; one statement per kind that occurs."""
    names: dict[str, set[str]] = {}
    wanted = set(actors)
    for actor in wanted:
        kind, _, name = actor.partition(":")
        names.setdefault(kind, set()).add(name)
    staff = {user.public_id: user for user in User.objects.filter(public_id__in=names.get("staff", ()))}
    keys = dict(ApiKey.objects.filter(public_id__in=names.get("key", ())).values_list("public_id", "name"))
    channels = dict(Channel.objects.filter(code__in=names.get("channel", ())).values_list("code", "name"))
    partners = dict(Partner.objects.filter(code__in=names.get("partner", ())).values_list("code", "name"))
    found = {}
    for actor in wanted:
        kind, _, name = actor.partition(":")
        if kind == "staff":
            found[actor] = _staff(staff.get(name))
        else:
            found[actor] = _machine(kind, name, {"key": keys, "channel": channels, "partner": partners})
    return found


def _staff(user: User | None) -> Person:
    if user is None:
        return Person("A former colleague", "staff", human=True)
    role = "Administrator" if user.is_superuser else str(user.get_role_display())
    return Person(str(user), "staff", human=True, note=role)


def _machine(kind: str, name: str, known: Mapping[str, Mapping[str, str]]) -> Person:
    if kind in known:
        word = {"key": "API key", "channel": "channel", "partner": "partner"}[kind]
        return Person(known[kind].get(name, name), kind, note=word)
    if kind == "step":
        return Person("Orderyard", kind, note=name.replace("_", " "))
    return Person("Orderyard", kind or "system", note="" if name == "orderyard" else name)
