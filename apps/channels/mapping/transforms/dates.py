"""Moments. Everything becomes aware UTC; a time without a zone needs the document to declare one."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator

from apps.channels.mapping.moments import read_moment
from apps.channels.mapping.scope import Scope, is_empty
from apps.channels.mapping.transforms.registry import transform
from apps.core.text import Text


def _known_zone(name: str) -> str:
    if name and name not in _zones():
        raise ValueError(Text("there is no time zone {name}", name=repr(name)))
    return name


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


Zone = Annotated[str, AfterValidator(_known_zone)]


@transform()
def moment(value: Any, scope: Scope, *, zone: Zone = "", formats: tuple[str, ...] = ()) -> datetime:
    """A moment from ISO 8601, or by formats such as %m/%d/%Y %H:%M; a naive one is in the declared zone."""
    del scope
    return read_moment(value, zone, formats)


@transform(reduces=True)
def earliest(value: Any, scope: Scope, *, zone: Zone = "", formats: tuple[str, ...] = ()) -> datetime | None:
    """The earliest of several moments."""
    del scope
    values = value if isinstance(value, list) else [value]
    return min((read_moment(item, zone, formats) for item in values if not is_empty(item)), default=None)


@transform(reduces=True)
def latest(value: Any, scope: Scope, *, zone: Zone = "", formats: tuple[str, ...] = ()) -> datetime | None:
    """The latest of several moments."""
    del scope
    values = value if isinstance(value, list) else [value]
    return max((read_moment(item, zone, formats) for item in values if not is_empty(item)), default=None)
