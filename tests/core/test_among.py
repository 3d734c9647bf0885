"""``among`` and ``spelled`` find what ``__in`` finds: by one statement whatever their number, and with words in the statement."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.orders.models import Order, OrderLine
from tests.factories import make_order

pytestmark = pytest.mark.django_db


def test_it_finds_by_keys_rows_texts_and_across_tables():
    first, second, third = make_order(), make_order(), make_order()
    wanted = {first, third}

    assert set(Order.objects.filter(pk__among={first.pk, third.pk})) == wanted
    assert set(Order.objects.filter(public_id__among=(one.public_id for one in wanted))) == wanted
    assert {line.order for line in OrderLine.objects.filter(order__among=[first, third])} == wanted
    assert {line.order for line in OrderLine.objects.filter(order_id__among=[first.pk, third.pk])} == wanted
    assert {line.order for line in OrderLine.objects.filter(order__public_id__among=[second.public_id])} == {second}
    assert set(Order.objects.exclude(pk__among=[second.pk])) == wanted


def test_among_nothing_is_nothing_and_asks_nobody():
    make_order()

    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert not Order.objects.filter(pk__among=[]).exists()
        assert not Order.objects.filter(channel__among=[None]).exists()
    assert len(asked) == 0


def test_a_text_longer_than_its_column_is_not_found_by_its_beginning():
    order = make_order()

    assert not Order.objects.filter(public_id__among=[order.public_id + "x" * 40]).exists()


def test_the_statement_is_the_same_for_any_number_of_values():
    statements = set()
    for number in (1, 60, 300):
        with CaptureQueriesContext(connection) as asked:
            list(Order.objects.filter(pk__among=range(number)).values_list("pk"))
        statements.add(asked[0]["sql"].split("ANY")[0])

    assert len(statements) == 1


def test_words_of_our_own_stand_in_the_statement():
    shipped, other = make_order(), make_order()
    Order.objects.filter(pk=shipped.pk).update(state="shipped")

    with CaptureQueriesContext(connection) as asked:
        assert set(Order.objects.filter(state__spelled=["shipped", "routed"])) == {shipped}
        assert set(Order.objects.exclude(state__spelled=["shipped"])) == {other}
        assert not Order.objects.filter(state__spelled=[]).exists()
    assert [query["sql"].count("'shipped'") for query in asked] == [1, 1]


@pytest.mark.parametrize("word", ["it's", "a b", "", "'; DROP TABLE orders_order; --"])
def test_what_is_not_a_word_of_our_own_is_never_spelled_out(word: str):
    with pytest.raises(ValueError, match="not words of our own"):
        Order.objects.filter(state__spelled=[word])
