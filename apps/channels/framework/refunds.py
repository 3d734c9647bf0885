"""Refunds that an order names by their amount alone, where the shop says what each was for when it is asked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.channels.framework.json_values import dicts


@dataclass(frozen=True, slots=True)
class RefundForm:
    """``refunds``: the key of the order's list of them; ``lines``: the key by which one names what it was for."""

    refunds: str = "refunds"
    lines: str = "line_items"

    def listed(self, order: Mapping[str, Any]) -> list[dict[str, Any]]:
        return dicts(order.get(self.refunds))

    def is_bare(self, refund: Mapping[str, Any]) -> bool:
        return not isinstance(refund.get(self.lines), list)
