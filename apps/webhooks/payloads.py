"""What an event looks like to other systems: its public fields, with the codes and ids they know in place of our keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from apps.catalog.models import Sku
from apps.core.event_types import EventData, all_events, event_type
from apps.network.models import Node
from apps.orders.models import OrderLine
from apps.webhooks.selectors import family_of

_CODES: Mapping[str, Callable[[set[int]], dict[int, str]]] = {
    "node": lambda pks: dict(Node.objects.filter(pk__in=pks).values_list("pk", "code")),
    "sku": lambda pks: dict(Sku.objects.filter(pk__in=pks).values_list("pk", "code")),
    "lines": lambda pks: dict(OrderLine.objects.filter(pk__in=pks).values_list("pk", "line_id")),
}


def public_events() -> tuple[type[EventData], ...]:
    """Every event that can be subscribed to."""
    return tuple(kind for kind in all_events() if kind.spec.public is not None)


def public_fields(kind: type[EventData]) -> tuple[tuple[str, str, str], ...]:
    """Attribute, public name, and which of our keys it holds, if any, of each public field."""
    return _public_fields(kind.spec.name)


def subscribable() -> tuple[str, ...]:
    """What an endpoint may name: families, such as ``case.*``, each before its events."""
    names = [kind.spec.name for kind in public_events()]
    return tuple(dict.fromkeys(one for name in names for one in (family_of(name), name)))


@cache
def _public_fields(name: str) -> tuple[tuple[str, str, str], ...]:
    kind = event_type(name)
    hints = get_type_hints(kind, include_extras=True)
    return tuple((one, public_name(one), _key_held(hints[one])) for one in kind.spec.public or ())


def public_name(field: str) -> str:
    """``sku_id`` goes out as ``sku``, since it goes out as the SKU's code; ``from_`` as ``from``."""
    return field.rstrip("_").removesuffix("_id")


def _key_held(hint: Any) -> str:
    return str(get_args(hint)[1]) if get_origin(hint) is Annotated else ""


def public_data(events: Mapping[int, EventData]) -> dict[int, dict[str, Any]]:
    """By the keys of ``events``; what is None is left out."""
    codes = {held: load(pks) if (pks := _pks(events.values(), held)) else {} for held, load in _CODES.items()}
    return {key: _payload(event, codes) for key, event in events.items()}


def _pks(events: Iterable[EventData], held: str) -> set[int]:
    values = [getattr(event, name) for event in events for name, _, kind in public_fields(type(event)) if kind == held]
    return {int(pk) for value in values for pk in (value if isinstance(value, Mapping) else [value])}


def _payload(event: EventData, codes: Mapping[str, Mapping[int, str]]) -> dict[str, Any]:
    found = {}
    for name, public, held in public_fields(type(event)):
        value = getattr(event, name)
        if held and isinstance(value, Mapping):
            value = {codes[held].get(int(pk), pk): units for pk, units in value.items()}
        elif held:
            value = codes[held].get(value, "")
        if value is not None:
            found[public] = value
    return found
