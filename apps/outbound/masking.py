"""What of a call may stand in the log: how it was built, and words and numbers that name no person. Pure.

Only what is known to be harmless is kept: names of fields, and the values of those listed here where they are code words or
ids. Whatever else a body holds, a name, an address, a token or something nobody thought of, is a dot.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

MOST_TEXT, MOST_ENTRIES, DEEPEST = 2_000, 20, 6
HIDDEN = "•"
SHOWN = frozenset(
    {
        "assigned_location_id", "carrier", "code", "currency", "event", "financial_status", "fulfillable_quantity",
        "fulfillment_order", "fulfillment_order_id", "fulfillment_order_line_item_id", "fulfillment_status", "id", "kind",
        "level", "line_id", "line_item_id", "node", "order", "priority", "quantity", "queue", "reason", "reference",
        "service", "service_level", "severity", "ship_by", "shipment", "sku", "stage", "state", "status", "subject",
        "timestamp", "total", "type", "variant_id", "weight_g",
    }
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,47}")
# A code word or an id is written in one case; a person's name is not.
_WORD = re.compile(r"[a-z0-9_.:+-]{1,64}|[A-Z0-9_.:+/#-]{1,64}")
# What the API's own addresses are made of, our references and numbers. Anything longer or odder may be a token.
_SEGMENT = re.compile(r"[A-Za-z0-9_.-]{1,30}")


def masked_body(body: bytes) -> str:
    """The body as the log keeps it: JSON with dots for values, or only how long it is."""
    if not body:
        return ""
    # What is longer is not looked into: unpacking megabytes for the log would cost more than the call.
    value = _parsed(body) if len(body) <= 64 * MOST_TEXT else None
    if not isinstance(value, dict | list):
        return f"{len(body):,} bytes"
    text = json.dumps(_masked(value, "", DEEPEST), ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _masked(value: Any, name: str, deeper: int) -> Any:
    if isinstance(value, dict) and deeper:
        shown = list(value.items())[:MOST_ENTRIES]
        return {_name(key): _masked(one, str(key), deeper - 1) for key, one in shown}
    if isinstance(value, list) and deeper:
        more = [f"+{len(value) - MOST_ENTRIES}"] if len(value) > MOST_ENTRIES else []
        return [_masked(one, name, deeper - 1) for one in value[:MOST_ENTRIES]] + more
    if value is None or isinstance(value, bool):
        return value
    harmless = name in SHOWN and (isinstance(value, int) or (isinstance(value, str) and _WORD.fullmatch(value)))
    return value if harmless else HIDDEN


def _name(key: object) -> str:
    return key if isinstance(key, str) and _NAME.fullmatch(key) else HIDDEN


def masked_path(url: str) -> str:
    """The path without what is asked for behind it; a part that may be a token is a dot."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return "/".join(part if not part or _SEGMENT.fullmatch(part) else HIDDEN for part in path.split("/"))[:200]
