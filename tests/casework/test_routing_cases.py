"""Which queue a case goes to, how urgent it is there, and whose it becomes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from apps.casework.models import CaseKind
from apps.casework.services import assign_cases, open_cases
from apps.core.actor import SYSTEM
from tests.casework.cases import make_case, make_queue, make_rule, problem
from tests.factories import UserFactory, make_order

pytestmark = pytest.mark.django_db


def _queue_of(**changes: Any) -> str:
    case = make_case(**changes)
    return case.queue.code if case.queue else ""


def test_the_first_rule_that_fits_decides_and_the_kind_decides_where_none_does() -> None:
    CaseKind.objects.create(code="short_pick", name="Short pick", queue=make_queue("stock"))
    make_rule(make_queue("second"), position=20, nodes=["hull", "york"])
    make_rule(make_queue("first"), position=10, nodes=["hull"])

    assert _queue_of(subject="a", node="hull") == "first"
    assert _queue_of(subject="b", node="york") == "second"
    assert _queue_of(subject="c", node="leeds") == "stock"


@pytest.mark.parametrize(
    "condition",
    [
        {"types": ["dead_letter"]},
        {"channels": ["shop"]},
        {"tiers": ["gold"]},
        {"countries": ["DE"]},
        {"nodes": ["york"]},
        {"least_value_minor": 1001},
        {"most_value_minor": 999},
        {"active": False},
    ],
    ids=str,
)
def test_a_rule_that_fits_in_all_but_one_thing_does_not_fit(condition: dict[str, Any]) -> None:
    fitting = {"types": ["short_pick"], "channels": ["api"], "countries": ["GB"], "nodes": ["hull"]}
    make_rule(make_queue("ruled"), **{**fitting, "least_value_minor": 1000, "most_value_minor": 1000, **condition})

    assert _queue_of(order=make_order(), node="hull") == ""


def test_a_rule_that_fits_in_everything_sets_queue_and_priority() -> None:
    make_rule(make_queue("ruled"), types=["short_pick"], channels=["api"], countries=["GB"], priority=1)

    case = make_case(order=make_order())

    assert (case.queue.code if case.queue else "", case.priority) == ("ruled", 1)


def test_members_take_turns_within_a_batch_and_across_batches() -> None:
    ann, bob, cat = UserFactory.create_batch(3)
    make_rule(make_queue("desk", ann, bob, cat), owner_rule="round_robin")

    first = open_cases([problem(str(n)) for n in range(4)], actor=SYSTEM)
    second = open_cases([problem(str(n)) for n in range(4, 6)], actor=SYSTEM)

    assert [case.owner_id for case in (*first, *second)] == [ann.pk, bob.pk, cat.pk] * 2


def test_who_has_left_takes_no_turn() -> None:
    ann, bob = UserFactory(is_active=False), UserFactory()
    make_rule(make_queue("desk", ann, bob), owner_rule="round_robin")

    assert {make_case(str(n)).owner_id for n in range(3)} == {bob.pk}


def test_a_queue_nobody_is_a_member_of_gives_cases_to_nobody() -> None:
    make_rule(make_queue("desk"), owner_rule="least_loaded")

    assert make_case().owner_id is None


def test_who_has_least_gets_the_next() -> None:
    ann, bob = UserFactory.create_batch(2)
    busy = [make_case(f"busy-{n}") for n in range(3)]
    assign_cases([case.pk for case in busy], owner=ann, actor=SYSTEM)
    make_rule(make_queue("desk", ann, bob), owner_rule="least_loaded")

    owners = Counter(case.owner_id for case in open_cases([problem(str(n)) for n in range(5)], actor=SYSTEM))

    assert owners == {bob.pk: 4, ann.pk: 1}


def test_who_has_the_order_gets_its_next_case_too() -> None:
    ann, bob = UserFactory.create_batch(2)
    make_rule(make_queue("desk", ann, bob), owner_rule="sticky")
    mine, other = make_order(), make_order()

    first = make_case("a", order=mine)
    elsewhere = make_case("b", order=other)
    again = make_case("c", order=mine)

    assert (first.owner_id, elsewhere.owner_id, again.owner_id) == (ann.pk, bob.pk, ann.pk)


def test_two_cases_of_one_order_in_one_batch_go_to_one_person() -> None:
    make_rule(make_queue("desk", *UserFactory.create_batch(3)), owner_rule="sticky")
    order = make_order()

    owners = {case.owner_id for case in open_cases([problem(s, order=order) for s in "abc"], actor=SYSTEM)}

    assert len(owners) == 1
