"""Code for each external contract, behind one interface."""

from __future__ import annotations

from collections.abc import Callable

from apps.integrations.adapters.base import Adapter
from apps.integrations.adapters.http_3pl import Http3pl
from apps.integrations.models import Partner

ADAPTERS: dict[str, Callable[[str, str], Adapter]] = {"http_3pl": Http3pl}


def adapter_of(partner: Partner) -> Adapter | None:
    """The adapter that speaks the partner's contract; None where its name is not known."""
    found = ADAPTERS.get(partner.adapter)
    return found(partner.base_url, partner.token) if found else None


__all__ = ["ADAPTERS", "Adapter", "adapter_of"]
