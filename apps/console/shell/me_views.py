"""A person's own settings, and the password that was forgotten."""

from __future__ import annotations

import zoneinfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts.models import LOCALES, User
from apps.accounts.people import ask_for_password_link
from apps.console.shell.access import StaffRequest, action, page
from apps.console.shell.errors import FormIncomplete
from apps.core import clock
from apps.ui.language import request_language

ANSWERED_AFTER_S = 0.1


@page()
def me(request: StaffRequest) -> HttpResponse:
    zones = [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())]
    context = {"zones": zones, "languages": settings.LANGUAGES, "locales": LOCALES}
    return render(request, "console/me/page.html", context)


@action("")
def save(request: StaffRequest) -> HttpResponse:
    language = request.POST.get("language", "")
    zone, locale = request.POST.get("time_zone", ""), request.POST.get("locale", "")
    if language and language not in dict(settings.LANGUAGES):
        raise FormIncomplete(problem=_("Choose a language from the list."))
    if zone and zone not in zoneinfo.available_timezones():
        raise FormIncomplete(problem=_("Choose a time zone from the list."))
    if locale and locale not in dict(LOCALES):
        raise FormIncomplete(problem=_("Choose how dates are written from the list."))
    User.objects.filter(pk=request.user.pk).update(language=language, time_zone=zone, locale=locale)
    translation.activate(language or request_language(request))
    messages.success(request, _("Saved."))
    return redirect(reverse("console:me"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgot(request: HttpRequest) -> HttpResponse:
    """For everybody: says the same whoever is named."""
    name = request.POST.get("name", "").strip()[:254]
    if name:
        began = clock.monotonic()
        ask_for_password_link(name)
        # Somebody who is there costs some milliseconds more than nobody; the answer takes as long for both.
        clock.sleep(max(ANSWERED_AFTER_S - (clock.monotonic() - began), 0))
    return render(request, "console/login/forgot.html", {"asked": bool(name)})


class _SetPassword(PasswordResetConfirmView):
    """The page a mailed link leads to."""

    template_name = "console/login/set.html"
    success_url = reverse_lazy("admin:login")

    def form_valid(self, form: SetPasswordForm[User]) -> HttpResponse:
        answer = super().form_valid(form)
        messages.success(
            self.request, _("Your password is saved, {name}. Log in with it.").format(name=form.user.get_username())
        )
        return answer


set_password = never_cache(_SetPassword.as_view())
