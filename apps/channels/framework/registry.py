"""Finds the adapters: every folder of the packages that hold some. Adding one edits no other file.

A folder that can't be used stops the process when it starts: a channel that takes no orders must not look like a quiet one.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from apps.channels.errors import UnknownChannelKind
from apps.channels.framework.adapter import Capability, ChannelAdapter

OUR_OWN = "apps.channels.adapters"


class AdapterUnusable(ImproperlyConfigured):
    """A folder that is no adapter; says which and why."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"The channel adapter {where} can't be used: {why}.")


def adapters() -> Mapping[str, ChannelAdapter]:
    """Every adapter by its kind, sorted. Raises AdapterUnusable."""
    return _found((OUR_OWN, *settings.CHANNEL_ADAPTER_PACKAGES))


def adapter_of(kind: str) -> ChannelAdapter:
    """Raises UnknownChannelKind."""
    found = adapters().get(kind)
    if found is None:
        raise UnknownChannelKind(kind=kind)
    return found


def kinds_with(*capabilities: Capability) -> list[str]:
    """The kinds of channels that have any of these capabilities."""
    return [kind for kind, adapter in adapters().items() if not adapter.capabilities.isdisjoint(capabilities)]


def kind_choices() -> list[tuple[str, str]]:
    return [(kind, adapter.title) for kind, adapter in adapters().items()]


@cache
def _found(packages: tuple[str, ...]) -> Mapping[str, ChannelAdapter]:
    found: dict[str, ChannelAdapter] = {}
    for name in (name for package in packages for name in _folders_of(package)):
        adapter = _load(name)
        if adapter.kind in found:
            raise AdapterUnusable(name, f"there is another one of the kind {adapter.kind}")
        found[adapter.kind] = adapter
    return dict(sorted(found.items()))


def _folders_of(package: str) -> Iterator[str]:
    try:
        path = import_module(package).__path__
    except (ImportError, AttributeError) as error:
        raise AdapterUnusable(package, f"there is no such package ({error})") from error
    return (f"{package}.{module.name}" for module in pkgutil.iter_modules(path) if module.ispkg)


def _load(name: str) -> ChannelAdapter:
    try:
        adapter = getattr(import_module(name), "ADAPTER", None)
    except Exception as error:
        raise AdapterUnusable(name, f"importing it fails with {type(error).__name__}: {error}") from error
    if not isinstance(adapter, ChannelAdapter):
        raise AdapterUnusable(name, "its folder's __init__.py has no ADAPTER = ChannelAdapter(...)")
    if adapter.kind != name.rpartition(".")[2]:
        raise AdapterUnusable(name, f"its messages are of the kind {adapter.kind}, which is not the folder's name")
    if wrong := adapter.contradictions():
        raise AdapterUnusable(name, "; ".join(wrong))
    return adapter
