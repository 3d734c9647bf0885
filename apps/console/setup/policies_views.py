"""Routing policies changed from a page: tried on the last decisions, published as the next version, rolled back."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.caller import Caller
from apps.channels.models import Channel
from apps.console.refusals import refusal_text
from apps.console.setup import policy_form as forms
from apps.console.shell.access import StaffRequest, action, page
from apps.console.shell.errors import FormIncomplete
from apps.core.errors import DomainError, StaleVersion
from apps.core.transactions import in_transaction
from apps.network.models import Node
from apps.routing.models import PolicyState, RoutingPolicyVersion
from apps.routing.planner.codec import InvalidRecord
from apps.routing.planner.problem import InvalidProblem, PolicyContent
from apps.routing.services import DEFAULT_POLICY, publish_policy
from apps.routing.services.policies import checked_content
from apps.routing.services.trying import would_change
from apps.ui.language import choices
from apps.ui.paging import whole

SCOPE = "network:write"
TRIED, SHOWN = 300, 30
UNPROCESSABLE = 422


def may_publish(caller: Caller) -> bool:
    """Rules for everybody are not for somebody of one location."""
    return SCOPE in caller.scopes and not caller.nodes


def _require(request: StaffRequest) -> None:
    if not may_publish(request.caller):
        raise PermissionDenied(_("Routing policies hold for every location; they are for operations to change."))


@page("network:read")
def edit(request: StaffRequest) -> HttpResponse:
    """The next version for a channel (empty: for all that have none), beginning from ``start``, else from the active one."""
    _require(request)
    channel = request.GET.get("channel", "")[:64]
    start = request.GET.get("start", "")
    row = RoutingPolicyVersion.objects.filter(pk=int(start)).first() if start.isdigit() and len(start) < 18 else None
    row = row or _active(channel) or _active("")
    content = PolicyContent.from_json(row.content if row else DEFAULT_POLICY)
    return _form(request, row.channel if row and start else channel, content)


@action(SCOPE)
def save(request: StaffRequest) -> HttpResponse:
    """Try the rules, or publish them. What is wrong is said on the form, which keeps what was filled in."""
    _require(request)
    channel = request.POST.get("channel", "")[:64]
    if channel and not Channel.objects.filter(code=channel).exists():
        raise FormIncomplete(problem=_("Choose for which channel the policy is."))
    content = forms.read_policy(request.POST)
    try:
        checked = checked_content(content)
    except DomainError as refused:
        messages.error(request, refusal_text(refused))
        return _form(request, channel, _as_filled_in(content), status=UNPROCESSABLE)
    if request.POST.get("do") == "publish":
        return _publish(request, channel, content, checked)
    tried = list(islice(would_change(content, channel=channel, last=TRIED), SHOWN + 1))
    return _form(request, channel, checked, tried=tried)


def _as_filled_in(content: Mapping[str, Any]) -> PolicyContent:
    """Rules that make no policy, for the form that shows them again; where they can't even be read, its plain ones."""
    try:
        return PolicyContent.from_json(content)
    except (InvalidRecord, InvalidProblem):
        return PolicyContent()


def _publish(request: StaffRequest, channel: str, content: Mapping[str, Any], checked: PolicyContent) -> HttpResponse:
    note = request.POST.get("note", "").strip()
    if not note:
        messages.error(request, _("Say why: the reason stands with the version for ever."))
        return _form(request, channel, checked, status=UNPROCESSABLE)
    seen = whole(request.POST.get("seen")) or 0
    try:
        row = in_transaction(
            lambda: publish_policy(channel=channel, content=content, note=note, seen=seen, actor=request.caller.actor)
        )
    except StaleVersion:
        messages.error(request, _("Somebody has published a version meanwhile. Look at it, then publish yours again."))
        return _form(request, channel, checked, status=UNPROCESSABLE)
    messages.success(
        request, _("{version} decides from now on; orders routed already stay where they are.").format(version=row)
    )
    return redirect(reverse("console:policy", args=[row.pk]))


@action(SCOPE)
def restore(request: StaffRequest, pk: int) -> HttpResponse:
    """Publish an earlier version's rules again, as the next version."""
    _require(request)
    row = get_object_or_404(RoutingPolicyVersion, pk=pk)
    if row.state == PolicyState.ACTIVE:
        raise FormIncomplete(problem=_("{version} is the active version already.").format(version=row))
    note = f"Back to {row}. {request.POST.get('note', '').strip()}".strip()
    fresh = in_transaction(
        lambda: publish_policy(channel=row.channel, content=row.content, note=note, actor=request.caller.actor)
    )
    messages.success(request, _("{version} holds the rules of {earlier} again.").format(version=fresh, earlier=row))
    return redirect(reverse("console:policy", args=[fresh.pk]))


def _active(channel: str) -> RoutingPolicyVersion | None:
    return RoutingPolicyVersion.objects.filter(channel=channel, state=PolicyState.ACTIVE).first()


def _form(
    request: StaffRequest, channel: str, content: PolicyContent, *, tried: list[Any] | None = None, status: int = 200
) -> HttpResponse:
    active = _active(channel)
    latest = RoutingPolicyVersion.objects.filter(channel=channel).order_by("-number").first()
    context = {
        "channel": channel,
        "channels": Channel.objects.order_by("name").values_list("code", "name"),
        "form": forms.policy_form(content),
        "choices": {
            "partial": choices(forms.PARTIAL),
            "untracked": choices(forms.UNTRACKED),
            "unknown_distance": choices(forms.DISTANCE),
        },
        "criteria": choices(forms.CRITERIA),
        "nodes": Node.objects.filter(active=True).order_by("name").values_list("code", "name"),
        "active": active,
        "seen": latest.number if latest else 0,
        "changes": forms.differences(active.content, content.to_json()) if active else [],
        "tried": tried,
        "names": dict(Node.objects.values_list("code", "name")),
        "shown": SHOWN,
        "last": TRIED,
        "note": request.POST.get("note", ""),
    }
    return render(request, "console/configuration/policy_form.html", context, status=status)
