"""Cases put aside come back: by the clock, by an answer, by stock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.casework.errors import CaseClosed, CaseRefused, CaseStale
from apps.casework.services import (
    resolve_case,
    resume_cases,
    set_priority,
    take_case,
    wait_case,
    wake_answered,
    wake_due,
)
from apps.core import clock
from apps.core.actor import SYSTEM, Actor
from apps.core.outbox import record
from apps.inventory.services import Count, count_stock
from apps.orders.events import OrderAmended, order_fact
from apps.orders.models import Order
from tests.casework.cases import HOUR, actor_of, events_about, make_case, make_queue, make_rule, now_
from tests.driving import work_it_off
from tests.factories import UserFactory, make_order, make_stock

pytestmark = pytest.mark.django_db


def _hear(order: Order, actor: Actor) -> None:
    record(order_fact(order, OrderAmended()), actor=actor)


def test_a_snoozed_case_sleeps_until_its_moment_and_is_open_again_with_its_owner() -> None:
    ann, case = UserFactory(), make_case()
    take_case(case.pk, user=ann, actor=actor_of(ann))
    wait_case(case.pk, on="time", until=clock.now() + HOUR, actor=actor_of(ann))

    assert wake_due() == 0
    with clock.moved(HOUR + timedelta(seconds=1)):
        assert wake_due() == 1
        assert wake_due() == 0

    awake = now_(case)
    assert (awake.state, awake.owner_id, awake.waiting_on, awake.wait_until) == ("open", ann.pk, "", None)
    assert events_about(case, "case.resumed")[0].data["on"] == "time"


def test_a_note_becomes_a_comment_and_no_event_repeats_it() -> None:
    case = make_case()

    wait_case(case.pk, on="customer", note="Asked Mrs Pat for the house number.", actor=SYSTEM)

    assert case.comments.get().body == "Asked Mrs Pat for the house number."
    assert "Pat" not in str([event.data for event in events_about(case)])


@pytest.mark.parametrize(
    ("on", "hours"), [("time", None), ("time", -1), ("customer", -1), ("godot", 1), ("", 1)], ids=str
)
def test_refuses_a_wait_without_an_end_or_for_nobody(on: str, hours: int | None) -> None:
    case = make_case()

    with pytest.raises(CaseRefused):
        wait_case(case.pk, on=on, until=clock.now() + hours * HOUR if hours else None, actor=SYSTEM)

    assert now_(case).state == "open"


def test_refuses_to_put_aside_what_changed_or_ended_meanwhile() -> None:
    case = make_case()
    set_priority([case.pk], priority=1, actor=SYSTEM)
    with pytest.raises(CaseStale):
        wait_case(case.pk, on="partner", expected_version=1, actor=SYSTEM)
    resolve_case(case.public_id, resolution="done", actor=SYSTEM)
    with pytest.raises(CaseClosed):
        wait_case(case.pk, on="partner", actor=SYSTEM)


def test_resuming_leaves_alone_what_does_not_wait() -> None:
    waiting, working = make_case("a"), make_case("b")
    wait_case(waiting.pk, on="partner", actor=SYSTEM)
    take_case(working.pk, user=UserFactory(), actor=SYSTEM)

    assert [case.pk for case in resume_cases([waiting.pk, working.pk], actor=SYSTEM)] == [waiting.pk]
    assert now_(working).state == "in_progress"


@pytest.mark.parametrize(
    ("on", "heard", "woken"),
    [
        ("partner", "partner:acme", 1),
        ("customer", "channel:shop", 1),
        ("partner", "channel:shop", 0),
        ("customer", "staff:usr_1", 0),
        ("time", "partner:acme", 0),
    ],
)
def test_an_answer_wakes_what_waits_for_it(on: str, heard: str, woken: int) -> None:
    order = make_order()
    case = make_case(order=order)
    wait_case(case.pk, on=on, until=clock.now() + HOUR, actor=SYSTEM)
    kind, _, name = heard.partition(":")
    _hear(order, Actor(kind, name))  # type: ignore[arg-type]

    assert wake_answered() == woken


def test_what_was_heard_before_the_wait_wakes_nobody() -> None:
    order = make_order()
    case = make_case(order=order)
    with clock.moved(-HOUR):
        _hear(order, Actor("partner", "acme"))
    wait_case(case.pk, on="partner", actor=SYSTEM)

    assert wake_answered() == 0


def test_stock_that_arrives_wakes_what_waits_for_it_and_nothing_else() -> None:
    make_stock(N1={"A": 0, "B": 0})
    for_a = make_case("a", order=make_order(lines={"A": 1}), type="late_risk")
    for_b = make_case("b", order=make_order(lines={"B": 1}), type="late_risk")
    for case in (for_a, for_b):
        wait_case(case.pk, on="stock", actor=SYSTEM)

    count_stock([Count(node="N1", sku="A", on_hand=5)], reason="delivery", actor=SYSTEM)
    with clock.moved(timedelta(seconds=5)):
        work_it_off()

    assert (now_(for_a).state, now_(for_b).state) == ("open", "waiting")


def test_nobody_is_rung_for_a_case_that_waits_and_the_bell_starts_over_afterwards() -> None:
    make_rule(make_queue("desk", ringing=True))
    case = make_case()
    wait_case(case.pk, on="time", until=clock.now() + HOUR, actor=SYSTEM)
    assert now_(case).next_escalation_at is None

    with clock.moved(2 * HOUR):
        wake_due()
        left = now_(case).next_escalation_at - clock.now()

    assert timedelta(minutes=29) < left <= timedelta(minutes=30)
