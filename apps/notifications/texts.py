"""Mails to customers: the built-in texts, and what may stand in braces in the shop's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from apps.notifications.states import MessageTemplate

_BRACES = re.compile(r"\{(\w*)\}")
_ANY_BRACES = re.compile(r"\{+([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Text:
    subject: str
    body: str


# What every message knows, and what each knows besides, with an example for the preview.
EVERYWHERE = {"order": "the order's number", "shop": "the shop's name"}
EXAMPLES: Mapping[str, Mapping[str, str]] = {
    MessageTemplate.LINE_SUBSTITUTED: {
        "before": "1 × Stoneware mug, blue",
        "after": "1 × Stoneware mug, green",
        "price": "£14.00",
    },
    MessageTemplate.NEWS: {"text": "We have corrected your address and send your order today."},
}
BUILT_IN: Mapping[str, Text] = {
    MessageTemplate.LINE_SUBSTITUTED: Text(
        "We replaced an item of your order {order}",
        """Hello,

One item of your order could not be sent as ordered, so we replaced it:

  ordered:  {before}
  you get:  {after}, at {price} each

If you would rather not have it, answer this mail before it arrives.

{shop}""",
    ),
    MessageTemplate.NEWS: Text(
        "About your order {order}",
        """Hello,

{text}

If that does not suit you, answer this mail.

{shop}""",
    ),
}


def names_of(template: str) -> set[str]:
    """What may stand in braces in this message."""
    return {*EVERYWHERE, *EXAMPLES[template]}


def unknown_names(template: str, text: str) -> list[str]:
    """What stands in braces and is no name of this message: it would reach the customer as it was typed."""
    known = names_of(template)
    return [inside for inside in _ANY_BRACES.findall(text) if inside not in known]


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with the values in place of the names; nothing in a value is read again."""
    return _BRACES.sub(lambda found: str(values.get(found[1], found[0])), text)
