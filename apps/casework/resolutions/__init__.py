"""Resolutions: what can be done about a case, as actions with a computed effect, limits and a way back.

``registry`` says which fit which type of case; ``kinds`` holds the resolutions themselves; ``options`` looks, ``choosing`` and
``performing`` do.
"""

from apps.casework.resolutions.base import Choice, Effect, Option, ParamSpec
from apps.casework.resolutions.choosing import choose_resolution, resolve_by_rule, undo_action
from apps.casework.resolutions.options import options_for, preview
from apps.casework.resolutions.performing import perform_action, perform_approved

__all__ = [
    "Choice",
    "Effect",
    "Option",
    "ParamSpec",
    "choose_resolution",
    "options_for",
    "perform_action",
    "perform_approved",
    "preview",
    "resolve_by_rule",
    "undo_action",
]
