"""From a message's bytes to what it says: which contract reads it, and the canonical order it brings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from apps.channels.mapping.documents import Document
from apps.channels.mapping.engine import apply
from apps.channels.mapping.recognition import Recognized, recognize
from apps.channels.mapping.results import Notice, Outcome, quarantine
from apps.channels.mapping.scope import MappingContext
from apps.channels.models import Channel, InboxMessage
from apps.channels.services.contracts import active_documents

Reading = Outcome | Notice


class Reader:
    """Reads messages of one channel, by the contracts that are active now and the channel's own words."""

    def __init__(self, channel: Channel) -> None:
        self._kind = channel.kind
        self._documents: Sequence[Document] = active_documents()
        self._context = MappingContext(
            default_currency=channel.default_currency,
            default_country=channel.default_country,
            shipping_methods=_words(channel.settings.get("shipping_methods")),
            tables=_tables(channel.settings.get("tables")),
        )

    def read(self, message: InboxMessage) -> Reading:
        """What the message says. Whatever it is, the answer is a verdict with a reason."""
        try:
            payload = parse(bytes(message.body))
        except ValueError as error:
            said = getattr(error, "msg", type(error).__name__)
            at = getattr(error, "pos", None)
            where = "" if at is None else f", at character {at} of {len(message.body)}"
            return quarantine("", f"the body is not JSON ({said}{where})", "Have the source send it whole.")
        found = recognize(self._kind, message.topic, message.headers, payload, self._documents)
        if isinstance(found, Recognized):
            return apply(found.document, found.payload, self._context)
        return found


def parse(body: bytes) -> Any:
    """The JSON of a body. Raises ValueError."""
    try:
        return json.loads(body)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _words(value: Any) -> Mapping[str, str]:
    """Staff write the settings by hand; what is no table of words is passed over."""
    if not isinstance(value, dict):
        return {}
    return {name: word for name, word in value.items() if isinstance(word, str)}


def _tables(value: Any) -> Mapping[str, Mapping[str, str]]:
    return {name: _words(words) for name, words in value.items()} if isinstance(value, dict) else {}
