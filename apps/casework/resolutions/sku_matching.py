"""Which of our SKUs a code from outside may mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.db.models import F, Func, Q, Value
from django.db.models.functions import Upper

from apps.catalog.models import Sku

MOST = 5
LOOKED_AT = 200
# What codes are usually written apart with; taking these out costs the database a tenth of a regular expression.
SEPARATORS = "-_ ./:#+"
_PUNCTUATION = re.compile(r"[^A-Z0-9]")


@dataclass(frozen=True, slots=True)
class SkuSuggestion:
    """``same``: it is the same code but for case and punctuation."""

    code: str
    label: str
    same: bool


def likely_skus(code: str, title: str) -> list[SkuSuggestion]:
    """Active SKUs that the code may mean, most likely first: the same but for punctuation, then the same beginning."""
    bare = _PUNCTUATION.sub("", code.upper())
    if not bare:
        return []
    stripped = Func(Upper(F("code")), Value(SEPARATORS), Value(""), function="translate")
    begins = bare[: max(len(bare) * 2 // 3, 2)]
    alike = Q(bare=bare) | Q(bare__startswith=begins)
    # The cheap test first: the expensive one is made for those that pass it only.
    near = Sku.objects.filter(active=True, code__istartswith=bare[0])
    rows = near.annotate(bare=stripped).filter(alike).order_by("code")[:LOOKED_AT]
    scored = [(_likeness(bare, title, row), row) for row in rows]
    scored.sort(key=lambda pair: (-pair[0], pair[1].code))
    return [
        SkuSuggestion(row.code, f"{row.code} {row.name}".strip(), _PUNCTUATION.sub("", row.code.upper()) == bare)
        for _, row in scored[:MOST]
    ]


def _likeness(bare: str, title: str, sku: Sku) -> float:
    codes = SequenceMatcher(None, bare, _PUNCTUATION.sub("", sku.code.upper())).ratio()
    names = SequenceMatcher(None, title.lower(), sku.name.lower()).ratio() if title and sku.name else 0.0
    return codes + names / 4
