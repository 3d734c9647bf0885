"""The mapping documents that adapters ship with: first versions to be copied and edited."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from apps.channels.framework.registry import adapters
from apps.channels.mapping.documents import Document, DocumentInvalid, load_document
from apps.core.adapter_folders import AdapterUnusable


def shipped() -> tuple[Document, ...]:
    """Every shipped contract, ready to be applied, by name. Raises AdapterUnusable."""
    return tuple(_loaded(path, adapter.kind) for adapter in adapters().values() for path in adapter.contracts)


def shipped_raw() -> list[dict[str, Any]]:
    """The documents as they are written, for seeding the contract table."""
    return [_read(path) for adapter in adapters().values() for path in adapter.contracts]


def shipped_contract(name: str) -> Document:
    """One shipped contract; ``KeyError`` where there is none of that name."""
    for document in shipped():
        if document.contract == name:
            return document
    raise KeyError(name)


@cache
def _loaded(path: Path, kind: str) -> Document:
    try:
        document = load_document(_read(path))
    except (OSError, ValueError, DocumentInvalid) as error:
        raise AdapterUnusable("channel", str(path), str(error)) from error
    if document.channel_kind != kind:
        raise AdapterUnusable(
            "channel", str(path), f"it reads messages of the kind {document.channel_kind}, not {kind}"
        )
    return document


def _read(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read
