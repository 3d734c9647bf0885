"""Drafting policies, and making them hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from apps.accounts.models import Role
from apps.casework.models import CaseKind
from apps.casework.states import CaseType
from apps.channels.models import Channel
from apps.core.actor import Actor
from apps.core.errors import StaleVersion
from apps.core.outbox import record
from apps.core.process_cache import clear_process_cache
from apps.core.transactions import service
from apps.network.models import Node
from apps.orders.states import OrderState
from apps.sla import events, selectors
from apps.sla.errors import NoDraft, SlaPolicyInvalid
from apps.sla.linting import Known, lint
from apps.sla.models import SlaCalendar, SlaPolicyVersion
from apps.sla.rules import Policy, read_policy
from apps.sla.states import PolicyState


def known_codes() -> Known:
    """The codes a policy may speak of."""
    return Known(
        calendars=frozenset(SlaCalendar.objects.values_list("code", flat=True)),
        channels=frozenset(Channel.objects.values_list("code", flat=True)),
        nodes=frozenset(Node.objects.values_list("code", flat=True)),
        roles=frozenset(Role.values),
        case_kinds=frozenset(CaseKind.objects.values_list("code", flat=True)) | frozenset(CaseType.values),
        states=frozenset(OrderState.values),
    )


@service
def start_draft(*, actor: Actor) -> SlaPolicyVersion:
    """The draft, or a new one with the content of the policy that holds."""
    standing = selectors.draft_version()
    if standing is not None:
        return standing
    active = selectors.active_version()
    return _new(active.content if active else Policy().to_json(), actor)


@service
def save_draft(policy: Policy, *, expected_revision: int | None = None, actor: Actor) -> SlaPolicyVersion:
    """Keep ``policy`` as the draft, flaws and all. Raises NoDraft, StaleVersion where somebody else changed it meanwhile."""
    draft = _lock_draft()
    if expected_revision is not None and draft.revision != expected_revision:
        raise StaleVersion(current=draft.revision)
    draft.content, draft.revision, draft.created_by = policy.to_json(), draft.revision + 1, str(actor)
    draft.save()
    return draft


@service
def drop_draft(*, actor: Actor) -> None:
    """Throw the draft away; without one, nothing happens."""
    del actor  # Its history says who.
    SlaPolicyVersion.objects.filter(state=PolicyState.DRAFT).delete()


@service
def publish_draft(
    *, retime: bool, note: str = "", expected_revision: int | None = None, actor: Actor
) -> SlaPolicyVersion:
    """Make the draft hold. ``retime``: clocks already running are retimed under it, by a step; else they keep theirs.

    Raises NoDraft, StaleVersion, SlaPolicyInvalid with every flaw.
    """
    draft = _lock_draft()
    if expected_revision is not None and draft.revision != expected_revision:
        raise StaleVersion(current=draft.revision)
    _refuse_flawed(draft.content)
    # Another version may have been published past it; numbers follow the order in which versions came to hold.
    draft.number = max(draft.number, _next_number(besides=draft.pk))
    return _publish(draft, retime=retime, note=note, actor=actor)


@service
def publish_sla_policy(content: Mapping[str, Any], *, retime: bool, note: str = "", actor: Actor) -> SlaPolicyVersion:
    """Make ``content`` hold at once; a draft that stands is left as it is. Raises SlaPolicyInvalid."""
    _refuse_flawed(content)
    version = SlaPolicyVersion(number=_next_number(), content=read_policy(content).to_json(), created_by=str(actor))
    return _publish(version, retime=retime, note=note, actor=actor)


def _publish(version: SlaPolicyVersion, *, retime: bool, note: str, actor: Actor) -> SlaPolicyVersion:
    for active in SlaPolicyVersion.objects.select_for_update().filter(state=PolicyState.ACTIVE):
        active.retire()
        active.save()
    version.retimes, version.note = retime, note[:255]
    version.activate()
    version.save()
    record(events.policy_fact(version, events.SlaPolicyPublished(number=version.number, retime=retime)), actor=actor)
    transaction.on_commit(clear_process_cache, robust=True)
    clear_process_cache()
    return version


def _refuse_flawed(content: Mapping[str, Any]) -> None:
    flaws = lint(content, known_codes())
    if flaws:
        problems = " ".join(flaw.sentence for flaw in flaws[:5])
        raise SlaPolicyInvalid(problems=problems, errors=[flaw.to_json() for flaw in flaws])


def _new(content: Mapping[str, Any], actor: Actor) -> SlaPolicyVersion:
    return SlaPolicyVersion.objects.create(number=_next_number(), content=dict(content), created_by=str(actor))


def _next_number(*, besides: int = 0) -> int:
    rows = SlaPolicyVersion.objects.exclude(pk=besides)
    return int(rows.aggregate(last=Max("number"))["last"] or 0) + 1


def _lock_draft() -> SlaPolicyVersion:
    draft = SlaPolicyVersion.objects.select_for_update().filter(state=PolicyState.DRAFT).first()
    if draft is None:
        raise NoDraft()
    return draft
