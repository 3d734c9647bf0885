"""How pages are drawn: Jinja2, set up with what the pages in `templates/pages/` are written in."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.template import defaultfilters
from django.utils.translation import gettext, ngettext
from jinja2 import ChainableUndefined, Environment, StrictUndefined, Undefined, make_logging_undefined

from apps.ui import addresses, pieces
from apps.ui import language as own_language

FUNCTIONS = (
    pieces.at,
    pieces.chip,
    pieces.clock_chip,
    pieces.copy_button,
    pieces.days_off,
    pieces.here_with,
    pieces.icon,
    own_language.language,
    pieces.money,
    pieces.plural,
    pieces.signed,
    pieces.since,
    addresses.static,
    pieces.tag,
    addresses.url,
    pieces.when,
    get_messages,
)
FILTERS = {
    "count": pieces.count,
    "field": pieces.field,
    "lasting": pieces.lasting,
    "part": pieces.part,
    "said": pieces.said,
    "translated": own_language.translated,
    "translated_lines": own_language.translated_lines,
    # Jinja's own filters of these names, where there are any, say it otherwise.
    "capfirst": defaultfilters.capfirst,
    "default_if_none": defaultfilters.default_if_none,
    "filesizeformat": defaultfilters.filesizeformat,
    # Not `linebreaks`, which is found there too and escapes nothing.
    "linebreaks": defaultfilters.linebreaks_filter,
    "pluralize": defaultfilters.pluralize,
    "truncatechars": defaultfilters.truncatechars,
}


def environment(**options: Any) -> Environment:
    """What Django's Jinja2 engine draws with; an app adds its own pieces. Every text that is not known to be HTML is escaped."""
    environment = Environment(  # noqa: S701 - Django turns escaping on
        **{**options, "undefined": missing()}, keep_trailing_newline=True, extensions=["jinja2.ext.i18n"]
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update({function.__name__: function for function in FUNCTIONS})
    environment.filters.update(FILTERS)
    return environment


def missing() -> type[Undefined]:
    """What stands for a name nobody gave: an error for whoever develops, a line in the log and a blank for whoever works."""
    if settings.DEBUG:
        return StrictUndefined
    return make_logging_undefined(logging.getLogger("orderyard.pages"), ChainableUndefined)
