"""Taking orders out of what they came wrapped in: one order, a page of a listing, a batch, a file's rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from apps.channels.mapping.message_form import MessageForm


def unwrap(form: MessageForm, payload: Any) -> Any:
    """The order inside ``{"order": {…}}`` where the channel wraps single orders, or a list that holds it alone; anything else
    as it is."""
    payload = _alone(payload)
    if isinstance(payload, dict) and len(payload) <= 2:
        for key in form.wrapping.one_under:
            inner = payload.get(key)
            if isinstance(inner, dict):
                return inner
    envelope = form.wrapping.envelope
    if envelope and isinstance(payload, dict) and isinstance(payload.get(envelope), dict):
        return payload[envelope]
    return payload


def _alone(payload: Any) -> Any:
    """The one order of ``{"orders": [{…}]}``, as a page of a listing holds it, or of a bare list."""
    found = payload["orders"] if isinstance(payload, dict) and set(payload) == {"orders"} else payload
    return found[0] if isinstance(found, list) and len(found) == 1 and isinstance(found[0], dict) else payload


def orders_in(form: MessageForm, payload: Any) -> list[Any]:
    """The messages in a listing's page or a batch, each to be accepted separately; a single message is a list of one."""
    if isinstance(payload, list):
        return list(payload)
    inner = unwrap(form, payload)
    if not isinstance(inner, dict):
        return [inner]
    lists = [inner[key] for key in form.wrapping.many_under if isinstance(inner.get(key), list)]
    if not lists:
        return [inner]
    under = form.wrapping.each_under
    return [{under: order} if under else order for found in lists for order in found]


def group_rows(rows: Iterable[Mapping[str, Any]], key_column: str) -> list[dict[str, Any]]:
    """Rows of a file to one message per order: ``{"key": …, "rows": […]}``, in the order of first appearance.

    Rows of one order need not stand together. A row without the key makes a message of its own, with an empty key, so
    that it is quarantined alone rather than lost or mixed with others.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    keyless: list[dict[str, Any]] = []
    for row in rows:
        key = str(row.get(key_column) or "").strip()
        if key:
            groups.setdefault(key, []).append(dict(row))
        else:
            keyless.append(dict(row))
    return [{"key": key, "rows": found} for key, found in groups.items()] + [
        {"key": "", "rows": [row]} for row in keyless
    ]
