"""Names and help of models and their fields, in the language of whoever reads the configuration screens.

Apps below know nothing of languages: their models are described in plain English, and every description is replaced here, once,
by one that is looked up when it is drawn. Migrations see the English, because commands run without a language.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db import models
from django.utils.functional import Promise, lazy
from django.utils.translation import ngettext

from apps.core.translated import looked_up

_drawn = lazy(looked_up, str)


def _plural(one: str, many: str) -> str:
    """A word that is counted on some page stands in the catalog with its singular."""
    found = looked_up(many)
    return found if found != many else ngettext(one, many, 2)


_drawn_plural = lazy(_plural, str)
# Django translates its own fields.
_OURS = (type(_drawn("")), type(_drawn_plural("", "")))


def translate_models() -> None:
    """Called when the process starts, once all models are known."""
    for config in apps.get_app_configs():
        if config.name.startswith("apps."):
            config.verbose_name = _lazily(config.verbose_name)
    for model in _ours():
        one, many = model._meta.verbose_name, model._meta.verbose_name_plural
        model._meta.verbose_name = _lazily(one)
        model._meta.verbose_name_plural = _drawn_plural(str(one), str(many))
        for field in model._meta.get_fields():
            if isinstance(field, models.Field):
                field.verbose_name = _lazily(field.verbose_name)
                field.help_text = _lazily(field.help_text)


def words_of_screens() -> Iterator[tuple[str, str]]:
    """(where it stands, text) of every model that has a configuration screen, and of what is edited inside one."""
    for model in sorted(_on_screens(), key=lambda one: one._meta.label):
        texts = [model._meta.verbose_name, model._meta.verbose_name_plural]
        for field in model._meta.get_fields():
            if isinstance(field, models.Field) and (field.editable or field.name in _shown(model)):
                texts += [field.verbose_name, field.help_text]
        yield from ((model.__module__, str(text)) for text in texts if isinstance(text, _OURS))
    for config in {model._meta.app_config for model in _on_screens()}:
        yield config.name, str(config.verbose_name)
    for form in _forms():
        for field in form.declared_fields.values():
            yield from (
                (form.__module__, str(text)) for text in (field.label, field.help_text, *_choices(field)) if text
            )
    for screen in admin.site._registry.values():
        if purpose := getattr(screen, "purpose", ""):
            yield screen.__module__, purpose


def _choices(field: Any) -> Iterator[str]:
    """Those that are written down, and are no codes."""
    if isinstance(choices := getattr(field, "choices", None), list):
        yield from (str(label) for value, label in choices if value != label)


def _forms() -> Iterator[Any]:
    """What is filled in on a screen and declared there rather than by a model."""
    screens: list[Any] = list(admin.site._registry.values())
    screens += [one for screen in screens for one in screen.inlines]
    yield from (one.form for one in screens if one.form.__module__.startswith("apps."))


def _ours() -> Iterator[type[models.Model]]:
    return (model for model in apps.get_models() if model.__module__.startswith("apps."))


def _on_screens() -> set[type[models.Model]]:
    shown = {model for model in admin.site._registry if model.__module__.startswith("apps.")}
    return shown | {inline.model for one in admin.site._registry.values() for inline in one.inlines if inline.model}


def _shown(model: type[models.Model]) -> set[str]:
    screen = admin.site._registry.get(model)
    return {str(name) for name in (*screen.list_display, *screen.readonly_fields)} if screen else set()


def _lazily(text: Any) -> Any:
    return text if isinstance(text, Promise) or not text else _drawn(text)
