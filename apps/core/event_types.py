"""The catalogue of events: each is a frozen dataclass, declared once, in the ``events.py`` of the app that records it.

A declaration says everything there is to say of a kind of event: what it is called, what it carries, what it is about, which state
its subject enters, who has to act next, the sentence a person reads, and what other systems are sent. Subscriptions, timelines,
webhooks with their schemas, and the reference in the docs are made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from string import Formatter
from typing import Annotated, Any, ClassVar, TypeVar, dataclass_transform

# Primary keys, which other systems are sent as the codes and ids they know.
NodePk = Annotated[int, "node"]
SkuPk = Annotated[int, "sku"]
LineUnits = Annotated[Mapping[str, int], "lines"]


class Subject(StrEnum):
    """What an event is about: the row its ``subject_id`` names."""

    ORDER = "order"
    FULFILLMENT_ORDER = "fulfillment order"
    STOCK_LEVEL = "stock level"
    CASE = "case"
    APPROVAL = "approval"
    CLOCK = "clock"
    POLICY = "SLA policy"
    CHANNEL = "channel"
    PARTNER = "partner"
    CONTRACT = "contract"
    MESSAGE = "message"
    REPLAY = "replay"
    CHANNEL_NOTICE = "channel notice"
    LISTING = "listing"
    UPLOAD = "upload"
    SKU = "SKU"
    NODE = "node"
    KEY = "API key"
    STAFF = "member of staff"
    NOTICE = "notice"
    CUSTOMER_MESSAGE = "customer message"
    DELIVERY = "webhook delivery"
    ENDPOINT = "webhook endpoint"
    EFFECT = "external effect"
    RUN = "step run"
    SYSTEM = "system"


class Ball(StrEnum):
    """Who has to act next."""

    SYSTEM = "system"
    INTEGRATION = "integration"
    PARTNER = "partner"
    PERSON = "person"
    CUSTOMER = "customer"
    NOBODY = "nobody"


class UnknownEvent(LookupError):
    """No event of this name is declared."""


class UnreadableEvent(ValueError):
    """What was recorded lacks a field that has no default."""


@dataclass(frozen=True, slots=True)
class EventSpec:
    """What is declared of an event. ``enters``: the state its subject is in afterwards; empty: the one it was in.

    ``public``: the fields other systems are sent; None: they are not sent the event at all. ``keys``: each field with its key in
    the stored JSON, which is its name without the underscore that keeps it from being a keyword.
    """

    name: str
    subject: Subject
    ball: Ball
    says: str
    enters: str
    public: tuple[str, ...] | None
    version: int
    keys: tuple[tuple[str, str], ...]

    @property
    def family(self) -> str:
        return self.name.partition(".")[0]


class EventData:
    """What one event says. The fields are JSON values: references, code words and quantities, never personal data."""

    __slots__ = ()
    spec: ClassVar[EventSpec]

    def to_json(self) -> dict[str, Any]:
        """As it is stored; what is None is left out."""
        return {key: value for name, key in self.spec.keys if (value := getattr(self, name)) is not None}


_CATALOGUE: dict[str, type[EventData]] = {}
E = TypeVar("E", bound=EventData)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def event(
    name: str,
    *,
    subject: Subject,
    ball: Ball,
    says: str,
    enters: str = "",
    public: tuple[str, ...] | None = None,
    version: int = 1,
) -> Callable[[type[E]], type[E]]:
    """Declare an event. A sentence or a public list that names no field of it fails at import.

    A field is taken away or changes its meaning only with a new ``version``; one that is added has a default, which stands for it
    in rows that are older.
    """

    def declare(cls: type[E]) -> type[E]:
        made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        keys = tuple((one.name, one.name.rstrip("_")) for one in fields(made))  # type: ignore[arg-type]
        _refuse_unknown_fields(name, says, public or (), {one for one, _ in keys})
        if name in _CATALOGUE:
            raise TypeError(f"{name} is declared twice")
        made.spec = EventSpec(name, subject, ball, says, str(enters), public, version, keys)
        _CATALOGUE[name] = made
        return made

    return declare


def _refuse_unknown_fields(name: str, says: str, public: tuple[str, ...], known: set[str]) -> None:
    placeholders = {place for _, place, _, _ in Formatter().parse(says) if place is not None}
    if unknown := (placeholders | set(public)) - known:
        raise TypeError(f"{name} has no field {', '.join(sorted(unknown))}")


def event_type(name: str) -> type[EventData]:
    """The class of the event of this name. Raises UnknownEvent."""
    try:
        return _CATALOGUE[name]
    except KeyError:
        raise UnknownEvent(name) from None


def find_event(name: str) -> type[EventData] | None:
    """The same; None: it is declared no more, or not yet."""
    return _CATALOGUE.get(name)


def all_events() -> tuple[type[EventData], ...]:
    """Every event there is, by name."""
    return tuple(kind for _, kind in sorted(_CATALOGUE.items()))


def names_of(*kinds: type[EventData]) -> list[str]:
    """What these events are called in the event log."""
    return [kind.spec.name for kind in kinds]


def states_entered(*subjects: Subject) -> dict[str, str]:
    """Which state each event puts its subject in, by its name; of events about these subjects."""
    specs = [kind.spec for kind in all_events() if kind.spec.subject in subjects]
    return {spec.name: spec.enters for spec in specs if spec.enters}


def load(name: str, data: Mapping[str, Any]) -> EventData:
    """The event as it was recorded: older rows get the defaults of fields they lack, and keep no field that is no more.

    Raises UnknownEvent, UnreadableEvent.
    """
    kind = event_type(name)
    try:
        return kind(**{one: data[key] for one, key in kind.spec.keys if key in data})
    except TypeError:
        lacking = [key for (one, key) in kind.spec.keys if key not in data and _is_required(kind, one)]
        raise UnreadableEvent(f"{name} lacks {', '.join(lacking)}") from None


def _is_required(kind: type[EventData], name: str) -> bool:
    found = {one.name: one for one in fields(kind)}[name]  # type: ignore[arg-type]
    return found.default is MISSING and found.default_factory is MISSING
