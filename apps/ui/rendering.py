"""How pages are drawn: Jinja2, set up with what the pages in `templates/pages/` are written in."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.template import defaultfilters
from django.utils.translation import gettext, ngettext
from jinja2 import ChainableUndefined, Environment, StrictUndefined, Undefined, make_logging_undefined

from apps.ui import addresses, template_functions
from apps.ui import language as own_language

FUNCTIONS = (
    template_functions.at,
    template_functions.chip,
    template_functions.clock_chip,
    template_functions.copy_button,
    template_functions.days_off,
    template_functions.here_with,
    template_functions.icon,
    own_language.language,
    template_functions.money,
    template_functions.plural,
    template_functions.signed,
    template_functions.since,
    addresses.static,
    template_functions.tag,
    addresses.url,
    template_functions.when,
    get_messages,
)
FILTERS = {
    "count": template_functions.count,
    "field": template_functions.field,
    "lasting": template_functions.lasting,
    "part": template_functions.part,
    "said": template_functions.said,
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
