"""POST /orders."""

from __future__ import annotations

from typing import Any

import pytest

from apps.casework.models import ExceptionCase
from apps.channels.models import InboxMessage
from apps.core.models import Event, IdempotencyRecord
from apps.inventory.models import StockLevel
from apps.orders.models import Order, OrderContact
from tests.api.front_door import codes, order_body
from tests.driving import work_it_off

# The queue is worked off in transactions of its own.
worked_off = pytest.mark.django_db(transaction=True)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]


def nothing_happened() -> bool:
    happened = Event.objects.exclude(name__startswith="key.")
    return not (Order.objects.exists() or happened.exists() or IdempotencyRecord.objects.exists())


def refused(api: Any, status: int, **changes: Any) -> Any:
    """The answer to an order that must be refused, having changed nothing."""
    answer = api.post("orders", order_body(**changes))
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert nothing_happened()
    return answer


def line(**changes: Any) -> dict[str, Any]:
    return {"line_id": "1", "sku": "A", "quantity": 1, "unit_price": 1000, **changes}


def test_a_new_order_is_answered_201_with_its_etag_and_kept_with_its_message(api):
    answer = api.post("orders", order_body(external_id="E-1"))

    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    assert answer.data["state"] == "received"
    assert answer.data["total"] == 2000
    order = Order.objects.get()
    assert (order.public_id, order.external_id) == (answer.data["id"], "E-1")
    assert InboxMessage.objects.get().order_ref == order.public_id


def test_an_external_id_seen_before_is_answered_200_with_the_order_made_then(api):
    first = api.post("orders", order_body(external_id="E-1"))

    again = api.post("orders", order_body(external_id="E-1", lines=[line(quantity=7)]))

    assert again.status_code == 200
    assert again.data["id"] == first.data["id"]
    assert again.data["lines"][0]["quantity"] == 2
    assert Order.objects.count() == 1


def test_a_repeat_is_told_what_of_it_was_not_taken(api):
    first = api.post("orders", order_body(external_id="E-1"))
    plain = api.post("orders", order_body(external_id="E-1"))
    elsewhere = order_body(external_id="E-1", lines=[line(quantity=7)])
    elsewhere["shipping_address"] = {**elsewhere["shipping_address"], "line1": "12 Other Street"}

    otherwise = api.post("orders", elsewhere)

    assert (first.data["not_taken"], plain.data["not_taken"]) == ([], [])
    assert otherwise.data["not_taken"] == ["lines", "total", "shipping_address"]
    assert otherwise.data["version"] == first.data["version"]


def test_a_repeat_does_not_differ_by_what_was_corrected_here(api):
    order = Order.objects.get(public_id=api.post("orders", order_body(external_id="E-1")).data["id"])
    ship_to = order.contacts.get(role="ship_to")
    ship_to.corrected_from = {"line1": ship_to.line1}
    ship_to.line1 = "1 Corrected Street"
    ship_to.save()

    assert api.post("orders", order_body(external_id="E-1")).data["not_taken"] == []


def test_the_same_external_id_in_another_channel_is_another_order(api):
    from tests.factories import ChannelFactory

    ChannelFactory(code="other")
    api.post("orders", order_body(external_id="E-1"))

    answer = api.post("orders", order_body(external_id="E-1", channel="other"))

    assert answer.status_code == 201
    assert Order.objects.count() == 2


def test_an_unknown_or_inactive_channel_is_404(api):
    from tests.factories import ChannelFactory

    ChannelFactory(code="off", active=False)
    for channel in ("nowhere", "off"):
        answer = refused(api, 404, channel=channel)
        assert answer.data["code"] == "channel_not_found"


@pytest.mark.parametrize("channel", ["nowhere", "off", "theirs"])
def test_an_unknown_channel_is_named_with_all_else_that_is_wrong(door, channel):
    from tests.factories import ChannelFactory

    ChannelFactory(code="off", active=False)
    ChannelFactory(code="theirs")
    body = order_body(channel=channel, lines=[])
    del body["currency"]

    answer = door(channels=["api"]).post("orders", body)

    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.data["errors"]} == {"/channel", "/lines", "/currency"}
    assert nothing_happened()


def test_bad_input_01_without_an_idempotency_key_is_400(api):
    answer = api.post("orders", order_body(), key="")

    assert (answer.status_code, answer.data["code"]) == (400, "idempotency_key_missing")
    assert "The header Idempotency-Key is required" in answer.data["detail"]
    assert nothing_happened()


def test_bad_input_02_a_key_reused_with_another_body_is_422(api):
    first = api.post("orders", order_body(external_id="E-1"), key="k")

    answer = api.post("orders", order_body(external_id="E-2"), key="k")

    assert (answer.status_code, answer.data["code"]) == (422, "idempotency_key_reused")
    assert list(Order.objects.values_list("public_id", flat=True)) == [first.data["id"]]


@pytest.mark.parametrize("key", ["x" * 256, "a\x07b", "with space", "ключ"])
def test_bad_input_03_an_impossible_key_is_400(api, key):
    answer = api.post("orders", order_body(), key=key)

    assert (answer.status_code, answer.data["code"]) == (400, "idempotency_key_invalid")
    assert nothing_happened()


@pytest.mark.parametrize(
    "raw",
    [
        b'{"channel": "api", "lines": [',
        b'{"channel": "api", "channel": "api"}',
        b"[" * 10_000 + b"]" * 10_000,
        b'{"channel": "\xff\xfe"}',
        b'{"a": "\x00"}',
        b"nonsense",
        b'{"quantity": ' + b"9" * 5_000 + b"}",
    ],
    ids=["truncated", "duplicate key", "10k nesting", "not UTF-8", "raw NUL", "no JSON", "5000 digits"],
)
def test_bad_input_04_malformed_json_is_400(api, raw):
    answer = api.send("POST", "orders", raw=raw, key="k")

    assert (answer.status_code, answer.data["code"]) == (400, "malformed_json")
    assert nothing_happened()


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_bad_input_05_another_content_type_is_415(api, content_type):
    answer = api.post("orders", order_body(), content_type=content_type)

    assert answer.status_code == 415
    assert nothing_happened()


def test_bad_input_06_a_body_over_two_megabytes_is_413(api):
    answer = api.post("orders", order_body(note="x" * (2 * 1024 * 1024)))

    assert (answer.status_code, answer.data["code"]) == (413, "body_too_large")
    assert nothing_happened()


def test_bad_input_07_more_than_2000_lines_are_422_and_1114_are_welcome(api):
    refused(api, 422, lines=[line(line_id=str(n)) for n in range(2_001)])

    answer = api.post("orders", order_body(lines=[line(line_id=str(n)) for n in range(1_114)]))

    assert answer.status_code == 201
    assert len(answer.data["lines"]) == 1_114


@pytest.mark.parametrize("quantity", [0, -1, 1.5, 10**9, float("nan"), float("inf"), "1", True, None, 1.0])
def test_bad_input_08_an_impossible_quantity_is_422_with_a_pointer(api, quantity):
    answer = refused(api, 422, lines=[line(), line(line_id="2", quantity=quantity)])

    assert list(codes(answer)) == ["/lines/1/quantity"]


@worked_off
def test_bad_input_09_totals_that_do_not_add_up_are_taken_in_as_a_claim_and_held(api):
    answer = api.post("orders", order_body(totals={"total": 1}))
    work_it_off()

    assert answer.status_code == 201
    assert answer.data["total"] == 2000
    case = ExceptionCase.objects.get()
    assert (case.type, case.facts) == ("price_mismatch", {"claimed": 1, "recomputed": 2000})
    assert Order.objects.get().state == "received"


@pytest.mark.parametrize(
    "changes",
    [{"currency": "XYZ1"}, {"currency": "gbp"}, {"currency": "ABQ"}, {"lines": [line(unit_price=9.99)]}],
)
def test_bad_input_10_a_bad_currency_or_fractions_of_minor_units_are_422(api, changes):
    refused(api, 422, **changes)


def test_bad_input_10_more_money_than_can_be_counted_is_422(api):
    refused(api, 422, lines=[line(quantity=10**6, unit_price=10**13)])


def test_bad_input_11_mixed_currencies_are_422(api):
    answer = refused(api, 422, lines=[line(currency="GBP"), line(line_id="2", currency="EUR")])

    assert "EUR" in answer.data["errors"][0]["detail"]


@worked_off
def test_bad_input_12_an_unknown_sku_is_taken_in_and_held(api):
    answer = api.post("orders", order_body(lines=[line(sku="NO-SUCH")]))
    work_it_off()

    assert answer.status_code == 201
    assert ExceptionCase.objects.get().type == "unknown_sku"


def test_bad_input_13_duplicate_line_ids_are_422(api):
    answer = refused(api, 422, lines=[line(), line()])

    assert "appears twice" in answer.data["errors"][0]["detail"]


@worked_off
def test_bad_input_14_repeated_sku_lines_are_added_up_before_they_are_reserved(api):
    answer = api.post("orders", order_body(lines=[line(line_id=str(n), quantity=4) for n in range(3)]))
    work_it_off()

    assert answer.status_code == 201
    # Twelve of ten.
    level = StockLevel.objects.get(sku__code="A")
    assert level.reserved <= level.on_hand


@worked_off
def test_bad_input_15_a_bad_address_is_taken_in_and_not_routed(api):
    answer = api.post("orders", order_body(shipping_address={"country": "GB", "city": "Leeds"}))
    work_it_off()

    assert answer.status_code == 201
    assert ExceptionCase.objects.get().type == "address_invalid"
    assert Order.objects.get().state == "received"


def test_bad_input_16_markup_in_a_name_is_stored_and_answered_as_it_is(api):
    name = '<script>alert("x")</script>'
    answer = api.post("orders", order_body(customer={"name": name}, shipping_address={"name": name, "country": "GB"}))

    assert OrderContact.objects.get().name == name
    detail = api.get(f"orders/{answer.data['id']}")
    assert detail.data["contacts"]["ship_to"]["name"] == name
    assert detail.headers["Content-Type"] == "application/json"
    assert "script-src 'self'" in detail.headers["Content-Security-Policy"]
    assert detail.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("text", ["a\\u0000b", "\\ud800", "\\udc00x", "\\uDFFF"])
def test_bad_input_18_nul_and_lone_surrogates_are_422(api, text):
    raw = b'{"channel": "api", "note": "%s", "lines": [{"title": "%s"}]}' % (text.encode(), text.encode())

    answer = api.send("POST", "orders", raw=raw, key="k")

    assert answer.status_code == 422
    assert codes(answer) == {"/note": "unstorable_text", "/lines/0/title": "unstorable_text"}
    assert nothing_happened()


def test_bad_input_18_a_bad_field_name_is_422_and_a_whole_pair_is_welcome(api):
    answer = api.send("POST", "orders", raw=b'{"\\ud800": 1}', key="k")
    assert answer.status_code == 422

    fine = api.post("orders", order_body(note="smile \U0001f600"))
    assert fine.status_code == 201


@worked_off
def test_bad_input_19_invisible_marks_in_a_sku_are_taken_out(api):
    answer = api.post("orders", order_body(lines=[line(sku="\u200bA\u202e ")]))
    work_it_off()

    assert answer.data["lines"][0]["sku"] == "A"
    assert Order.objects.get().state == "released"


def test_a_sku_that_grows_when_normalized_is_422(api):
    refused(api, 422, lines=[line(sku="\ufdfa" * 128)])


@pytest.mark.parametrize(
    "moment", ["2026-01-31T09:30:00", "2026-02-30T09:30:00Z", "2026-13-01T00:00:00Z", "yesterday", "", None]
)
def test_bad_input_28_a_naive_or_impossible_date_is_422(api, moment):
    answer = refused(api, 422, placed_at=moment)

    assert list(codes(answer)) == ["/placed_at"]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_bad_input_28_a_date_outside_the_calendar_in_utc_is_422(api, moment):
    refused(api, 422, placed_at=moment)


def test_unknown_and_read_only_fields_are_422_and_named(api):
    answer = refused(api, 422, state="shipped", colour="blue")

    assert codes(answer) == {"/state": "unknown_field", "/colour": "unknown_field"}


@pytest.mark.parametrize("body", [[], "text", 7, None])
def test_a_body_that_is_no_object_is_422(api, body):
    answer = api.post("orders", body)

    assert answer.status_code == 422
    assert nothing_happened()


def test_an_unreadable_field_deep_inside_is_pointed_at(api):
    address = {"name": "x" * 256, "country": "GBR", "planet": "Earth"}

    answer = refused(api, 422, shipping_address=address)

    assert set(codes(answer)) == {"/shipping_address/name", "/shipping_address/country", "/shipping_address/planet"}


def test_a_slash_in_a_field_name_is_escaped_in_the_pointer(api):
    answer = refused(api, 422, **{"a/b~c": 1})

    assert list(codes(answer)) == ["/a~1b~0c"]


@pytest.mark.parametrize("wrap", [lambda order: {"orders": [order]}, lambda order: {"order": order}])
def test_one_order_in_a_wrapping_is_the_order(api, wrap):
    order = order_body(external_id="E-1")

    assert api.post("orders", wrap(order)).status_code == 201
    apart = {name: value for name, value in order_body(external_id="E-2").items() if name != "channel"}
    assert api.post("orders", {"channel": order["channel"], **wrap(apart)}).status_code == 201
    assert sorted(Order.objects.values_list("external_id", flat=True)) == ["E-1", "E-2"]


def test_two_orders_at_once_are_for_the_bulk_door(api):
    refused(api, 422, orders=[order_body(), order_body()])
    assert api.post("orders", {"orders": [order_body(), order_body()]}).status_code == 422
    assert nothing_happened()
