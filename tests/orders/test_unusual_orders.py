"""An order far beyond what its channel is used to is looked at; ordinary ones are not."""

from __future__ import annotations

from random import Random

import pytest

from apps.casework.models import ExceptionCase
from apps.channels.models import Channel
from apps.core.process_cache import clear_process_cache
from apps.orders.models import ChannelHabit, Order
from apps.orders.outliers import ENOUGH, UsualFigures, value_beyond
from apps.orders.services import learn_habits
from tests.driving import again, work_it_off
from tests.factories import ChannelFactory, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop() -> None:
    ChannelFactory()
    make_policy()
    make_stock(N1={"A": 100_000})
    clear_process_cache()


def used_to(count: int = ENOUGH, units: int = 2, **changes: object) -> None:
    for _ in range(count):
        make_order(lines={"A": units}, **changes)
    Order.objects.update(state="delivered")
    learn_habits()


def after_a_look(order: Order) -> str:
    work_it_off()
    case = ExceptionCase.objects.filter(order=order).first()
    return case.sentence if case else again(order).state


def test_far_beyond_in_value_and_units_is_held_and_says_by_how_much():
    used_to()

    said = after_a_look(make_order(lines={"A": 500}))

    assert said == (
        "£5,000.00 is 250 times what an order of this channel usually comes to (£20.00). "
        "500 units are 250 times what one usually has (2)."
    )
    assert ExceptionCase.objects.get().type == "quantity_unusual"


def test_a_large_order_is_not_an_unusual_one():
    used_to()

    assert after_a_look(make_order(lines={"A": 38})) == "released"


def test_a_new_channel_has_no_habit_yet():
    used_to(ENOUGH - 1)

    assert after_a_look(make_order(lines={"A": 5_000})) == "released"


def test_another_currency_has_a_habit_of_its_own():
    used_to()

    assert after_a_look(make_order(lines={"A": 500}, currency="EUR")) == "released"


def test_how_far_is_the_channels_to_say_and_it_may_switch_it_off():
    used_to()
    Channel.objects.update(unusual_times=0)

    assert after_a_look(make_order(lines={"A": 5_000})) == "released"

    Channel.objects.update(unusual_times=5)
    assert "times" in after_a_look(make_order(lines={"A": 40}))


def test_where_orders_differ_much_anyway_more_is_usual():
    random, usual = Random(7), UsualFigures()
    for _ in range(20):
        amounts = [random.lognormvariate(10, 1.5) for _ in range(100)]
        usual = usual.merged(_of(amounts))

    assert value_beyond(usual, 22_026 * 100, 20) is None
    assert value_beyond(usual, 22_026 * 10_000, 20) is not None


def _of(amounts: list[float]) -> UsualFigures:
    from math import log
    from statistics import fmean, pvariance

    logs = [log(one) for one in amounts]
    return UsualFigures(len(logs), fmean(logs), pvariance(logs), 0.0, 0.0)


def test_learning_looks_at_each_order_once():
    used_to()
    learn_habits()

    assert ChannelHabit.objects.get().orders == ENOUGH
