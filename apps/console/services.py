"""The only writer of what the console remembers."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.console.models import SavedView
from apps.console.shell.errors import ViewNotSaved

MOST_VIEWS = 20


@transaction.atomic
def save_view(user: User, *, page: str, name: str, query: str, shared: bool = False) -> SavedView:
    """Keep a list's filters under a name, for oneself or for all; the same name again replaces it. Raises ViewNotSaved."""
    name = name.strip()[:60]
    if not name:
        raise ViewNotSaved(problem=_("give it a name"))
    if not query:
        raise ViewNotSaved(problem=_("choose a filter first"))
    if len(query) > 1000:
        raise ViewNotSaved(problem=_("its filters are too long"))
    mine = SavedView.objects.filter(user=user, page=page)
    if mine.exclude(name=name).count() >= MOST_VIEWS:
        raise ViewNotSaved(problem=_("{count} views are the most; delete one first").format(count=MOST_VIEWS))
    kept = {"query": query, "shared": shared}
    view, _made = SavedView.objects.update_or_create(user=user, page=page, name=name, defaults=kept)
    return view


def delete_view(user: User, view_id: int) -> None:
    """Forget one of the person's own views; another's, or none, is left alone."""
    SavedView.objects.filter(user=user, pk=view_id).delete()
