"""What the console's pages have besides the pieces of every page: where one may go, who one is, what is unread."""

from __future__ import annotations

from functools import lru_cache

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.channels.models import Channel
from apps.console.shell import navigation
from apps.core.process_cache import get_or_load
from apps.notifications.selectors import MOST_COUNTED, unread_count
from apps.ui.language import language, translated


def sections(request: HttpRequest) -> tuple[navigation.Section, ...]:
    """Where whoever is looking may go."""
    return navigation.sidebar(request)


def places(request: HttpRequest) -> SafeString:
    """The same, drawn for the sidebar."""
    return _drawn(navigation.sidebar(request), language())


@lru_cache(maxsize=256)  # the same for the same person on the same page until a count changes
def _drawn(sections: tuple[navigation.Section, ...], _language: str) -> SafeString:
    return mark_safe(render_to_string("console/shell/places.html", {"sections": sections}))  # noqa: S308 - it escapes


def role_of(request: HttpRequest) -> str:
    user = request.user
    if not isinstance(user, User):
        return ""
    return _("Administrator") if user.is_superuser else translated(str(user.get_role_display()))


def unread(request: HttpRequest) -> str:
    """How many notices whoever is looking has not read; empty: none."""
    count = unread_count(request.user) if isinstance(request.user, User) else 0
    return "" if not count else f"{MOST_COUNTED - 1}+" if count >= MOST_COUNTED else str(count)


def channel_name(code: str) -> str:
    """What people call a channel, by the code that orders carry; one that is gone keeps its code."""
    names = get_or_load("channel names", "", lambda: dict(Channel.objects.values_list("code", "name")), seconds=5.0)
    return names.get(code, code)
