"""Files of orders handed in by page: looked at, then taken in; what can't be read is named row by row."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from apps.accounts.caller import Caller
from apps.channels.errors import ChannelNotFound, UploadRefused
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import kinds_with
from apps.channels.models import Channel, UploadJob
from apps.channels.services.contracts import file_documents
from apps.channels.services.previewing import Preview, confirm_upload, preview_of, preview_upload
from apps.channels.services.uploading import PREVIEWED, count_outcomes, error_lines
from apps.console.refusals import refusal_text
from apps.console.shell.access import StaffRequest, action, page
from apps.console.shell.errors import FormIncomplete
from apps.console.shell.visibility import jobs_for
from apps.core.transactions import in_transaction

SCOPE = "orders:write"
MOST_SHOWN = 100
MOST_JOBS = 20


@page(SCOPE)
def start(request: StaffRequest) -> HttpResponse:
    """The form, and the files of the last days."""
    channels = _channels(request.caller)
    jobs = _jobs(request.caller).exclude(state=PREVIEWED)
    contracts = [(one.spec.title, one.contract) for one in file_documents()]
    rows = jobs.select_related("channel").defer("body", "results").order_by("-pk")[:MOST_JOBS]
    return render(request, "console/imports/page.html", {"channels": channels, "jobs": rows, "contracts": contracts})


@action(SCOPE)
def preview(request: StaffRequest) -> HttpResponse:
    """Keep the file and show what it would bring; takes nothing in."""
    file, channel = request.FILES.get("file"), request.POST.get("channel", "")
    if file is None:
        raise FormIncomplete(problem=_("Choose a file."))
    if not request.caller.may_channel(channel):
        raise ChannelNotFound(channel=channel)
    body, name = file.read(), file.name or ""
    job = in_transaction(lambda: preview_upload(channel, file_name=name, body=body, actor=request.caller.actor))
    return redirect("console:import_job", job.public_id)


@page(SCOPE)
def upload(request: StaffRequest, ref: str) -> HttpResponse:
    """Before it is taken in, what it would bring; after, what became of it."""
    job = _job(request.caller, ref)
    if job.state != PREVIEWED:
        counts = count_outcomes(job)
        context = {"job": job, "counts": counts, "errors": _errors(job.results), "most": MOST_SHOWN}
        return render(request, "console/imports/job.html", context)
    found, problem = _preview(job)
    errors = _errors(found.results) if found else []
    context = {"job": job, "found": found, "problem": problem, "errors": errors, "most": MOST_SHOWN}
    return render(request, "console/imports/preview.html", context)


@action(SCOPE)
def confirm(request: StaffRequest, ref: str) -> HttpResponse:
    job = _job(request.caller, ref)
    in_transaction(lambda: confirm_upload(job.public_id, actor=request.caller.actor))
    messages.success(request, _("The file is being imported."))
    return redirect("console:import_job", job.public_id)


@page(SCOPE)
def errors(request: StaffRequest, ref: str) -> StreamingHttpResponse:
    """What is wrong, one line for each row and column."""
    job = _job(request.caller, ref)
    found = _preview(job)[0] if job.state == PREVIEWED else None
    results = found.results if found else job.results
    lines = ["\ufeffrow,order,column,problem,what_to_do\r\n", *error_lines(results)]
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="errors-{job.public_id}.csv"'
    return answer


def _preview(job: UploadJob) -> tuple[Preview | None, str]:
    try:
        return preview_of(job), ""
    except UploadRefused as refusal:
        return None, refusal_text(refusal)


def _errors(results: list[dict[str, object]]) -> list[dict[str, object]]:
    return [
        {**error, "order": one.get("external_id", "")}
        for one in results
        if one.get("outcome") != "note"
        for error in one["errors"]  # type: ignore[attr-defined]
    ]


def _channels(caller: Caller) -> list[Channel]:
    rows = Channel.objects.filter(kind__in=kinds_with(Capability.FILES), active=True).order_by("name")
    return [channel for channel in rows if caller.may_channel(channel.code)]


def _jobs(caller: Caller) -> QuerySet[UploadJob]:
    """Those of the caller's channels; limited to places, what one has handed in oneself: a file speaks of all places."""
    rows = jobs_for(caller) if not caller.nodes else UploadJob.objects.filter(created_by=str(caller.actor))
    return rows.filter(kind="csv")


def _job(caller: Caller, ref: str) -> UploadJob:
    job = _jobs(caller).filter(public_id=ref).select_related("channel").first()
    if job is None:
        raise Http404(_("There is no such upload."))
    return job
