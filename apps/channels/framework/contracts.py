"""The channel contracts the product ships with: one JSON document each, first versions to be copied and edited."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from apps.channels.mapping.documents import Document, load_document

_ADAPTERS = Path(__file__).parents[1] / "adapters"


@cache
def shipped() -> tuple[Document, ...]:
    """Every shipped contract, ready to be applied, by name."""
    return tuple(load_document(raw) for raw in shipped_raw())


def shipped_raw() -> list[dict[str, Any]]:
    """The documents as they are written, for seeding the contract table."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(_ADAPTERS.glob("*/*_v*.json"))]


def shipped_contract(name: str) -> Document:
    """One shipped contract; ``KeyError`` where there is none of that name."""
    for document in shipped():
        if document.contract == name:
            return document
    raise KeyError(name)
