"""Foreign keys obey the same layers as imports: they point down."""

from __future__ import annotations

from pathlib import Path

from django.apps import apps as registry

from tests.architecture.source import PROJECT, layers

HEIGHT = {app: height for height, names in enumerate(reversed(layers())) for app in names}


def test_foreign_keys_point_down() -> None:
    upward = [
        f"{model.__name__}.{field.name} of {model._meta.app_label} points at {field.related_model._meta.label}"
        for model in registry.get_models(include_auto_created=True)
        if model._meta.app_label in HEIGHT
        for field in [*model._meta.fields, *model._meta.local_many_to_many]
        if field.related_model is not None and not _may_point(model._meta.app_label, field.related_model)
    ]

    assert upward == []


def _may_point(app: str, target: type) -> bool:
    other = target._meta.app_label  # type: ignore[attr-defined]
    return other == app or other not in HEIGHT or HEIGHT[other] < HEIGHT[app]


def test_every_app_has_a_layer_and_is_installed() -> None:
    folders = {path.parent.name for path in Path(PROJECT / "apps").glob("*/__init__.py")}
    installed = {config.label for config in registry.get_app_configs() if config.name.startswith("apps.")}

    assert folders == HEIGHT.keys() == installed
