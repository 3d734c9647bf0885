"""Who the actors are: from ``staff:usr_…`` to a name people know."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Model
from django.utils.translation import gettext as _

from apps.accounts.models import ApiKey, User
from apps.channels.models import Channel
from apps.integrations.models import Partner
from apps.ui.language import translated

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Person:
    """``human``: somebody of the staff did it, not a machine."""

    name: str
    kind: str
    human: bool = False
    note: str = ""


# What works without anybody's asking, as it signs (``Actor("system", …)``).
MACHINES = (
    "alarm_clock", "auto_resolution", "canary", "case_settled", "command line", "contracts", "escalation", "expiry", "polling",
    "publish_contract", "publish_policy", "sla", "stopping_units",
)  # fmt: skip
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
    staff = {user.public_id: user for user in _named(User, "public_id", names.get("staff"))}
    machines = {
        "key": {key.public_id: key.name for key in _named(ApiKey, "public_id", names.get("key"))},
        "channel": {channel.code: channel.name for channel in _named(Channel, "code", names.get("channel"))},
        "partner": {partner.code: partner.name for partner in _named(Partner, "code", names.get("partner"))},
    }
    found = {}
    for actor in wanted:
        kind, _, name = actor.partition(":")
        if kind == "staff":
            found[actor] = _staff(staff.get(name))
        else:
            found[actor] = _machine(kind, name, machines)
    return found


def _named(model: type[Row], field: str, names: Collection[str] | None) -> Collection[Row]:
    """The rows of these names; a queryset costs something even where it asks for none."""
    return model._default_manager.filter(**{f"{field}__in": names}) if names else ()


def _staff(user: User | None) -> Person:
    if user is None:
        return Person(_("A former colleague"), "staff", human=True)
    role = _("Administrator") if user.is_superuser else translated(str(user.get_role_display()))
    return Person(str(user), "staff", human=True, note=role)


def _machine(kind: str, name: str, known: Mapping[str, Mapping[str, str]]) -> Person:
    if kind in known:
        word = {"key": _("API key"), "channel": _("channel"), "partner": _("partner")}[kind]
        return Person(known[kind].get(name, name), kind, note=word)
    if kind == "step":
        return Person("Orderyard", kind, note=translated(name.replace("_", " ")))
    return Person("Orderyard", kind or "system", note="" if name == "orderyard" else translated(name.replace("_", " ")))
