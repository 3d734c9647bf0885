"""Which contract reads a message, if any: by its topic where it has one, by its shape always.

A message that is plainly something else is ignored with its name; one that might be an order and is not understood is
quarantined, because an order that is refused quietly is a lost sale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.channels.mapping.documents import Document
from apps.channels.mapping.envelopes import unwrap
from apps.channels.mapping.facts import external_id_of, first_id
from apps.channels.mapping.message_form import MessageForm, Topic, Topics
from apps.channels.mapping.paths import Step
from apps.channels.mapping.results import Ignored, Notice, NoticeKind, Quarantined, quarantine
from apps.channels.mapping.scope import code_text, is_empty
from apps.core.text import Text

# What other resources give themselves away by: all of the keys, at the top of the message or of its only key.
_OTHERS: tuple[tuple[str, frozenset[str]], ...] = (
    ("a draft order", frozenset({"invoice_url", "line_items"})),
    ("a refund", frozenset({"refund_line_items"})),
    ("a refund", frozenset({"refunded_by", "amount"})),
    ("a fulfillment order", frozenset({"assigned_location_id", "line_items", "request_status"})),
    ("a fulfillment", frozenset({"order_id", "tracking_number"})),
    ("a fulfillment", frozenset({"order_id", "line_items", "status"})),
    ("a webhook registration", frozenset({"delivery_url", "topic"})),
    ("a webhook registration", frozenset({"address", "topic", "format"})),
    ("a product", frozenset({"variants", "title"})),
    ("a product", frozenset({"catalog_visibility", "sku"})),
    ("an inventory level", frozenset({"inventory_item_id", "available"})),
    ("an inventory item", frozenset({"sku", "tracked"})),
    ("a transaction", frozenset({"kind", "gateway", "order_id"})),
    ("an order note", frozenset({"customer_note", "note", "author"})),
    ("a gift card", frozenset({"last_characters", "balance"})),
    ("a customer", frozenset({"orders_count", "email"})),
    ("a location", frozenset({"address1", "legacy", "active"})),
    ("a shipping line", frozenset({"carrier_identifier", "title", "price"})),
    ("a count", frozenset({"count"})),
    ("an error answer", frozenset({"errors"})),
)
# By this name headers say that we asked for the message ourselves; none of a webhook is kept under it.
OURS = "source"
_OTHER_WRAPPERS = frozenset(
    {
        "draft_order", "draft_orders", "refund", "refunds", "fulfillment", "fulfillments", "fulfillment_order",
        "fulfillment_orders", "fulfillment_events", "fulfillment_service", "fulfillment_services", "transaction",
        "transactions", "tender_transactions", "webhook", "webhooks", "product", "products", "customer", "customers",
        "inventory_item", "inventory_items", "inventory_level", "inventory_levels", "location", "locations",
        "gift_card", "adjustment", "collect", "risks", "shipping_zones", "original_fulfillment_order", "properties",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recognized:
    """An order, and the document to read it by. ``payload`` is the order without its wrapping."""

    document: Document
    payload: Any


Recognition = Recognized | Notice | Ignored | Quarantined


def recognize(
    form: MessageForm, topic: str, headers: Mapping[str, str], payload: Any, documents: Sequence[Document]
) -> Recognition:
    """Pick the contract for a message of a channel of this kind. Never raises.

    ``topic`` as the source wrote it, or empty: then the headers are asked, then the shape decides. ``documents`` are
    the active contracts, of all kinds. A notice (deleted, cancelled without lines, named only, ping) brings no order.
    """
    if form.is_ping(payload):
        return Notice(NoticeKind.PING, "", Text("the shop asks whether we listen"))
    topic = (topic or form.topics.named_in(headers) or form.topics.named_within(payload)).strip().casefold()
    if form.privacy(topic, payload) is not None:
        return Notice(NoticeKind.PRIVACY, "", Text("a request about personal data"))
    if topic in form.topics.naming:
        return _named(first_id(form.topics.naming[topic], payload))
    closed = _judge_topic(form.topics, topic)
    if closed is not None:
        return closed
    order = unwrap(form, payload)
    if not isinstance(order, dict):
        return _not_an_object(order)
    if form.topics.meaning_of(topic) is Topic.DELETED:
        return _gone(form, order, Text("deleted at the source"))
    if form.only_names(order) or (form.hooks_only_name and OURS not in headers):
        return _named(external_id_of(form, order))
    if (reason := form.gone(order)) is not None:
        return _gone(form, order, reason)
    own = [document for document in documents if document.channel_kind == form.kind]
    if not own:
        problem = Text("no contract is active for channels of kind {kind}", kind=form.kind)
        return quarantine("", problem, Text("Activate one, then replay this."))
    for document in own:
        if fits(document, order):
            return Recognized(document, order)
    return _not_understood(form, order, own)


def fits(document: Document, order: Any) -> bool:
    """Whether the message has the shape the contract reads. A key may be null; it has to be there."""
    return not lacking(document, order) and not unexpected(document, order)


def _judge_topic(topics: Topics, topic: str) -> Ignored | None:
    if not topic or not topics.about_orders or topic in set(Topic):
        return None
    if topic in topics.without_order:
        return Ignored(Text.literal(topics.without_order[topic]))
    if not topic.startswith(topics.about_orders):
        return Ignored(Text("the topic {topic} is not about orders", topic=code_text(topic)))
    return None


def _gone(form: MessageForm, order: dict[str, Any], reason: str) -> Notice | Quarantined:
    return _notice(
        NoticeKind.CANCELLED, external_id_of(form, order), reason, Text("a cancellation that names no order")
    )


def _named(external_id: str) -> Notice | Quarantined:
    return _notice(
        NoticeKind.NAMED,
        external_id,
        Text("the order it names is to be fetched"),
        Text("a message that names no order"),
    )


def _notice(kind: NoticeKind, external_id: str, reason: str, what: str) -> Notice | Quarantined:
    if not external_id:
        return quarantine("id", what, Text("Find out at the source which order is meant."))
    return Notice(kind, external_id, reason)


def _not_an_object(order: Any) -> Quarantined:
    if isinstance(order, list):
        return quarantine(
            "", Text("a list of {number} messages", number=len(order)), Text("Import each of them separately.")
        )
    return quarantine(
        "", Text("the message is not a JSON object"), Text("Check which endpoint sent it; nothing can be read.")
    )


def _not_understood(form: MessageForm, order: dict[str, Any], own: list[Document]) -> Ignored | Quarantined:
    if not order:
        return Ignored(Text("an empty message"))
    name = _other_resource(order)
    if name:
        return Ignored(Text("this is {name}, not an order", name=Text.literal(name)))
    if (finding := form.incomplete(order)) is not None:
        return Quarantined((finding,))
    closest = min(own, key=lambda document: len(lacking(document, order)))
    absent = lacking(closest, order)
    name, fields = closest.contract, ", ".join(absent or unexpected(closest, order))
    if absent:
        difference = Text("not recognized as {contract}: it lacks {fields}", contract=name, fields=fields)
    else:
        difference = Text(
            "not recognized as {contract}: it has {fields}, which orders have not", contract=name, fields=fields
        )
    return quarantine(
        "",
        difference,
        Text("Ask the source for the whole order, or map this shape."),
    )


def lacking(document: Document, order: Any) -> list[str]:
    """The paths of the shape that the message has not."""
    return [path.text for path in document.has_all if not _has(path.steps, order)]


def unexpected(document: Document, order: Any) -> list[str]:
    """The paths by which the message is something else."""
    return [path.text for path in document.has_none if not is_empty(path.read(order))]


def _has(steps: tuple[Step, ...], value: Any) -> bool:
    for step in steps:
        if isinstance(step, str):
            if not isinstance(value, dict) or step not in value:
                return False
            value = value[step]
        else:
            position = step if isinstance(step, int) else 0
            if not isinstance(value, list) or position >= len(value):
                return False
            value = value[position]
    return True


def _other_resource(order: dict[str, Any]) -> str:
    wrapped = next((key for key in order if key in _OTHER_WRAPPERS), "")
    if wrapped and len(order) <= 3:
        return _in_words(wrapped)
    keys = set(order)
    return next((name for name, tells in _OTHERS if tells <= keys), "")


def _in_words(wrapper: str) -> str:
    words = wrapper.replace("_", " ")
    return f"a list of {words}" if words.endswith("s") else f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def names_of_others() -> Iterator[str]:
    """What a message may be said to be instead of an order."""
    yield from (name for name, _ in _OTHERS)
    yield from map(_in_words, sorted(_OTHER_WRAPPERS))
