"""What the console's pages are drawn with: the pieces of every page, and its own."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment

from apps.console.channels.topic_texts import topic_words
from apps.console.setup.contract_texts import answer_words
from apps.console.shell import template_functions
from apps.ui import rendering

FUNCTIONS = (
    template_functions.places,
    template_functions.role_of,
    template_functions.sections,
    template_functions.unread,
)


def environment(**options: Any) -> Environment:
    """What Django's Jinja2 engine draws with."""
    environment = rendering.environment(**options)
    environment.globals.update({function.__name__: function for function in FUNCTIONS})
    environment.filters["channel_name"] = template_functions.channel_name
    environment.filters.update(answer_words=answer_words, topic_words=topic_words)
    return environment
