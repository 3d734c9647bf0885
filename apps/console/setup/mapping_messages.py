"""The message a mapping is worked on beside: which can be chosen, and reading it again once the mapping is mended."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from apps.accounts.caller import Caller
from apps.channels.models import ContractVersion, InboxMessage, Verdict
from apps.console.shell.access import StaffRequest
from apps.console.shell.visibility import messages_for
from apps.contracts.selectors import kind_of

OFFERED = 12


def may_map(caller: Caller) -> bool:
    """Whether the caller may propose how messages are read."""
    return "channels:write" in caller.scopes and not caller.nodes and not caller.channels


def sample_of(request: StaffRequest, row: ContractVersion, ref: str) -> InboxMessage | None:
    """The message of this id, if it is one the contract could read and the caller may."""
    return _messages(request, row).filter(public_id=ref).first() if ref else None


def _messages(request: StaffRequest, row: ContractVersion) -> QuerySet[InboxMessage]:
    rows = messages_for(request.caller)
    if "inbox:read" not in request.caller.scopes:
        return rows.none()
    return rows.filter(channel__kind=row.document.get("channel_kind", "")).select_related("channel").order_by("-pk")


def message_context(request: StaffRequest, row: ContractVersion) -> dict[str, Any]:
    """``message``: the one asked for, else the newest that is quarantined, else the newest. ``offered``: those to choose from.
    ``replay``: its kind of problem, where the contract was changed since it was quarantined."""
    rows = _messages(request, row)
    quarantined = list(rows.filter(verdict=Verdict.QUARANTINED).defer("body", "headers")[:OFFERED])
    latest = list(rows.exclude(verdict=Verdict.QUARANTINED).defer("body", "headers")[:OFFERED])
    asked = request.POST.get("sample") or request.GET.get("message", "")
    message = sample_of(request, row, asked) or next(iter([*quarantined, *latest]), None)
    offered = [*quarantined, *latest]
    if message is not None and message.pk not in {one.pk for one in offered}:
        offered.insert(0, message)
    return {"message": message, "offered": offered, **_replay(request, row, message)}


def _replay(request: StaffRequest, row: ContractVersion, message: InboxMessage | None) -> dict[str, Any]:
    if message is None or message.verdict != Verdict.QUARANTINED or "inbox:replay" not in request.caller.scopes:
        return {"mended": False}
    since = message.settled_at or message.received_at
    active = ContractVersion.objects.filter(contract=row.contract, active=True, created_at__gt=since).first()
    if active is None:
        return {"mended": False}
    return {"mended": True, "active": active, "kind": kind_of(messages_for(request.caller), message)}
