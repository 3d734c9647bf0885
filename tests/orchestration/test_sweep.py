"""One sweep of the runner takes an order through every step, and asks the database once what there is to do."""

from __future__ import annotations

import pytest
from django.db import transaction

from apps.channels.events import InboxEarly
from apps.core.actor import SYSTEM
from apps.core.outbox import Fact, record
from apps.orchestration import queue, runner
from apps.orchestration.registry import STEPS, made_due, steps_of_lane
from apps.orchestration.subscriptions import SUBSCRIPTIONS
from apps.orders.events import OrderAccepted, order_fact
from apps.orders.models import Order
from tests.api.front_door import Door, order_body
from tests.factories import ChannelFactory, make_key, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """How often the database was asked what is due."""
    questions: list[object] = []
    ask = queue.steps_with_work
    monkeypatch.setattr(queue, "steps_with_work", lambda names: questions.append(names) or ask(names))
    return questions


def take_an_order_in() -> None:
    ChannelFactory()
    make_policy()
    make_stock(N1={"A": 10})
    assert Door(make_key()).post("orders", order_body()).status_code == 201


def test_what_a_step_makes_due_is_done_in_the_same_sweep_without_asking_again(asked: list[object]):
    take_an_order_in()

    done, _ = runner._sweep(steps_of_lane("steps"))

    assert done >= 3
    assert Order.objects.get().state == "released"
    assert len(asked) == 1


def test_work_for_later_is_not_made_due():
    take_an_order_in()
    order = Order.objects.get()
    steps = SUBSCRIPTIONS[InboxEarly]
    assert any(step.delay_s for step in steps)
    with made_due() as names:
        record(Fact(InboxEarly(), order.pk, order.public_id, order.public_id), actor=SYSTEM)

    assert names == {step.name for step in steps if not step.delay_s}


def test_a_step_whose_work_was_rolled_back_finds_nothing_to_do():
    take_an_order_in()
    runner._sweep(steps_of_lane("steps"))
    order = Order.objects.get()
    with made_due() as names:
        with transaction.atomic():
            record(order_fact(order, OrderAccepted(channel=order.channel)), actor=SYSTEM)
            transaction.set_rollback(True)

        assert "validate_order" in names
        assert runner.run_batch(STEPS["validate_order"]) == 0
