"""The quarantine desk: what could not be read, by kind of problem, and reading it again."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from apps.casework.resolutions.direct.cases import read_all_again_by_rule
from apps.channels.models import Channel, InboxMessage
from apps.channels.services.contract_samples import is_mapping_at_fault
from apps.console.setup.mapping_messages import may_map
from apps.console.shell.access import StaffRequest, action, page
from apps.console.shell.visibility import messages_for, replays_for
from apps.contracts.models import ReplayJob
from apps.contracts.selectors import ProblemKind, kind_by_key, of_kind, outcomes, problem_kinds
from apps.contracts.services.replaying import stop_replay
from apps.ui.paging import sheet

LATEST = 10


@page("inbox:read")
def desk(request: StaffRequest) -> HttpResponse:
    """Kinds of problems, the most frequent first, and the jobs of the last days."""
    kinds = problem_kinds(messages_for(request.caller))
    rows = InboxMessage.objects.select_related("channel").defer("body", "headers")
    samples = {row.pk: row for row in rows.filter(pk__in=[one.sample for one in kinds])}
    context = {
        "kinds": [
            (one, row.public_id, is_mapping_at_fault(row))
            for one in kinds
            if (row := samples.get(one.sample)) is not None
        ],
        "total": sum(one.count for one in kinds),
        "jobs": replays_for(request.caller).order_by("-pk")[:LATEST],
        "names": dict(Channel.objects.values_list("code", "name")),
        **_may(request),
    }
    return render(request, "console/inbox/quarantine.html", context)


@page("inbox:read")
def kind(request: StaffRequest, key: str) -> HttpResponse:
    """The messages of one kind of problem."""
    found = _kind(request, key)
    if found is None:
        return redirect("console:quarantine")
    rows = of_kind(messages_for(request.caller), found).defer("body", "headers")
    newest = rows.select_related("channel").first()
    may = _may(request)
    may["may_map"] = may["may_map"] and newest is not None and is_mapping_at_fault(newest)
    context = {
        "kind": found,
        "sample": newest.public_id if newest else None,
        "sheet": sheet(rows, request.GET),
        **may,
    }
    return render(request, "console/inbox/quarantine_kind.html", context)


def _kind(request: StaffRequest, key: str) -> ProblemKind | None:
    """None: no message of that kind is left."""
    return kind_by_key(problem_kinds(messages_for(request.caller)), key)


def _may(request: StaffRequest) -> dict[str, bool]:
    caller = request.caller
    return {"may_replay": "inbox:replay" in caller.scopes, "may_map": may_map(caller)}


@action("inbox:replay")
def start(request: StaffRequest, key: str) -> HttpResponse:
    """Have all messages of a kind read again."""
    found = _kind(request, key)
    if found is None:
        messages.info(request, _("No message of this kind is quarantined any more."))
        return redirect("console:quarantine")
    rows = of_kind(messages_for(request.caller), found)
    job = read_all_again_by_rule(rows, kind=found, caller=request.caller)
    return redirect("console:replay_job", job.public_id)


@page("inbox:read")
def job(request: StaffRequest, ref: str) -> HttpResponse:
    """How far the job is, and what became of each message."""
    row = _job(request, ref)
    rows = row.messages.select_related("message__channel").defer("message__body", "message__headers")
    counts = outcomes(row)
    context = {
        "job": row,
        "channel_name": Channel.objects.filter(code=row.channel).values_list("name", flat=True).first() or row.channel,
        "sheet": sheet(rows, request.GET),
        "outcomes": counts,
        "under_way": row.state == "running" or "waiting" in counts,
        **_may(request),
    }
    return render(request, "console/inbox/replay.html", context)


@action("inbox:replay")
def stop(request: StaffRequest, ref: str) -> HttpResponse:
    """Send no more of it to be read."""
    row = stop_replay(_job(request, ref).public_id, actor=request.caller.actor)
    messages.success(request, _("Stopped. What was sent already is read."))
    return redirect("console:replay_job", row.public_id)


def _job(request: StaffRequest, ref: str) -> ReplayJob:
    row = replays_for(request.caller).filter(public_id=ref).first()
    if row is None:
        raise Http404(_("There is no such job."))
    return row
