"""From a message's bytes to what it says: which contract reads it, and the canonical order it brings."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from apps.channels.framework.registry import adapter_of
from apps.channels.framework.setup import is_same_account
from apps.channels.mapping.documents import Document
from apps.channels.mapping.engine import apply
from apps.channels.mapping.recognition import Recognized, recognize
from apps.channels.mapping.results import FieldWarning, HoldRequest, Mapped, Notice, Outcome, Rejected, quarantine
from apps.channels.mapping.scope import REPLACEMENT, MappingContext
from apps.channels.models import Channel, InboxMessage
from apps.channels.services.contracts import active_documents
from apps.channels.services.direct_orders import FUTURE
from apps.channels.services.known_refunds import with_known_refunds
from apps.core.strict_json import load_bounded, what_is_wrong
from apps.core.text import Text

Reading = Outcome | Notice
OWN_SERVICES = frozenset({"manual"})
_MOST = 10
# NUL and half of a character, as JSON may write them; in text, what no column can hold.
_ESCAPED = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Reader:
    """Reads messages of one channel, by ``documents`` (the contracts that are active now) and the channel's own words."""

    def __init__(self, channel: Channel, documents: Sequence[Document] | None = None) -> None:
        self._channel, self._form = channel, adapter_of(channel.kind).messages
        # Messages with refunds of which only the amount is known.
        self.unexplained: set[int] = set()
        self._documents: Sequence[Document] = active_documents() if documents is None else documents
        settings = channel.typed_settings
        self.context = MappingContext(
            default_currency=channel.default_currency,
            default_country=channel.default_country,
            shipping_methods=settings.shipping_methods,
            tables=settings.tables,
            services=settings.fulfillment_services or OWN_SERVICES,
            locations=settings.locations,
        )

    def read(self, message: InboxMessage) -> Reading:
        """What the message says. Whatever it is, the answer is a verdict with a reason."""
        try:
            body = read_body(bytes(message.body))
        except ValueError as error:
            problem = what_is_wrong(getattr(error, "msg", str(error)))
            at = getattr(error, "pos", None)
            said = Text("the body is not JSON ({problem})", problem=problem)
            if at is not None:
                length = len(message.body)
                said = Text(
                    "the body is not JSON ({problem}, at character {at} of {length})",
                    problem=problem,
                    at=at,
                    length=length,
                )
            return quarantine("", said, Text("Have the source send it whole."))
        if (another := self._of_another_shop(message.headers)) is not None:
            return another
        found = recognize(self._form, message.topic, message.headers, body.payload, self._documents)
        if not isinstance(found, Recognized):
            return found
        payload, bare = with_known_refunds(self._channel, found.payload)
        if bare:
            self.unexplained.add(message.pk)
        outcome = apply(found.document, payload, self.context)
        return _in_time(outcome, body, message.received_at) if isinstance(outcome, Mapped) else outcome

    def _of_another_shop(self, headers: Mapping[str, str]) -> Rejected | None:
        """Signed with our secret, and not from the shop this channel is connected to: two shops share an app, or an address."""
        ours = self._channel.account
        named = {name.casefold(): value for name, value in headers.items()}
        theirs = next((named[name] for name in self._form.account if named.get(name)), "")
        if not ours or not theirs or is_same_account(theirs, ours):
            return None
        return Rejected(
            Text(
                "it is from {theirs}, and this channel is connected to {ours}",
                theirs=theirs[:100],
                ours=self._channel.account,
            )
        )


def _in_time(reading: Mapped, body: Body, received_at: datetime) -> Mapped:
    """The reading with what was repaired, and with times that can be: a version from years ahead would outlive all that
    follow, and one that can't be read would look older than all that came before."""
    order, latest = reading.order, received_at + FUTURE
    warnings, changes = list(body.repaired), dict[str, Any]()
    unread = any(warning.target == "updated_at" for warning in reading.warnings)
    if unread or (order.updated_at is not None and order.updated_at > latest):
        changes["updated_at"] = received_at
        warnings.append(FieldWarning("", "updated_at", Text("no time that can be; the time of its arrival was taken")))
    holds = reading.holds
    if order.placed_at > latest:
        holds = (
            *holds,
            HoldRequest("manual", "", Text("It says it was placed on a day that has not come yet."), "in_future"),
        )
        changes.setdefault("updated_at", order.updated_at or received_at)
    if not changes and not warnings:
        return reading
    order = order.model_copy(update=changes)
    return replace(reading, order=order, warnings=(*reading.warnings, *warnings), holds=holds)


@dataclass(frozen=True, slots=True)
class Body:
    """A body's JSON, in which every text can be stored, and where it was repaired for that."""

    payload: Any
    repaired: tuple[FieldWarning, ...] = ()


def parse(body: bytes) -> Any:
    """The JSON of a body, every text in it storable. Raises ValueError."""
    return read_body(body).payload


def read_body(body: bytes) -> Body:
    """Read a body as JSON. Half characters, NUL and bytes that are not UTF-8 are replaced: no such thing stops a sale.

    A body without any valid character beyond ASCII is in the old Windows code page, as old shops send it. Raises
    ValueError.
    """
    repaired: list[str] = []
    encoding = json.detect_encoding(body)
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        text, repaired = _decoded(body, encoding), [""]
    # Not strict: a bare line break in a note is no reason to lose a sale.
    payload = load_bounded(body, text=text, strict=False)
    if _ESCAPED.search(body) or "\x00" in text:
        payload = _cleaned(payload, "", repaired)
    found = tuple(
        FieldWarning(path, "", Text("characters that can't be kept were replaced")) for path in repaired[:_MOST]
    )
    return Body(payload, found)


def _decoded(body: bytes, encoding: str) -> str:
    replaced = body.decode(encoding, "replace")
    if encoding == "utf-8" and all(letter == REPLACEMENT for letter in replaced if letter > "\x7f"):
        return body.decode("cp1252", "replace")
    return replaced


def _cleaned(value: Any, path: str, repaired: list[str]) -> Any:
    if isinstance(value, str):
        clean = _UNSTORABLE.sub(REPLACEMENT, value)
        if clean != value:
            repaired.append(path)
        return clean
    if isinstance(value, list):
        return [_cleaned(item, f"{path}[{index}]", repaired) for index, item in enumerate(value)]
    if isinstance(value, dict):
        keys = [(_UNSTORABLE.sub(REPLACEMENT, key), item) for key, item in value.items()]
        return {key: _cleaned(item, f"{path}.{key}" if path else key, repaired) for key, item in keys}
    return value
