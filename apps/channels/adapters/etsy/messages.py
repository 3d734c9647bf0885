"""What Etsy's receipts look like, and how one is written down as a message: amounts and times as the mapping reads them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from apps.channels.mapping.message_form import Cancelled, MessageForm, paths
from apps.channels.mapping.paths import parse_path

MESSAGES = MessageForm(
    kind="etsy",
    ids=paths("receipt_id"),
    updated=paths("updated_at"),
    zone="UTC",
    cancelled=Cancelled(status=parse_path("status"), words=frozenset({"canceled", "cancelled", "fully refunded"})),
)


def as_message(receipt: Mapping[str, Any]) -> dict[str, Any]:
    """The receipt as it came, with what Etsy writes in its own way beside it as everybody writes it: an amount's ``value`` in
    whole units, and for each ``…_timestamp`` in seconds a ``…_at`` in ISO 8601."""
    return {**_readable(receipt), "id": receipt.get("receipt_id")}


def _readable(value: Any) -> Any:
    if isinstance(value, list):
        return [_readable(one) for one in value]
    if not isinstance(value, dict):
        return value
    read = {key: _readable(one) for key, one in value.items()}
    if _is_amount(value):
        read["value"] = in_whole_units(value)
    for key, seconds in value.items():
        moment = moment_of(seconds) if key.endswith("_timestamp") or key == "expected_ship_date" else None
        if moment is not None:
            read[key.removesuffix("_timestamp").removesuffix("_date") + "_at"] = moment.isoformat()
    return read


def _is_amount(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("amount"), int) and isinstance(value.get("divisor"), int) and "currency_code" in value


def in_whole_units(money: Mapping[str, Any]) -> str:
    """``{"amount": 1999, "divisor": 100}`` is 19.99, exactly."""
    return str(Decimal(money["amount"]) / Decimal(money["divisor"] or 1))


def moment_of(seconds: Any) -> datetime | None:
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 < seconds < 4_102_444_800:
        return None
    return datetime.fromtimestamp(seconds, UTC)
