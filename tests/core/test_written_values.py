"""Values that travel as JSON or as an array's text arrive as they were, whatever is in them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection

from apps.channels.models import Channel, InboxMessage
from apps.core.bulk.bulk_insert import insert_groups
from apps.core.bulk.bulk_update import update_rows
from apps.core.bulk.columns import as_array
from apps.core.bulk.fast_rows import make_row
from apps.orders.models import Order, OrderLine
from tests.factories import make_order

pytestmark = pytest.mark.django_db

ODD = [
    "",
    "NULL",
    'a "quoted" \\ back, and {braces}',
    "line\nbreak\ttab",
    "Ærø 北京 🍏",
    "'; DROP TABLE orders_order; --",
]


def asked_back(values: list[object], kind: str) -> list[object]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s::{kind}[]", [as_array(values)])
        return list(cursor.fetchone()[0])


def test_texts_come_out_of_an_array_as_they_went_in():
    assert asked_back([*ODD, None], "text") == [*ODD, None]


def test_numbers_flags_and_times_come_out_of_an_array_as_they_went_in():
    moments = [datetime(2026, 3, 29, 1, 59, 59, 999999, tzinfo=UTC), None]
    assert asked_back([1, -(2**62), None], "bigint") == [1, -(2**62), None]
    assert asked_back([True, False, None], "boolean") == [True, False, None]
    assert asked_back(moments, "timestamptz") == moments


def test_bytes_and_odd_texts_are_inserted_as_they_are():
    channel, body = Channel.objects.create(code="odd", name="Odd", kind="api"), b"\x00\xff{'\"\\"
    row = make_row(
        InboxMessage,
        channel_id=channel.pk,
        topic=ODD[2],
        external_id=ODD[4],
        dedupe_key="k",
        body=body,
        verdict="ignored",
    )

    insert_groups([row])

    kept = InboxMessage.objects.get()
    assert (bytes(kept.body), kept.topic, kept.external_id) == (body, ODD[2], ODD[4])


def test_a_number_beyond_64_bits_is_kept_in_a_json_column():
    order = make_order()
    line = make_row(OrderLine, order_id=order.pk, position=9, line_id="9", quantity=1, unit_price_minor=0)
    line.properties = {"serial": 2**80}

    insert_groups([line])

    assert OrderLine.objects.get(line_id="9").properties == {"serial": 2**80}


def test_many_saved_at_once_keep_odd_texts():
    orders = [make_order() for _ in range(len(ODD))]
    for order, text in zip(orders, ODD, strict=True):
        order.tags, order.external_number = [text, "plain"], text

    update_rows(orders, ["tags", "external_number"])

    rows = Order.objects.in_bulk([order.pk for order in orders])
    assert [rows[order.pk].tags for order in orders] == [[text, "plain"] for text in ODD]
    assert [rows[order.pk].external_number for order in orders] == ODD


def test_a_row_made_without_init_has_the_defaults_of_one_made_with_it():
    given = {"channel": "c", "external_id": "1"}
    made, usual = make_row(Order, **given), Order(**given)

    told_apart = {"public_id", "entered_state_at", "received_at"}
    for field in Order._meta.concrete_fields:
        if field.attname not in told_apart:
            assert getattr(made, field.attname) == getattr(usual, field.attname), field.attname
    assert made.public_id.startswith("ord_")
    assert made.public_id != make_row(Order, **given).public_id
    assert made._state.adding


def test_a_row_made_without_init_refuses_what_is_no_column():
    with pytest.raises(TypeError, match="colour"):
        make_row(Order, colour="red")


def test_only_ids_that_are_searched_by_their_beginning_have_an_index_for_it():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_indexes WHERE indexdef ~ 'public_id.*_pattern_ops' ORDER BY 1")
        assert [row[0] for row in cursor.fetchall()] == ["casework_exceptioncase", "orders_order"]


def test_history_is_indexed_by_the_row_it_is_of():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'orders_historicalorder'")
        columns = {row[0].partition("btree ")[2] for row in cursor.fetchall()}
    assert columns == {"(history_id)", "(id)"}
