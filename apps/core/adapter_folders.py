"""Adapters found in folders: each folder of a package holds one object, ``ADAPTER``, and no file outside names it.

A folder that can't be used stops the process when it starts: a channel that takes no orders must not look like a quiet one.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Protocol, TypeVar

from django.core.exceptions import ImproperlyConfigured


class FoundAdapter(Protocol):
    @property
    def kind(self) -> str:
        """The name of its folder."""

    def contradictions(self) -> list[str]:
        """What it declares and does not have, or has and does not declare; in sentences."""


AdapterT = TypeVar("AdapterT", bound=FoundAdapter)


class AdapterUnusable(ImproperlyConfigured):
    """A folder that is no adapter; says which and why."""

    def __init__(self, what: str, where: str, why: str) -> None:
        super().__init__(f"The {what} adapter {where} can't be used: {why}.")


def find_adapters(packages: Sequence[str], of: type[AdapterT], *, what: str) -> Mapping[str, AdapterT]:
    """Every adapter in the folders of these packages by its kind, sorted. ``what`` it is called. Raises AdapterUnusable."""
    found: dict[str, AdapterT] = {}
    for name in (name for package in packages for name in _folders_of(package, what)):
        adapter = _load(name, of, what)
        if adapter.kind in found:
            raise AdapterUnusable(what, name, f"there is another one of the kind {adapter.kind}")
        found[adapter.kind] = adapter
    return dict(sorted(found.items()))


def _folders_of(package: str, what: str) -> Iterator[str]:
    try:
        path = import_module(package).__path__
    except (ImportError, AttributeError) as error:
        raise AdapterUnusable(what, package, f"there is no such package ({error})") from error
    return (f"{package}.{module.name}" for module in pkgutil.iter_modules(path) if module.ispkg)


def _load(name: str, of: type[AdapterT], what: str) -> AdapterT:
    try:
        adapter = getattr(import_module(name), "ADAPTER", None)
    except Exception as error:
        raise AdapterUnusable(what, name, f"importing it fails with {type(error).__name__}: {error}") from error
    if not isinstance(adapter, of):
        raise AdapterUnusable(what, name, f"its folder's __init__.py has no ADAPTER = {of.__name__}(...)")
    if adapter.kind != name.rpartition(".")[2]:
        raise AdapterUnusable(what, name, f"it is of the kind {adapter.kind}, which is not the folder's name")
    if wrong := adapter.contradictions():
        raise AdapterUnusable(what, name, "; ".join(wrong))
    return adapter
