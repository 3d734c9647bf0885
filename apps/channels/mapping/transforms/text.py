"""Text, identifiers and SKUs."""

from __future__ import annotations

import html
import re
from typing import Any

from apps.channels.mapping.scope import REPLACEMENT, CannotConvert, Scope, code_text, kind_of
from apps.channels.mapping.transforms.registry import transform
from apps.core.text import Text
from apps.orders.canonical import normalize_sku

_WHOLE_FLOAT = re.compile(r"[0-9]{1,18}\.0\Z")
# Ids are of 64 bits at most.
_LARGEST = 2**64


@transform()
def text(value: Any, scope: Scope) -> str:
    """Read as text without outer spaces; what is longer than the field holds is cut, with a warning."""
    plain = plain_text(value)
    if scope.limit and len(plain) > scope.limit:
        scope.warn(Text("cut to {most} characters", most=scope.limit))
        return plain[: scope.limit].rstrip()
    return plain


@transform()
def identifier(value: Any, scope: Scope) -> str:
    """Read an id: text as it is, whole numbers as digits (17850.0 becomes 17850). Never cut."""
    del scope
    return identifier_text(value)


@transform()
def upper(value: Any, scope: Scope) -> str:
    """To upper case."""
    del scope
    return plain_text(value).upper()


@transform()
def lower(value: Any, scope: Scope) -> str:
    """To lower case."""
    del scope
    return plain_text(value).lower()


@transform()
def unescape_html(value: Any, scope: Scope) -> str:
    """Undo HTML escapes such as &amp;ndash; that shops leave in titles."""
    del scope
    return html.unescape(plain_text(value))


@transform()
def strip_prefix(value: Any, scope: Scope, *, prefix: str) -> str:
    """Take a fixed beginning off, where it is there."""
    del scope
    return plain_text(value).removeprefix(prefix)


@transform()
def add_prefix(value: Any, scope: Scope, *, prefix: str) -> str:
    """Put a fixed text in front."""
    del scope
    return prefix + plain_text(value)


@transform()
def add_suffix(value: Any, scope: Scope, *, suffix: str) -> str:
    """Put a fixed text behind."""
    del scope
    return plain_text(value) + suffix


@transform()
def pad_left(value: Any, scope: Scope, *, width: int, fill: str = "0") -> str:
    """Fill up from the left, for codes that lost their leading zeros in a spreadsheet."""
    del scope
    return identifier_text(value).rjust(min(width, 64), fill[:1] or "0")


@transform()
def sku(value: Any, scope: Scope, *, case: str = "keep") -> str:
    """Trim a SKU, drop invisible marks, set its case (keep, upper, lower), then replace it by its alias if it has one."""
    cleaned = normalize_sku(identifier_text(value))
    alias = scope.context.sku_aliases.get(cleaned.casefold())
    if alias is not None:
        return alias
    return cleaned.upper() if case == "upper" else cleaned.lower() if case == "lower" else cleaned


def plain_text(value: Any) -> str:
    """Text or a number as trimmed text; anything else is refused."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) >= _LARGEST:
        raise CannotConvert(
            Text("is {kind}, not text", kind=_shape(value)), Text("Ask the source to send text, or map another field.")
        )
    return str(value)


def identifier_text(value: Any) -> str:
    """Text or a whole number as an id; ``CannotConvert`` otherwise."""
    if isinstance(value, float):
        if not value.is_integer() or abs(value) >= _LARGEST:
            raise CannotConvert(
                Text("{value} is not an id", value=code_text(str(value))),
                Text("Ask the source to send the id as text."),
            )
        return str(int(value))
    plain = plain_text(value)
    if REPLACEMENT in plain:
        # Two broken ids could be repaired to the same.
        raise CannotConvert(Text("has characters that could not be read"), Text("Ask the source to send the id whole."))
    return plain[:-2] if _WHOLE_FLOAT.match(plain) else plain


def _shape(value: Any) -> Text:
    return Text("a huge number") if type(value) in (int, float) else kind_of(value)
