"""Taking, assigning, ranking and commenting cases."""

from __future__ import annotations

import pytest

from apps.casework.errors import CaseClosed, CaseNotFound, CaseRefused, CaseStale, CaseTaken
from apps.casework.models import CaseComment
from apps.casework.services import (
    assign_cases,
    comment_case,
    resolve_case,
    set_clocks,
    set_priority,
    take_case,
    wait_case,
    watch_case,
)
from apps.core import clock
from apps.core.actor import SYSTEM
from tests.casework.cases import HOUR, actor_of, events_about, make_case, make_queue, now_
from tests.factories import UserFactory, make_order

pytestmark = pytest.mark.django_db


def test_taking_a_case_makes_it_ones_own_and_counts_as_first_response() -> None:
    ann, case = UserFactory(), make_case()

    take_case(case.pk, user=ann, expected_version=1, actor=actor_of(ann))

    taken = now_(case)
    assert (taken.state, taken.owner_id, taken.version) == ("in_progress", ann.pk, 2)
    assert taken.first_response_at is not None
    assert events_about(case, "case.taken")[0].data["owner"] == ann.public_id


def test_taking_it_twice_is_once() -> None:
    ann, case = UserFactory(), make_case()
    take_case(case.pk, user=ann, actor=actor_of(ann))

    take_case(case.pk, user=ann, expected_version=1, actor=actor_of(ann))

    assert (now_(case).version, len(events_about(case, "case.taken"))) == (2, 1)


def test_refuses_what_somebody_else_works_on_and_names_them() -> None:
    ann, bob, case = UserFactory(first_name="Ann"), UserFactory(), make_case()
    take_case(case.pk, user=ann, actor=actor_of(ann))

    with pytest.raises(CaseTaken, match="Ann has this case already"):
        take_case(case.pk, user=bob, actor=actor_of(bob))

    assert now_(case).owner_id == ann.pk


def test_who_is_free_may_begin_what_a_rule_gave_to_somebody_who_has_not() -> None:
    ann, bob, case = UserFactory(), UserFactory(), make_case()
    assign_cases([case.pk], owner=ann, actor=SYSTEM)

    assert take_case(case.pk, user=bob, actor=actor_of(bob)).owner == bob


def test_a_stale_version_is_refused_and_the_current_one_named() -> None:
    case = make_case()
    set_priority([case.pk], priority=1, actor=SYSTEM)

    with pytest.raises(CaseStale) as refused:
        take_case(case.pk, user=UserFactory(), expected_version=1, actor=SYSTEM)

    assert (refused.value.details["current"], refused.value.status) == (2, 412)


def test_refuses_to_take_what_has_ended_or_never_was() -> None:
    case = make_case()
    resolve_case(case.public_id, resolution="done", actor=SYSTEM)

    with pytest.raises(CaseClosed):
        take_case(case.pk, user=UserFactory(), actor=SYSTEM)
    with pytest.raises(CaseNotFound):
        take_case(case.pk + 1000, user=UserFactory(), actor=SYSTEM)


def test_taking_a_waiting_case_ends_the_wait() -> None:
    ann, case = UserFactory(), make_case()
    wait_case(case.pk, on="customer", until=clock.now() + HOUR, actor=SYSTEM)

    take_case(case.pk, user=ann, actor=actor_of(ann))

    taken = now_(case)
    assert (taken.state, taken.waiting_on, taken.wait_until, taken.waiting_since) == ("in_progress", "", None, None)


def test_assigning_many_moves_those_that_stand_and_leaves_the_ended_alone() -> None:
    ann, queue = UserFactory(), make_queue("other")
    standing, ended = make_case("a"), make_case("b")
    resolve_case(ended.public_id, resolution="done", actor=SYSTEM)

    moved = assign_cases([standing.pk, ended.pk], owner=ann, queue=queue, actor=SYSTEM)

    assert [case.pk for case in moved] == [standing.pk]
    assert (now_(standing).owner_id, now_(standing).queue_id, now_(ended).owner_id) == (ann.pk, queue.pk, None)
    assert events_about(standing, "case.assigned")[0].data["queue"] == "other"


def test_refuses_to_give_a_case_to_somebody_who_does_not_get_to_see_it() -> None:
    elsewhere, here = make_case(node="leeds"), make_case("thing-2", node="york")
    maya = UserFactory(nodes=["york"])

    with pytest.raises(CaseRefused) as refusal:
        assign_cases([elsewhere.pk, here.pk], owner=maya, actor=SYSTEM)
    assert "doesn't get to see this" in refusal.value.sentence
    assert now_(here).owner is None

    assign_cases([here.pk], owner=maya, actor=SYSTEM)
    assert now_(here).owner == maya


def test_moving_to_another_queue_keeps_the_owner() -> None:
    ann, case = UserFactory(), make_case()
    take_case(case.pk, user=ann, actor=actor_of(ann))

    assign_cases([case.pk], queue=make_queue("other"), actor=SYSTEM)

    assert (now_(case).owner_id, now_(case).state) == (ann.pk, "in_progress")


def test_taking_work_away_opens_it_again() -> None:
    ann, case = UserFactory(), make_case()
    take_case(case.pk, user=ann, actor=actor_of(ann))

    assign_cases([case.pk], owner=None, actor=SYSTEM)

    assert (now_(case).owner_id, now_(case).state) == (None, "open")


def test_refuses_an_owner_who_has_left() -> None:
    case = make_case()

    with pytest.raises(CaseRefused, match="has left"):
        assign_cases([case.pk], owner=UserFactory(is_active=False), actor=SYSTEM)


@pytest.mark.parametrize("priority", [0, 6])
def test_refuses_a_priority_there_is_not(priority: int) -> None:
    with pytest.raises(CaseRefused):
        set_priority([make_case().pk], priority=priority, actor=SYSTEM)


def test_a_comment_tells_those_it_names_in_the_text_and_beside_it() -> None:
    ann, bob, cat = UserFactory(username="ann"), UserFactory(username="bob.b"), UserFactory(username="cat")
    case = make_case(order=make_order())

    comment = comment_case(
        case.pk, body=" Ask @Bob.B. or write to x@cat, @nobody ", mentions=[cat], actor=actor_of(ann)
    )

    assert set(comment.mentions.all()) == {bob, cat}
    assert set(events_about(case, "case.commented")[0].data["mentions"]) == {bob.public_id, cat.public_id}
    assert comment.body.startswith("Ask")
    assert "Ask" not in str(events_about(case, "case.commented")[0].data)


def test_a_comment_makes_nobodys_work_stale_but_counts_as_first_response() -> None:
    ann, case = UserFactory(), make_case()

    comment_case(case.pk, body="I have called them.", actor=actor_of(ann))

    assert now_(case).version == 1
    assert now_(case).first_response_at is not None


@pytest.mark.parametrize("body", ["", "   ", "x" * 5001], ids=["empty", "blank", "too long"])
def test_refuses_a_comment_of_nothing_or_too_much(body: str) -> None:
    with pytest.raises(CaseRefused):
        comment_case(make_case().pk, body=body, actor=SYSTEM)
    assert not CaseComment.objects.exists()


def test_watchers_see_who_else_was_there_in_the_last_half_minute() -> None:
    ann, bob, case = UserFactory(), UserFactory(), make_case()

    assert watch_case(case.pk, user=ann) == []
    assert watch_case(case.pk, user=bob) == [ann]
    assert watch_case(case.pk, user=ann) == [bob]
    with clock.moved(HOUR):
        assert watch_case(case.pk, user=bob) == []


def test_clocks_are_set_without_a_trace_and_not_on_what_has_ended() -> None:
    standing, ended = make_case("a"), make_case("b")
    resolve_case(ended.public_id, resolution="done", actor=SYSTEM)
    due = clock.now() + HOUR
    before = standing.history.count()

    set_clocks({standing.pk: (due, None), ended.pk: (due, None)}, actor=SYSTEM)

    assert (now_(standing).next_due_at, now_(standing).version) == (due, 1)
    assert standing.history.count() == before
    assert now_(ended).next_due_at is None
