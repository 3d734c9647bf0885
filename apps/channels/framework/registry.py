"""Finds the adapters: every folder of the packages that hold some. Adding one edits no other file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from django.conf import settings

from apps.channels.errors import UnknownChannelKind
from apps.channels.framework.adapter import Capability, ChannelAdapter
from apps.channels.mapping.transforms.registry import enter_all
from apps.core.adapter_folders import AdapterUnusable, find_adapters

OUR_OWN = "apps.channels.adapters"


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
    found = find_adapters(packages, ChannelAdapter, what="channel")
    for kind, adapter in found.items():
        try:
            enter_all(adapter.transforms)
        except ValueError as error:
            raise AdapterUnusable("channel", kind, str(error)) from error
    return found
