"""What the console's pages are drawn with: the pieces of every page, and its own."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment

from apps.console.shell import pieces
from apps.ui import drawing

FUNCTIONS = (pieces.places, pieces.role_of, pieces.sections, pieces.unread)


def environment(**options: Any) -> Environment:
    """What Django's Jinja2 engine draws with."""
    environment = drawing.environment(**options)
    environment.globals.update({function.__name__: function for function in FUNCTIONS})
    environment.filters["channel_name"] = pieces.channel_name
    return environment
