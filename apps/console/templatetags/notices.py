"""The bell."""

from __future__ import annotations

from django import template

from apps.accounts.models import User
from apps.notifications.selectors import MOST_COUNTED, unread_count

register = template.Library()


@register.simple_tag(takes_context=True)
def unread(context: template.Context) -> str:
    """How many notices whoever is looking has not read; empty: none."""
    request = context.get("request")
    user = getattr(request, "user", None)
    count = unread_count(user) if isinstance(user, User) else 0
    return "" if not count else f"{MOST_COUNTED - 1}+" if count >= MOST_COUNTED else str(count)
