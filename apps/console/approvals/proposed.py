"""What a button says that was beyond somebody's limits: nothing was done, and who decides."""

from __future__ import annotations

from django.contrib import messages
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from apps.accounts.models import Role
from apps.casework.models import ApprovalRequest
from apps.console.shell.access import StaffRequest
from apps.ui.language import translated


def say_done_or_proposed(request: StaffRequest, made: object, done: str) -> None:
    if isinstance(made, ApprovalRequest):
        messages.warning(request, proposed_sentence(made))
    else:
        messages.success(request, done)


def proposed_sentence(row: ApprovalRequest) -> str:
    """With a link to the proposal."""
    names = _(" or ").join(translated(str(Role(role).label)) for role in row.roles if role in Role.values)
    return format_html(
        _('Nothing is done yet. {limits} <a href="{address}">Your proposal</a> waits for {who}.'),
        limits=" ".join(row.limits),
        address=reverse("console:approval", args=[row.public_id]),
        who=names or _("an administrator"),
    )
