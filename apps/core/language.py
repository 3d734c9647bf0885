"""The language something is drawn in just now."""

from __future__ import annotations

from django.utils import translation

# What machines and files get: they compare texts, and have no person in front of them.
ENGLISH = "en"


def language() -> str:
    """A code of ``settings.LANGUAGES``."""
    return translation.get_language() or ENGLISH
