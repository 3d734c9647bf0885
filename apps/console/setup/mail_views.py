"""Mail without a shell: sender and server, a test, and the wording of mails to customers."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.console.refusals import refusal_text
from apps.console.shell.access import StaffRequest, action, page
from apps.core.errors import DomainError
from apps.core.transactions import in_transaction
from apps.notifications.models import CustomerText, MailSetup
from apps.notifications.services.setting_up import (
    MailServer,
    send_test_mail,
    set_customer_text,
    set_up_mail,
    text_of,
)
from apps.notifications.states import MailSecurity, MessageTemplate
from apps.notifications.texts import EXAMPLES, Text, filled, names_of
from apps.ui.language import choices
from apps.ui.paging import whole

SCOPE = "casework:setup"
SENDER = ("sender_name", "sender_address", "host", "port", "security", "username")
TEXTS = ("sender_name", "sender_address", "host", "security", "username", "password")


@page(SCOPE)
def mail(request: StaffRequest) -> HttpResponse:
    return _page(request)


def _page(
    request: StaffRequest, typed: dict[str, Any] | None = None, refused: DomainError | None = None
) -> HttpResponse:
    """``typed``: what was refused, by the field of the sender or the code of the text: it stays in its form."""
    typed = typed or {}
    own = set(CustomerText.objects.values_list("template", flat=True))
    setup = MailSetup.objects.first() or MailSetup(sender_name=settings.ORDERYARD["SHOP_NAME"])
    context = {
        "mail": setup,
        "sender": {name: typed.get(name, getattr(setup, name)) for name in SENDER},
        "usual_host": settings.EMAIL_HOST,
        "securities": choices(MailSecurity.choices),
        "texts": [
            _shown(code, label, code in own, typed.get(code)) for code, label in choices(MessageTemplate.choices)
        ],
    }
    if refused is None:
        return render(request, "console/mail/page.html", context)
    messages.error(request, refusal_text(refused))
    return render(request, "console/mail/page.html", context, status=422)


def _shown(code: str, label: str, own: bool, typed: Text | None) -> dict[str, object]:
    text = text_of(code)
    values = {"order": "#1069", "shop": settings.ORDERYARD["SHOP_NAME"], **EXAMPLES[code]}
    example = Text(filled(text.subject, values), filled(text.body, values))
    return {
        "code": code, "label": label, "own": own, "text": typed or text, "names": sorted(names_of(code)), "example": example
    }  # fmt: skip


@action(SCOPE)
def save(request: StaffRequest) -> HttpResponse:
    given = {name: request.POST.get(name, "").strip() for name in TEXTS}
    wanted = MailServer(**given, port=whole(request.POST.get("port")) or 0)
    try:
        in_transaction(lambda: set_up_mail(wanted))
    except DomainError as refusal:
        return _page(request, {**given, "port": request.POST.get("port", "")}, refusal)
    messages.success(request, _("Saved. Send a test mail to see that it works."))
    return redirect(reverse("console:mail"))


@action(SCOPE)
def test(request: StaffRequest) -> HttpResponse:
    send_test_mail(request.user.email)
    messages.success(request, _("A test mail is on its way to {address}.").format(address=request.user.email))
    return redirect(reverse("console:mail"))


@action(SCOPE)
def text(request: StaffRequest, code: str) -> HttpResponse:
    if code not in MessageTemplate.values:
        raise Http404(_("There is no such message."))
    # A browser ends lines as mails of old do; the built-in words don't.
    body = request.POST.get("body", "").replace("\r\n", "\n")
    wanted = None if request.POST.get("do") == "reset" else Text(request.POST.get("subject", ""), body)
    try:
        in_transaction(lambda: set_customer_text(code, wanted))
    except DomainError as refusal:
        return _page(request, {code: wanted}, refusal)
    messages.success(request, _("Saved.") if wanted else _("The built-in words count again."))
    return redirect(reverse("console:mail"))
