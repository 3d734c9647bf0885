"""What messages of one kind of channel look like, before any contract reads them: whose they are, what wraps them.

Each adapter has one ``MessageForm``. Nothing here looks at a message; ``facts``, ``envelopes`` and ``recognition`` do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from apps.channels.mapping.paths import Path, parse_path
from apps.channels.mapping.privacy import PrivacyRequest
from apps.channels.mapping.results import Finding


class Topic(StrEnum):
    """A topic in one vocabulary for all channels."""

    CREATED = "created"
    UPDATED = "updated"
    CANCELLED = "cancelled"
    DELETED = "deleted"
    PAID = "paid"
    FULFILLED = "fulfilled"
    PING = "ping"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """``headers``: in which of them a webhook names its topic, in lower case; ``within``: where its body does, for shops that have
    no such header. ``about_orders``: how topics begin that speak of orders; every other one is ignored. ``meanings`` in our vocabulary; ``without_order``: those that bring none, and why. ``naming``: those that say
    only which order something happened to, and where they name it, the first that says something counts: the order is fetched."""

    headers: tuple[str, ...] = ()
    within: Path | None = None
    about_orders: str = ""
    meanings: Mapping[str, Topic] = field(default_factory=dict)
    without_order: Mapping[str, str] = field(default_factory=dict)
    naming: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)

    def named_in(self, headers: Mapping[str, str]) -> str:
        """The topic the headers name, whatever their case; empty where none does."""
        folded = {str(name).casefold(): value for name, value in headers.items()}
        return next((str(folded[name]) for name in self.headers if folded.get(name)), "")

    def named_within(self, payload: Any) -> str:
        """The topic the body names; empty where it names none, or where bodies are not asked."""
        word = self.within.read(payload) if self.within is not None else None
        return word if isinstance(word, str) else ""

    def meaning_of(self, topic: str) -> Topic:
        """The topic in our vocabulary; OTHER for what we do not know. Our own words are themselves."""
        word = topic.strip().casefold()
        known = self.meanings.get(word)
        if known is not None:
            return known
        return Topic(word) if word in set(Topic) else Topic.OTHER

    def word_for(self, meaning: Topic) -> str:
        """How the source itself calls it; our own word where it has none."""
        return next((word for word, known in self.meanings.items() if known is meaning), meaning.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapping:
    """What orders come in. ``envelope``: a key that holds the message itself, whatever stands beside it. ``one_under``: keys
    that hold a single order; ``many_under``: a list of them. ``each_under``: the key each order of a list is put under, where
    the contract reads orders joined with other records."""

    envelope: str = ""
    one_under: tuple[str, ...] = ()
    many_under: tuple[str, ...] = ()
    each_under: str = ""


def never(_: Any) -> bool:
    return False


def _nothing(_: Mapping[str, Any]) -> None:
    return None


def _no_request(_: str, __: Any) -> PrivacyRequest | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """How an order says that it is off: by a word in ``status``, a value at ``when_present``, or as ``when`` knows."""

    status: Path | None = None
    words: frozenset[str] = frozenset()
    when_present: Path | None = None
    when: Callable[[Any], bool] = never


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageForm:
    """``ids`` and ``updated``: where the order's id and its last change stand, the first that says something counts. ``zone``:
    of times without one.

    ``privacy``: by topic and body, the request about a person that a message brings, or None; ``without_person``: the body of such
    a message with no more than the ids in it. ``account``: headers that say whose shop a webhook is from, in lower case.

    ``is_ping``: a message by which the shop asks whether anybody listens. ``only_names``: one that says which order is new or
    changed and not what it holds; the order is fetched. ``hooks_only_name``: no webhook is believed more than which order it
    names, because nothing shows that its body is the sender's. ``gone``: why an order is off that comes without its
    lines, or None; ``incomplete``: what is missing where a message is known to be half an order, or None.
    """

    kind: str
    ids: tuple[Path, ...] = (parse_path("id"), parse_path("order_id"))
    updated: tuple[Path, ...] = (parse_path("updated_at"),)
    zone: str = ""
    cancelled: Cancelled = field(default_factory=Cancelled)
    topics: Topics = field(default_factory=Topics)
    wrapping: Wrapping = field(default_factory=Wrapping)
    privacy: Callable[[str, Any], PrivacyRequest | None] = _no_request
    without_person: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
    account: tuple[str, ...] = ()
    is_ping: Callable[[Any], bool] = never
    only_names: Callable[[Any], bool] = never
    hooks_only_name: bool = False
    gone: Callable[[Mapping[str, Any]], str | None] = _nothing
    incomplete: Callable[[Mapping[str, Any]], Finding | None] = _nothing

    @property
    def names_orders(self) -> bool:
        """Whether some of its messages only name an order, which has to be fetched."""
        return self.only_names is not never or bool(self.topics.naming)


def paths(*texts: str) -> tuple[Path, ...]:
    return tuple(parse_path(text) for text in texts)
