"""Whose word counts for which field of what a channel sells: a form for each shop that offers its catalog."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import kinds_with
from apps.channels.models import Channel
from apps.console.shell.access import StaffRequest, action, page
from apps.core.transactions import in_transaction
from apps.listings.models import FieldRule
from apps.listings.services.ownership import set_field_owners
from apps.listings.states import FieldName, FieldOwner
from apps.ui.language import choices

SCOPE = "catalog:write"


@dataclass(frozen=True, slots=True)
class Row:
    """``owners``: (field, label, whose word counts)."""

    channel: Channel
    owners: list[tuple[str, str, str]]


@page(SCOPE)
def fields(request: StaffRequest) -> HttpResponse:
    said = {(row.channel_id, row.field): row.owner for row in FieldRule.objects.all()}
    names = choices(FieldName.choices)
    rows = [
        Row(one, [(field, label, said.get((one.pk, field), FieldOwner.FIRST)) for field, label in names])
        for one in Channel.objects.filter(active=True, kind__in=kinds_with(Capability.CATALOG)).order_by("name", "pk")
    ]
    context = {"rows": rows, "owners": choices(FieldOwner.choices)}
    return render(request, "console/catalog/fields.html", context)


@action(SCOPE)
def save(request: StaffRequest) -> HttpResponse:
    """One channel's row of the table."""
    channel = Channel.objects.filter(code=request.POST.get("channel", "")).first()
    if channel is None:
        raise Http404(_("There is no such channel."))
    said = {field: request.POST.get(field, "") for field in FieldName}
    owners = {field: FieldOwner(owner) for field, owner in said.items() if owner in FieldOwner.values}
    in_transaction(lambda: set_field_owners(channel, owners, actor=request.caller.actor))
    messages.success(request, _("{channel}: saved. It counts from the next import on.").format(channel=channel.name))
    return redirect("console:catalog_fields")
