"""The rules of how much a channel may sell: read, tried on the figures there are, kept, dropped, and who changed them why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.catalog.models import Sku
from apps.catalog.selectors import categories, resolve_codes
from apps.channels.models import Channel
from apps.console.shell.access import StaffRequest, action, page
from apps.console.shell.errors import FormIncomplete
from apps.console.shell.people import people
from apps.console.shell.visibility import selling_channels_for
from apps.listings.models import StockRule
from apps.listings.services.rules import (
    Scope,
    Terms,
    drop_rule,
    history_of,
    preview_rule,
    refuse_contradictions,
    set_rule,
    terms_of,
)
from apps.ui.language import translated

# Each field of a rule with its label and what it means.
FIELDS: Sequence[tuple[str, str, str]] = (
    (
        "buffer_units",
        gettext_noop("Keep back (units)"),
        gettext_noop("Not shown, so that the last ones are not sold twice."),
    ),
    (
        "buffer_percent",
        gettext_noop("Keep back (%)"),
        gettext_noop("Of what is available; with the units, whichever is more."),
    ),
    ("cap", gettext_noop("Never show more than"), gettext_noop("Empty: as many as there are.")),
    ("floor", gettext_noop("Show none below"), gettext_noop("With fewer left than this the channel shows none.")),
    (
        "guaranteed",
        gettext_noop("Kept for this channel"),
        gettext_noop("So many of what is there other channels do not get."),
    ),
    ("oversell", gettext_noop("May oversell"), gettext_noop("So many more than there are may be sold here.")),
)
MOST_SHOWN, MOST_CHANGES = 100, 50


@dataclass(frozen=True, slots=True)
class Field:
    """One field as the form shows it."""

    name: str
    label: str
    help: str
    value: str


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the history of a channel's rules. ``what``: what the rule says since, in words; empty: it was dropped."""

    at: datetime
    scope: str
    what: str
    why: str
    by: str


@page("inventory:read")
def rules(request: StaffRequest, code: str) -> HttpResponse:
    channel = _channel(request, code)
    rows = StockRule.objects.filter(channel=channel).select_related("sku").order_by("-sku_id", "category")
    context = {
        "channel": channel,
        "rules": [
            (row, scope_words(row.sku.code if row.sku else "", row.category), in_words(terms_of(row))) for row in rows
        ],
        "changes": _history(channel),
        "may_rule": "channels:write" in request.caller.scopes,
    }
    return render(request, "console/stock/rules.html", context)


@page("channels:write")
def edit(request: StaffRequest, code: str) -> HttpResponse:
    """The form, for what the address names: ``sku`` or ``category``, or all."""
    channel = _channel(request, code)
    scope = _scope(channel, request.GET)
    row = StockRule.objects.filter(channel=channel, sku=scope.sku, category=scope.category).first()
    return _form(request, channel, scope, terms_of(row) if row else Terms(), made=row is not None)


@action("channels:write")
def preview(request: StaffRequest, code: str) -> HttpResponse:
    """What the rule would change; changes nothing."""
    channel = _channel(request, code)
    scope, terms = _scope(channel, request.POST), _terms(request.POST)
    refuse_contradictions(terms, request.POST.get("reason", ""))
    found = preview_rule(channel, scope, terms)
    made = StockRule.objects.filter(channel=channel, sku=scope.sku, category=scope.category).exists()
    return _form(request, channel, scope, terms, made=made, changes=found)


@action("channels:write")
def save(request: StaffRequest, code: str) -> HttpResponse:
    channel = _channel(request, code)
    scope, reason = _scope(channel, request.POST), request.POST.get("reason", "")
    if request.POST.get("drop"):
        drop_rule(channel, scope, reason=reason, actor=request.caller.actor)
        messages.success(request, _("The rule is dropped; the figures that change are sent within seconds."))
    else:
        set_rule(channel, scope, _terms(request.POST), reason=reason, actor=request.caller.actor)
        messages.success(request, _("The rule is kept; the figures that change are sent within seconds."))
    return redirect("console:stock_rules", code=channel.code)


def _form(
    request: StaffRequest,
    channel: Channel,
    scope: Scope,
    terms: Terms,
    *,
    made: bool,
    changes: Sequence[object] | None = None,
) -> HttpResponse:
    said = asdict(terms)
    context = {
        "channel": channel,
        "scope": scope,
        "scope_words": scope_words(scope.sku.code if scope.sku else "", scope.category),
        "terms": terms,
        "fields": [
            Field(name, translated(label), translated(help_), "" if said[name] is None else str(said[name]))
            for name, label, help_ in FIELDS
        ],
        "categories": categories(),
        "fresh": not (scope.sku or scope.category) and "scope" not in request.GET and request.method == "GET",
        "made": made,
        "reason": request.POST.get("reason", "")[:100],
        "changes": None if changes is None else changes[:MOST_CHANGES],
        "total": 0 if changes is None else len(changes),
    }
    return render(request, "console/stock/rule.html", context)


def _channel(request: StaffRequest, code: str) -> Channel:
    channel = selling_channels_for(request.caller).filter(code=code).first()
    if channel is None:
        raise Http404(_("There is no such channel."))
    return channel


def _scope(channel: Channel, given: QueryDict) -> Scope:
    code, category = given.get("sku", "").strip(), given.get("category", "").strip()
    if not code:
        return Scope(category=category[:64])
    found = resolve_codes([code], channel=channel.code, names=True).get(code)
    if found is None:
        raise FormIncomplete(problem=_("There is no SKU {sku}.").format(sku=code[:128]))
    return Scope(sku=found)


def _terms(given: QueryDict) -> Terms:
    numbers: dict[str, int | None] = {}
    for name, label, _help in FIELDS:
        text = given.get(name, "").strip()
        if text and not (text.isascii() and text.isdigit() and len(text) <= 10):
            problem = _("{label}: “{text}” is not a whole number.").format(label=translated(label), text=text[:20])
            raise FormIncomplete(problem=problem)
        numbers[name] = int(text) if text else None
    cap = numbers.pop("cap")
    whole = {name: value or 0 for name, value in numbers.items()}
    return Terms(cap=cap, sold_here=given.get("sold_here") == "1", sells_ahead=given.get("sells_ahead") == "1", **whole)


def scope_words(sku: str, category: str) -> str:
    """What a rule is for."""
    if sku:
        return sku
    return _("Category {category}").format(category=category) if category else _("Everything the channel sells")


def in_words(terms: Terms) -> str:
    """What a rule says, in a line."""
    if not terms.sold_here:
        return _("Not sold in this channel")
    said = asdict(terms)
    parts = [f"{translated(label)}: {said[name]}" for name, label, _help in FIELDS if said[name]]
    parts += [_("Sells what is on its way")] if terms.sells_ahead else []
    return "; ".join(parts) or _("Shows all there is")


def _history(channel: Channel) -> list[Change]:
    rows = list(history_of(channel)[:MOST_SHOWN])
    who = people(row.history_actor for row in rows)
    skus = dict(Sku.objects.filter(pk__in={row.sku_id for row in rows if row.sku_id}).values_list("pk", "code"))
    return [
        Change(
            at=row.history_date,
            scope=scope_words(skus.get(row.sku_id, ""), row.category),
            what="" if row.history_type == "-" else in_words(terms_of(row)),
            why=row.history_change_reason or "",
            by=who[row.history_actor].name,
        )
        for row in rows
    ]
