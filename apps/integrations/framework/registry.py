"""Finds the adapters: every folder of the packages that hold some. Adding one edits no other file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from django.conf import settings

from apps.core.adapter_folders import find_adapters
from apps.integrations.framework.adapter import PartnerAdapter

OUR_OWN = "apps.integrations.adapters"


def adapters() -> Mapping[str, PartnerAdapter]:
    """Every adapter by its kind, sorted. Raises AdapterUnusable."""
    return _found((OUR_OWN, *settings.PARTNER_ADAPTER_PACKAGES))


def adapter_choices() -> list[tuple[str, str]]:
    return [(kind, adapter.title) for kind, adapter in adapters().items()]


@cache
def _found(packages: tuple[str, ...]) -> Mapping[str, PartnerAdapter]:
    return find_adapters(packages, PartnerAdapter, what="partner")
