"""What a shop's messages are called on pages: vendors write the same topic as ``ORDERS_CREATE``, ``orders/create`` or ``order.created``."""

from __future__ import annotations

import re

from django.utils.translation import gettext_noop

from apps.channels.services.direct_orders import DIRECT_TOPIC
from apps.ui.language import translated

_WORDS = {
    "order created": gettext_noop("New order"),
    "order updated": gettext_noop("Order changed"),
    "order status updated": gettext_noop("Order status changed"),
    "order paid": gettext_noop("Order paid"),
    "order cancelled": gettext_noop("Order cancelled"),
    "order deleted": gettext_noop("Order deleted"),
    "order restored": gettext_noop("Order restored"),
    "order archived": gettext_noop("Order archived"),
    "order fulfilled": gettext_noop("Order fulfilled"),
    "order partially fulfilled": gettext_noop("Order partly fulfilled"),
    "order edited": gettext_noop("Order edited"),
    "order confirmation": gettext_noop("New order"),
    "order change": gettext_noop("Order changed"),
    "order placed": gettext_noop("Order placed"),
    "order risk assessment changed": gettext_noop("Risk of an order changed"),
    "refund created": gettext_noop("Refund"),
    "order refund created": gettext_noop("Refund"),
    "fulfillment order placed on hold": gettext_noop("Fulfillment put on hold"),
    "fulfillment order hold released": gettext_noop("Fulfillment no longer on hold"),
    "fulfillment order rescheduled": gettext_noop("Fulfillment rescheduled"),
    "fulfillment order scheduled fulfillment order ready": gettext_noop("Scheduled fulfillment is due"),
    "fulfillment order moved": gettext_noop("Fulfillment moved to another location"),
    "fulfillment order cancelled": gettext_noop("Fulfillment cancelled"),
    "fulfillment order fulfillment request submitted": gettext_noop("Fulfillment requested"),
    "fulfillment order cancellation request submitted": gettext_noop("Cancellation requested"),
}
_ALIKE = {"orders": "order", "refunds": "refund", "create": "created", "delete": "deleted"}


def topic_words(topic: str) -> str:
    """``ORDERS_CREATE`` as people say it; one that is not known keeps its name, without the marks."""
    if topic == DIRECT_TOPIC:
        return translated(gettext_noop("Order through the API"))
    plain = re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", topic)).strip().lower().removeprefix("store ")
    known = _WORDS.get(" ".join(_ALIKE.get(word, word) for word in plain.split()))
    return translated(known) if known else plain.capitalize()
