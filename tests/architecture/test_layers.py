"""Foreign keys obey the same layers as imports: they point down."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps as registry

from tests.architecture.source import PROJECT, layers, name_of, python_files, tree_of

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


# What the tables, modules and events of other apps begin with, where that is not the app's own name.
EVENT_PREFIXES = {"casework": ("case", "approval")}


@pytest.mark.parametrize("app", ["core", "orders"])
def test_no_text_in_the_code_of_core_and_orders_names_an_app_above_them(app: str) -> None:
    above = [name for name, height in HEIGHT.items() if height > HEIGHT[app]]
    names = "|".join(above)
    events = "|".join([names, *(prefix for name in above for prefix in EVENT_PREFIXES.get(name, ()))])
    # apps.x, x.y as an event or address, x_y as a table, or the bare name; the words of a sentence are no names.
    naming = re.compile(
        rf"(?<![.\w])apps\.(?:{names})\b|(?<![.\w/])(?:{names})_\w|(?<![.\w/])(?:{events})\.[a-z]|^(?:{names})$"
    )
    found = [
        f"{name_of(path)}:{node.lineno} {node.value!r}"
        for path in python_files(f"apps/{app}")
        for node in _texts(tree_of(path))
        if naming.search(node.value)
    ]

    assert found == []


def _texts(tree: ast.Module) -> list[ast.Constant]:
    """Every text that is no docstring."""
    nodes = [one for one in ast.walk(tree) if isinstance(one, ast.Module | ast.ClassDef | ast.FunctionDef)]
    docs = {id(one.body[0].value) for one in nodes if one.body and isinstance(one.body[0], ast.Expr)}
    constants = [one for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return [one for one in constants if id(one) not in docs]
