"""Every door and every service that changes money or a promise stands in the registry of verbs, with the limits it falls under."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from apps.api import urls as api_urls
from apps.casework.builtin_rules import resolution_limits
from apps.casework.resolutions.registry import RESOLUTIONS
from apps.casework.resolutions.verbs import CASE_DOORS, FREE_SERVICES, HARMLESS_DOORS, VERBS, is_listed
from apps.console import urls as console_urls
from tests.architecture.source import PROJECT, tree_of

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
APPS = ("orders", "fulfillment", "routing", "inventory", "integrations", "catalog", "network", "compensation")
GUARDED = {service for verb in VERBS.values() for service in verb.services}
# A node's no is its own word, and also how a case moves an order: the first needs no limit.
BOTH = {"fulfillment.reject_fulfillment_order"}


def console_doors() -> Iterator[str]:
    for one in console_urls.urlpatterns:
        if set(getattr(one.callback, "methods", ())) & WRITES:
            yield f"console:{one.name}"


def api_doors() -> Iterator[str]:
    for one in api_urls.urlpatterns:
        view = getattr(one.callback, "view_class", None) or getattr(one.callback, "cls", None)
        for method in WRITES & set(getattr(view, "scopes", ())):
            yield f"api:{view.__name__}.{method}"


def commands() -> Iterator[str]:
    for path in (PROJECT / "apps").glob("*/management/commands/*.py"):
        if path.stem != "__init__":
            yield f"shell:{path.stem}"


def services() -> Iterator[str]:
    for app in APPS:
        module = import_module(f"apps.{app}.services")
        for name in getattr(module, "__all__", None) or vars(module):
            made = getattr(module, name)
            if inspect.isfunction(made) and not name.startswith("_") and made.__module__.startswith(module.__name__):
                yield f"{app}.{name}"


DOORS = sorted({*console_doors(), *api_doors(), *commands()})


def test_every_door_that_writes_is_one_of_a_verb_or_says_why_it_needs_no_limit():
    known = {*CASE_DOORS, *(door for verb in VERBS.values() for door in verb.doors)}

    missing = [door for door in DOORS if door not in known and not is_listed(door, HARMLESS_DOORS)]

    assert missing == [], "place each in apps/casework/resolutions/verbs.py: a verb with limits, or harmless and why"


def test_the_registry_names_no_door_that_is_gone():
    named = {*CASE_DOORS, *(door for verb in VERBS.values() for door in verb.doors), *HARMLESS_DOORS}

    assert sorted(door for door in named if not door.endswith("*") and door not in DOORS) == []


def test_every_service_that_writes_orders_stock_or_routing_is_one_of_a_verb_or_says_why_it_needs_no_limit():
    missing = [name for name in services() if name not in GUARDED and not is_listed(name, FREE_SERVICES)]

    assert missing == [], "place each in apps/casework/resolutions/verbs.py"


def test_the_registry_names_no_service_that_is_gone():
    there = set(services())

    assert sorted(name for name in GUARDED - there) == []


def imported_by(path: Path) -> Iterator[str]:
    """``app.service`` for each service of a lower app that a module takes in by name."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and node.module and ".services" in node.module:
            app = node.module.split(".")[1]
            yield from (f"{app}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("folder", ["api", "console"])
def test_no_door_calls_a_service_with_limits_past_them(folder: str):
    passing = [
        f"{path.relative_to(PROJECT)}: {name}"
        for path in sorted((PROJECT / "apps" / folder).rglob("*.py"))
        for name in imported_by(path)
        if name in GUARDED - BOTH or name in {"casework.merge_cases", "casework.resolve_case", "casework.wait_case"}
    ]

    assert passing == []


def test_every_resolution_is_a_verb_and_every_verb_has_its_row():
    assert VERBS.keys() == RESOLUTIONS.keys()
    assert {code for code, _ in resolution_limits()} == VERBS.keys()
