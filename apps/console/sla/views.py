"""SLA: the board, the policy that holds, and the draft of the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.casework.models import ApprovalPolicy
from apps.console.shell.access import StaffRequest, action, back, page
from apps.console.shell.errors import FormIncomplete
from apps.console.shell.people import people
from apps.console.sla.board import board, buckets
from apps.console.sla.forms import inserted, moved, read_rule_form, read_watch_form, rule_form, watch_forms
from apps.console.sla.policy_sentences import names, stages_in_words, watch_in_words
from apps.core import clock
from apps.core.transactions import in_transaction
from apps.sla import selectors, services
from apps.sla.active_policy import book_in_force, book_of
from apps.sla.errors import NoDraft, NoSuchRule
from apps.sla.linting import lint
from apps.sla.models import SlaPolicyVersion, SlaTimer
from apps.sla.previewing import preview as preview_of
from apps.sla.rules import Policy, Rule, read_policy
from apps.sla.stages import STAGES, label
from apps.sla.states import STANDING
from apps.ui.language import choices, translated
from apps.ui.paging import whole

DAY = timedelta(days=1)
SPANS = (
    ("yesterday", gettext_noop("Yesterday")),
    ("day", gettext_noop("Last 24 hours")),
    ("week", gettext_noop("Last 7 days")),
)
RECENT = 10


@page("sla:read")
def sla(request: StaffRequest) -> HttpResponse:
    """What breaches next, by stage and node, and what keeps being late."""
    stage, node = request.GET.get("stage", ""), request.GET.get("node", "")
    context = {
        "board": board(request.caller, request.GET),
        "buckets": buckets(),
        "stage": stage if stage in STAGES else "",
        "stage_label": translated(label(stage)),
        "node": node if node in book_in_force().calendars.by_node_code else "",
        "here": request.get_full_path(),
        "stay_kinds": [("order", _("Orders")), ("fulfillment", _("Fulfillment orders"))],
    }
    return render(request, "console/sla/page.html", context)


@page("sla:read")
def policy(request: StaffRequest) -> HttpResponse:
    """The policy that holds (or an older version, by ``version``), in sentences."""
    number = whole(request.GET.get("version"))
    versions = list(selectors.versions().exclude(state="draft")[:RECENT])
    active = selectors.active_version()
    shown = active if number is None else SlaPolicyVersion.objects.filter(number=number).exclude(state="draft").first()
    if number is not None and shown is None:
        raise Http404(_("There is no such version."))
    said = names()
    content = read_policy(shown.content) if shown else Policy()
    context = {
        "version": shown,
        "versions": versions,
        "stages": stages_in_words(content, said),
        "watches": [watch_in_words(watch, said) for watch in content.watches],
        "draft": selectors.draft_version(),
        "may_write": "sla:write" in request.caller.scopes,
        "people": people(row.created_by for row in versions),
        "running": shown.timers.filter(state__in=STANDING).count() if shown else 0,
    }
    return render(request, "console/sla/policy.html", context)


@page("sla:write")
def draft(request: StaffRequest) -> HttpResponse:
    """The draft, with what is wrong with it and what it would have changed."""
    row, content = _draft()
    said, flaws = names(), lint(content, services.known_codes())
    context = {
        "draft": row,
        "stages": stages_in_words(content, said, flaws),
        "flaws": flaws,
        "loose_flaws": [translated(flaw.sentence) for flaw in flaws if flaw.rule is None],
        "watches": watch_forms(content),
        "spans": choices(SPANS),
        "running": SlaTimer.objects.filter(state__in=STANDING).count(),
        "author": people([row.created_by])[row.created_by],
    }
    return render(request, "console/sla/draft.html", context)


def _draft() -> tuple[SlaPolicyVersion, Policy]:
    row = selectors.draft_version()
    if row is None:
        raise NoDraft()
    return row, read_policy(row.content)


@page("sla:write")
def preview(request: StaffRequest) -> HttpResponse:
    """How many breaches the draft would have had in a stretch of the past, beside the policy that holds."""
    row, _content = _draft()
    span, now = request.GET.get("span", "yesterday"), clock.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    starts = {"yesterday": (midnight - DAY, midnight), "day": (now - DAY, now), "week": (now - 7 * DAY, now)}
    start, end = starts.get(span, starts["yesterday"])
    seen = preview_of(book_in_force(), book_of(row), start=start, end=end, now=now)
    most = max([1, *(max(one.before, one.after) for one in seen.rows)])
    bars = [(translated(label(one.stage)), one, 100 * one.before / most, 100 * one.after / most) for one in seen.rows]
    context = {
        "seen": seen,
        "bars": bars,
        "span": span,
        "spans": choices(SPANS),
        "span_label": translated(dict(SPANS).get(span, "Yesterday")),
    }
    return render(request, "console/sla/preview.html", context)


@page("sla:write")
def rule(request: StaffRequest, number: str) -> HttpResponse:
    """The form of one rule of the draft; ``new`` with a ``stage`` is one that is not there yet."""
    row, content = _draft()
    if number == "new":
        stage = request.GET.get("stage", "")
        if stage not in STAGES:
            raise Http404(_("There is no such stage."))
        shown = Rule(stage, by=str(STAGES[stage].bys[0]))
    else:
        shown = content.rules[_place(content, number)]
    kinds = sorted(set(ApprovalPolicy.objects.values_list("kind", flat=True)))
    context = {
        "draft": row,
        "number": number,
        "form": rule_form(shown, names(), kinds),
        "about": STAGES[shown.stage],
    }
    return render(request, "console/sla/rule.html", context)


def _place(content: Policy, number: str) -> int:
    place = whole(number)
    if place is None or place >= len(content.rules):
        raise NoSuchRule(rule=number)
    return place


@action("sla:write")
def draft_start(request: StaffRequest) -> HttpResponse:
    """Begin a draft from what holds, or go on with the one that stands."""
    in_transaction(lambda: services.start_draft(actor=request.caller.actor))
    return back(request, reverse("console:sla_draft"))


@action("sla:write")
def draft_drop(request: StaffRequest) -> HttpResponse:
    in_transaction(lambda: services.drop_draft(actor=request.caller.actor))
    messages.success(request, _("The draft is discarded; the live policy stays as it was."))
    return back(request, reverse("console:sla_policy"))


@action("sla:write")
def draft_publish(request: StaffRequest) -> HttpResponse:
    """Make the draft hold; whether clocks that run are retimed has to be said."""
    running = request.POST.get("running", "")
    if running not in ("keep", "retime"):
        raise FormIncomplete(problem=_("Say what becomes of the clocks that run already."))
    note, revision = request.POST.get("note", "").strip(), whole(request.POST.get("revision"))
    version = in_transaction(
        lambda: services.publish_draft(
            retime=running == "retime", note=note, expected_revision=revision, actor=request.caller.actor
        )
    )
    messages.success(request, _("Version {number} holds from now on.").format(number=version.number))
    return back(request, reverse("console:sla_policy"))


@action("sla:write")
def rule_save(request: StaffRequest, number: str) -> HttpResponse:
    """Keep a rule in the draft, flaws and all: the draft says what is wrong with it."""
    _row, content = _draft()
    if number == "new":
        stage = request.POST.get("stage", "")
        if stage not in STAGES:
            raise FormIncomplete(problem=_("Choose a stage."))
        rules = inserted(content, read_rule_form(request.POST, stage))
    else:
        place = _place(content, number)
        changed = read_rule_form(request.POST, content.rules[place].stage)
        rules = (*content.rules[:place], changed, *content.rules[place + 1 :])
    _keep(request, replace(content, rules=rules))
    return back(request, reverse("console:sla_draft"))


@action("sla:write")
def rule_change(request: StaffRequest, number: str, verb: str) -> HttpResponse:
    """Move a rule up or down among those of its stage, or take it out."""
    _row, content = _draft()
    place = _place(content, number)
    if verb == "remove":
        rules = (*content.rules[:place], *content.rules[place + 1 :])
    elif verb in ("up", "down"):
        rules = moved(content, place, -1 if verb == "up" else 1)
    else:
        raise Http404(_("There is no such action."))
    _keep(request, replace(content, rules=rules))
    return back(request, reverse("console:sla_draft"))


@action("sla:write")
def watches_save(request: StaffRequest) -> HttpResponse:
    _row, content = _draft()
    kept = tuple(watch for watch in content.watches if watch.nodes)
    _keep(request, replace(content, watches=(*read_watch_form(request.POST), *kept)))
    return back(request, reverse("console:sla_draft"))


def _keep(request: StaffRequest, content: Policy) -> None:
    """Save the draft as it was when the form was shown; somebody else's change meanwhile is not overwritten."""
    revision = whole(request.POST.get("revision"))
    in_transaction(lambda: services.save_draft(content, expected_revision=revision, actor=request.caller.actor))
    messages.success(request, _("Kept in the draft."))
