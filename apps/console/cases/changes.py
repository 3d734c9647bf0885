"""What became of a case since somebody looked at it: shown when their save comes too late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.accounts.models import User
from apps.casework.events import stream_of
from apps.casework.models import ExceptionCase, Queue
from apps.casework.resolutions.base import ParamSpec
from apps.casework.resolutions.facts import Facts
from apps.casework.resolutions.registry import RESOLUTIONS
from apps.casework.states import CaseState, Severity, WaitingOn
from apps.console.cases.links import snoozes
from apps.console.shell.people import Person, people
from apps.core.errors import DomainError
from apps.core.models import Event
from apps.ui.language import translated

# What a form carries besides what a person typed or chose.
MECHANICS = ("csrfmiddlewaretoken", "version", "next", "list", "play", "zone")


@dataclass(frozen=True, slots=True)
class Change:
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Stale:
    """``who``: who changed it; ``typed``: what the person was about to send, as (name, label, value, value in words);
    ``doing``: in words."""

    changes: list[Change]
    who: list[Person]
    typed: list[tuple[str, str, str, str]]
    doing: str
    address: str


def stale_of(case: ExceptionCase, seen: int, posted: QueryDict, *, doing: str, address: str, own: str) -> Stale:
    """``seen``: the version the person had before them; ``own``: the person, as an actor, who did their own changes."""
    specs = _specs_of(case, posted.get("code", ""))
    labels, words = _labels_of(specs), _words_of(specs)
    typed = [
        (
            name,
            labels.get(name) or translated(name.replace("_", " ").capitalize()),
            value,
            words.get((name, value), value),
        )
        for name in posted
        for value in posted.getlist(name)
        if name not in MECHANICS
    ]
    # Newest first: of several copies of one version the last is what people saw.
    then = case.history.filter(version__lte=seen).order_by("-history_id").values().first()
    changes = _changes(then, case) if then else []
    since = Event.objects.filter(stream=stream_of(case), subject_ref=case.public_id)
    if then:
        since = since.filter(recorded_at__gt=then["history_date"])
    actors = list(since.order_by("-pk").values_list("actor", flat=True)[:10])
    others = [actor for actor in actors if actor != own] or actors
    return Stale(changes, list(people(others).values()), typed, doing, address)


def _specs_of(case: ExceptionCase, code: str) -> Sequence[ParamSpec]:
    try:
        return RESOLUTIONS[code].params(Facts(case, case.order)) if code in RESOLUTIONS else ()
    except DomainError:
        return ()  # It can't be done about the case as it is now; its fields have no labels any more.


def _labels_of(specs: Sequence[ParamSpec]) -> dict[str, str]:
    """What the fields of the form are called on it, by their names in the form."""
    labels = {
        "owner": _("Owner"),
        "until": _("Comes back"),
        "reason": _("Reason"),
        "other": _("The other case"),
        "body": _("Comment"),
    }
    for spec in specs:
        labels |= {f"{how}.{spec.name}": spec.label for how in "pm"}
        labels |= {
            f"{how}.{spec.name}.{one.value}": f"{spec.label}, {one.label}" for how in "au" for one in spec.choices
        }
    return labels


def _words_of(specs: Sequence[ParamSpec]) -> dict[tuple[str, str], str]:
    """What was chosen, as the form said it, by field and value."""
    words = {("until", str(one.code)): one.label for one in snoozes()}
    words |= {("owner", one.public_id): str(one) for one in User.objects.filter(is_active=True, is_staff=True)}
    words |= {("owner", "nobody"): _("Unassigned")} | {
        ("queue", one.code): translated(one.name) for one in Queue.objects.all()
    }
    for spec in specs:
        words |= {(f"p.{spec.name}", one.value): one.label for one in spec.choices}
    return words


def _changes(then: Mapping[str, object], case: ExceptionCase) -> list[Change]:
    found = []
    for field, label in _FIELDS.items():
        before, after = then.get(field), getattr(case, field)
        if before != after:
            found.append(Change(translated(label), _word(field, before), _word(field, after)))
    return found


_FIELDS = {
    "state": gettext_noop("State"), "owner_id": gettext_noop("Owner"), "queue_id": gettext_noop("Queue"), "priority": gettext_noop("Priority"), "severity": gettext_noop("Severity"),
    "waiting_on": gettext_noop("Waits on"), "wait_until": gettext_noop("Comes back"), "sentence": gettext_noop("Problem"), "resolution": gettext_noop("How it ended"),
    "reason_code": gettext_noop("Reason"),
}  # fmt: skip
_CHOICES: dict[str, dict[str, str]] = {
    "state": dict(CaseState.choices), "severity": dict(Severity.choices), "waiting_on": dict(WaitingOn.choices)
}  # fmt: skip


def _word(field: str, value: object) -> str:
    if value in (None, ""):
        return _("nobody") if field == "owner_id" else _("nothing")
    if field == "owner_id":
        return str(User.objects.filter(pk=str(value)).first() or _("a former colleague"))
    if field == "queue_id":
        return translated(str(Queue.objects.filter(pk=str(value)).first() or "")) or _("a former queue")
    known = _CHOICES.get(field, {}).get(str(value))
    return translated(known) if known else str(value)
