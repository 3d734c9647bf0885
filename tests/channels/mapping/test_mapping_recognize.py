"""Which contract reads a message, and what is known of it before it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.channels.framework.contracts import shipped
from apps.channels.framework.registry import adapter_of
from apps.channels.mapping.documents import load_document
from apps.channels.mapping.envelopes import orders_in
from apps.channels.mapping.facts import Facts, facts
from apps.channels.mapping.message_form import MessageForm, Topic, Topics
from apps.channels.mapping.recognition import OURS, Recognition, Recognized, recognize
from apps.channels.mapping.results import Finding, Ignored, Notice, NoticeKind, Quarantined
from tests.channels.mapping.small import with_part

Make = Callable[..., dict[str, Any]]


def judge(kind: str, topic: str, payload: Any, headers: dict[str, str] | None = None) -> Recognition:
    return recognize(adapter_of(kind).messages, topic, headers or {}, payload, shipped())


@pytest.mark.parametrize(
    "topic", ["orders/create", "orders/updated", "orders/cancelled", "orders/paid", "", "ORDERS/CREATE"]
)
def test_a_shopify_order_is_recognized_with_and_without_a_topic(topic: str, shopify_order: Make) -> None:
    found = judge("shopify", topic, shopify_order())

    assert isinstance(found, Recognized)
    assert found.document.contract == "shopify.order"


def test_an_order_is_taken_out_of_its_wrapping(shopify_order: Make) -> None:
    found = judge("shopify", "", {"order": shopify_order()})

    assert isinstance(found, Recognized)
    assert found.payload["id"] == 450789469


@pytest.mark.parametrize("header", ["X-Shopify-Topic", "Shopify-Topic", "x-shopify-topic"])
def test_the_headers_are_asked_where_no_topic_is_given(header: str) -> None:
    found = judge("shopify", "", {"id": 1, "title": "Mug", "variants": []}, {header: "products/update"})

    assert found == Ignored("the topic 'products/update' is not about orders")


@pytest.mark.parametrize(
    ("kind", "payload", "name"),
    [
        ("shopify", {"id": 1, "title": "Mug", "variants": []}, "a product"),
        ("shopify", {"refund": {"id": 1}}, "a refund"),
        ("shopify", {"id": 1, "order_id": 2, "refund_line_items": []}, "a refund"),
        ("shopify", {"webhook": {"id": 4759306}}, "a webhook"),
        ("shopify", {"fulfillment_orders": []}, "a list of fulfillment orders"),
        ("woocommerce", {"id": 16, "amount": "12.00", "refunded_by": 1, "line_items": []}, "a refund"),
        ("woocommerce", {"id": 142, "topic": "order.updated", "delivery_url": "x"}, "a webhook registration"),
        ("amazon", {"errors": [{"code": "InvalidInput"}]}, "an error answer"),
    ],
)
def test_what_is_plainly_something_else_is_ignored_by_its_name(kind: str, payload: Any, name: str) -> None:
    assert judge(kind, "", payload) == Ignored(f"this is {name}, not an order")


@pytest.mark.parametrize(
    ("kind", "payload", "reason"),
    [
        ("shopify", {"id": 1, "name": "#1", "total_price": "5.00"}, "it lacks line_items, currency"),
        ("woocommerce", {"id": 1, "status": "processing"}, "it lacks currency, line_items, billing"),
        ("amazon", {"AmazonOrderId": "1"}, "came without its items"),
        ("amazon", {"order": {"AmazonOrderId": "1", "OrderStatus": "Unshipped"}}, "came without its items"),
        ("api", {"id": 1}, "no contract is active for channels of kind api"),
        ("bigcommerce", {"scope": "store/order/created"}, "a message that names no order"),
        ("shopify", [1, 2], "a list of 2 messages"),
        ("shopify", "truncated {", "not a JSON object"),
        ("shopify", None, "not a JSON object"),
    ],
)
def test_what_might_be_an_order_and_is_not_understood_is_quarantined(kind: str, payload: Any, reason: str) -> None:
    found = judge(kind, "", payload)

    assert isinstance(found, Quarantined)
    assert reason in found.reason
    assert found.findings[0].what_to_do


@pytest.mark.parametrize(
    ("kind", "topic", "payload", "external_id"),
    [
        ("woocommerce", "order.deleted", {"id": 15}, "15"),
        ("shopify", "orders/delete", {"id": 820982911946154508}, "820982911946154508"),
        ("amazon", "", {"order": {"AmazonOrderId": "9-1-2", "OrderStatus": "Canceled"}, "items": []}, "9-1-2"),
    ],
)
def test_an_order_gone_at_the_source_is_a_notice(kind: str, topic: str, payload: Any, external_id: str) -> None:
    found = judge(kind, topic, payload)

    assert isinstance(found, Notice)
    assert (found.kind, found.external_id) == (NoticeKind.CANCELLED, external_id)


def test_a_deletion_that_names_no_order_is_quarantined() -> None:
    assert isinstance(judge("woocommerce", "order.deleted", {"id": None}), Quarantined)


@pytest.mark.parametrize("payload", ["webhook_id=2", b"webhook_id=2", {"webhook_id": "2"}])
def test_the_activation_ping_is_a_notice_and_creates_nothing(payload: Any) -> None:
    found = judge("woocommerce", "", payload)

    assert isinstance(found, Notice)
    assert found.kind == NoticeKind.PING
    assert facts(adapter_of("woocommerce").messages, "", payload) == Facts("", None, False, Topic.PING)


@pytest.mark.parametrize(
    ("topic", "body", "named"),
    [
        ("orders/edited", {"order_edit": {"id": 1, "order_id": 820982911946154508}}, "820982911946154508"),
        ("refunds/create", {"id": 9, "order_id": 7}, "7"),
        ("orders/risk_assessment_changed", {"order_id": 7, "risk_level": "high"}, "7"),
        (
            "fulfillment_orders/moved",
            {"moved_fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/3"}, "source_location": {"id": 1}},
            "gid://shopify/FulfillmentOrder/3",
        ),
    ],
)
def test_what_only_says_that_something_happened_names_its_order(topic: str, body: dict[str, Any], named: str) -> None:
    found = judge("shopify", topic, body)

    assert isinstance(found, Notice)
    assert (found.kind, found.external_id) == (NoticeKind.NAMED, named)
    assert isinstance(judge("shopify", topic, {"id": 1}), Quarantined)


def test_facts_of_a_shopify_order(shopify_order: Make) -> None:
    assert facts(adapter_of("shopify").messages, "orders/create", {"order": shopify_order()}) == Facts(
        external_id="450789469",
        updated_at=datetime(2026, 11, 2, 14, 5, tzinfo=UTC),
        is_cancellation=False,
        topic=Topic.CREATED,
    )
    gone = shopify_order(cancelled_at="2026-11-03T00:00:00Z")
    assert facts(adapter_of("shopify").messages, "orders/updated", gone).is_cancellation


def test_facts_of_a_woocommerce_order(woo_order: Make) -> None:
    known = facts(adapter_of("woocommerce").messages, "order.updated", woo_order(status="trash"))

    assert known == Facts("13", datetime(2026, 11, 2, 9, 5, tzinfo=UTC), True, Topic.UPDATED)
    assert facts(adapter_of("woocommerce").messages, "order.deleted", {"id": 15}) == Facts(
        "15", None, True, Topic.DELETED
    )


@pytest.mark.parametrize(
    ("kind", "topic", "normalized"),
    [
        ("shopify", "orders/paid", Topic.PAID), ("shopify", "orders/fulfilled", Topic.FULFILLED),
        ("shopify", "orders/cancelled", Topic.CANCELLED), ("shopify", "app/uninstalled", Topic.OTHER),
        ("woocommerce", "order.created", Topic.CREATED), ("woocommerce", "order.restored", Topic.UPDATED),
        ("csv", "created", Topic.CREATED), ("unheard_of", "", Topic.OTHER),
    ],
)  # fmt: skip
def test_topics_in_one_vocabulary(kind: str, topic: str, normalized: Topic) -> None:
    form = MessageForm(kind=kind) if kind == "unheard_of" else adapter_of(kind).messages
    assert facts(form, topic, {}).topic == normalized


def test_a_cancellation_invoice_is_known_by_its_number() -> None:
    rows = [{"InvoiceNo": "C536379"}]

    assert facts(adapter_of("csv").messages, "", {"key": "C536379", "rows": rows}).is_cancellation
    assert not facts(adapter_of("csv").messages, "", {"key": "CX-1", "rows": [{"order_id": "CX-1"}]}).is_cancellation


@pytest.mark.parametrize("bad", ["a\x00b", "\ud800", "x" * 129, True, 1.5, {}, [], None])
def test_an_id_that_no_column_can_hold_is_no_id(bad: Any) -> None:
    assert facts(adapter_of("shopify").messages, "orders/create", {"id": bad}).external_id == ""


def test_pages_and_batches_are_taken_apart(shopify_order: Make, woo_order: Make) -> None:
    assert len(orders_in(adapter_of("shopify").messages, {"orders": [shopify_order(), shopify_order()]})) == 2
    assert orders_in(adapter_of("shopify").messages, {"order": shopify_order()}) == [shopify_order()]
    assert len(orders_in(adapter_of("woocommerce").messages, [woo_order()])) == 1
    assert len(orders_in(adapter_of("woocommerce").messages, {"create": [woo_order()], "update": [woo_order()]})) == 2
    assert orders_in(adapter_of("amazon").messages, {"payload": {"Orders": [{"AmazonOrderId": "1"}]}}) == [
        {"order": {"AmazonOrderId": "1"}}
    ]
    assert orders_in(adapter_of("shopify").messages, 5) == [5]


FORM = MessageForm(
    kind="some",
    topics=Topics(about_orders="orders/", meanings={"orders/gone": Topic.DELETED}, without_order={"orders/note": "a note"}),
    only_names=lambda order: "just_named" in order,
    gone=lambda order: "it is off" if "off" in order else None,
    incomplete=lambda order: Finding("x", "half of it", "Wait.") if "half" in order else None,
)  # fmt: skip


def some(
    payload: Any, topic: str = "", headers: dict[str, str] | None = None, form: MessageForm = FORM, **shape: Any
) -> Recognition:
    document = load_document(with_part("shape", {"has_all": ["id", "items[0].no", "items[].no"], **shape}))
    return recognize(form, topic, headers or {}, payload, [document])


WHOLE: dict[str, Any] = {"id": 1, "items": [{"no": None}]}


@pytest.mark.parametrize(
    ("payload", "lacks"),
    [
        ({"id": None, "items": [{"no": 1}]}, ""),
        ({"items": [{"no": 1}]}, "id"),
        ({"id": 1}, "items[0].no, items[].no"),
        ({"id": 1, "items": []}, "items[0].no, items[].no"),
        ({"id": 1, "items": {"no": 1}}, "items[0].no, items[].no"),
        ({"id": 1, "items": ["x"]}, "items[0].no, items[].no"),
        ({"id": 1, "items": [{}, {"no": 1}]}, "items[0].no, items[].no"),
    ],
)
def test_an_order_has_every_key_its_contract_reads_whatever_it_says(payload: Any, lacks: str) -> None:
    recognized = some(payload)

    if lacks:
        assert isinstance(recognized, Quarantined)
        assert recognized.reason == f"not recognized as some.order: it lacks {lacks}"
    else:
        assert isinstance(recognized, Recognized)


def test_an_order_has_none_of_what_other_messages_have() -> None:
    assert isinstance(some({**WHOLE, "draft": None, "copy": ""}, has_none=["draft", "copy"]), Recognized)
    refused = some({**WHOLE, "draft": 1, "copy": 2}, has_none=["draft", "copy"])
    assert isinstance(refused, Quarantined)
    assert refused.reason == "not recognized as some.order: it has draft, copy, which orders have not"


def test_of_several_contracts_the_one_that_lacks_least_is_named() -> None:
    near, far = (load_document(with_part("shape", {"has_all": keys})) for keys in (["id", "b"], ["a", "b", "c"]))

    refused = recognize(FORM, "", {}, {"id": 1, "z": 1}, [far, near])

    assert isinstance(refused, Quarantined)
    assert refused.reason.endswith("it lacks b")


@pytest.mark.parametrize(
    ("topic", "outcome"),
    [
        ("orders/note", Ignored("a note")),
        ("products/new", Ignored("the topic 'products/new' is not about orders")),
        (" Products/New ", Ignored("the topic 'products/new' is not about orders")),
        ("orders/gone", Notice(NoticeKind.CANCELLED, "1", "deleted at the source")),
        ("deleted", Notice(NoticeKind.CANCELLED, "1", "deleted at the source")),
    ],
)
def test_a_topic_may_decide_before_the_message_is_looked_at(topic: str, outcome: Recognition) -> None:
    assert some(WHOLE, topic) == outcome
    assert isinstance(some(WHOLE, "orders/new"), Recognized)
    assert isinstance(some(WHOLE, "updated"), Recognized)
    assert isinstance(some(WHOLE, topic="odd", form=MessageForm(kind="some")), Recognized)


def test_what_only_names_an_order_is_fetched_and_one_that_is_gone_is_a_cancellation() -> None:
    assert some({"id": 1, "just_named": True}) == Notice(NoticeKind.NAMED, "1", "the order it names is to be fetched")
    assert some({"id": 1, "off": True}) == Notice(NoticeKind.CANCELLED, "1", "it is off")
    for payload, problem in (
        ({"just_named": True}, "a message that names no order"),
        ({"off": True}, "a cancellation that names no order"),
    ):
        refused = some(payload)
        assert isinstance(refused, Quarantined)
        assert refused.reason == f"id: {problem}"


def test_where_no_webhook_is_believed_only_what_we_asked_for_is_read() -> None:
    form = replace(FORM, hooks_only_name=True)

    assert some(WHOLE, form=form) == Notice(NoticeKind.NAMED, "1", "the order it names is to be fetched")
    assert isinstance(some(WHOLE, headers={OURS: "polled"}, form=form), Recognized)


@pytest.mark.parametrize(
    ("payload", "outcome"),
    [
        ({}, "an empty message"),
        ({"refund": {}}, "this is a refund, not an order"),
        ({"inventory_item": {}, "a": 1, "b": 2}, "this is an inventory item, not an order"),
        ({"refunds": [], "a": 1}, "this is a list of refunds, not an order"),
        ({"count": 3}, "this is a count, not an order"),
        ({"errors": [], "a": 1, "b": 2, "c": 3}, "this is an error answer, not an order"),
        ({"invoice_url": "x", "line_items": []}, "this is a draft order, not an order"),
    ],
)
def test_what_is_plainly_no_order_is_called_by_its_name(payload: Any, outcome: str) -> None:
    assert some(payload) == Ignored(outcome)


def test_what_may_be_an_order_is_never_ignored() -> None:
    for payload in ({"refund": {}, "a": 1, "b": 2, "c": 3}, {"invoice_url": "x"}, {"half": 1}):
        assert isinstance(some(payload), Quarantined)
    refused = some({"half": 1})
    assert isinstance(refused, Quarantined)
    assert refused.findings == (Finding("x", "half of it", "Wait."),)
