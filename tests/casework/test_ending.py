"""How cases end: by a person's word, by merging, by themselves."""

from __future__ import annotations

import pytest

from apps.casework.errors import CaseClosed, CaseNotFound, CaseRefused, CaseStale
from apps.casework.models import CaseKind, CaseLink, ExceptionCase
from apps.casework.selectors import linked_cases
from apps.casework.services import (
    assign_cases,
    clear_cases,
    link_cases,
    merge_cases,
    resolve_case,
    set_priority,
    wait_case,
)
from apps.core.actor import SYSTEM
from tests.casework.cases import actor_of, events_about, make_case, now_
from tests.driving import work_it_off
from tests.factories import AGENT, UserFactory, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db


def _clear(*subjects: str) -> int:
    return clear_cases(subjects, types=["short_pick"], resolution="it was counted", actor=SYSTEM)


def test_a_case_ends_with_its_reason_and_what_ended_it() -> None:
    CaseKind.objects.create(code="short_pick", name="Short pick", reason_codes=["misplaced"])
    case = make_case(order=make_order())

    resolve_case(
        case.public_id, resolution="found", reason_code="misplaced", resolution_code="handled_outside", actor=SYSTEM
    )

    ended = now_(case)
    assert (ended.state, ended.reason_code, ended.resolution_code) == ("resolved", "misplaced", "handled_outside")
    assert ended.first_response_at == ended.resolved_at
    assert events_about(case, "case.resolved")[0].data["reason"] == "misplaced"


def test_a_case_nobody_had_is_theirs_who_settled_it_and_a_colleagues_stays_the_colleagues() -> None:
    dana, robin, taken, free, merged = UserFactory(), UserFactory(), *(make_case(name) for name in "abc")
    assign_cases([taken.pk], owner=robin, actor=SYSTEM)

    resolve_case(taken.public_id, resolution="found", actor=actor_of(dana))
    merge_cases(free.pk, others=[merged.pk], actor=actor_of(dana))
    resolve_case(free.public_id, resolution="found", worked_by=str(actor_of(robin)), actor=actor_of(dana))

    assert [now_(case).owner for case in (taken, free, merged)] == [robin, robin, dana]


def test_what_no_person_settled_is_nobodys() -> None:
    case = make_case()

    resolve_case(case.public_id, resolution="found", actor=SYSTEM)

    assert now_(case).owner is None


def test_refuses_a_reason_its_kind_does_not_know() -> None:
    CaseKind.objects.create(code="short_pick", name="Short pick", reason_codes=["misplaced"])
    case = make_case()

    with pytest.raises(CaseRefused, match="there are misplaced"):
        resolve_case(case.public_id, resolution="x", reason_code="weather", actor=SYSTEM)

    assert now_(case).state == "open"


def test_a_waiting_case_can_be_dismissed() -> None:
    case = make_case()
    wait_case(case.pk, on="partner", actor=SYSTEM)

    resolve_case(case.public_id, resolution="no problem", dismiss=True, actor=SYSTEM)

    assert (now_(case).state, now_(case).waiting_on) == ("dismissed", "")
    assert events_about(case, "case.dismissed")


def test_refuses_to_end_what_changed_since_it_was_read() -> None:
    case = make_case()
    set_priority([case.pk], priority=1, actor=SYSTEM)

    with pytest.raises(CaseStale, match="version 2"):
        resolve_case(case.public_id, resolution="done", expected_version=1, actor=SYSTEM)
    resolve_case(case.public_id, resolution="done", expected_version=2, actor=SYSTEM)
    with pytest.raises(CaseClosed):
        resolve_case(case.public_id, resolution="again", actor=SYSTEM)


def test_merging_closes_the_others_into_one_that_counts_and_ranks_for_all() -> None:
    into, other, third = make_case("a"), make_case("b", order=make_order()), make_case("c")
    set_priority([other.pk], priority=1, actor=SYSTEM)

    merge_cases(into.pk, others=[other.pk, third.pk], actor=SYSTEM)

    assert (now_(into).occurrences, now_(into).priority, now_(into).state) == (3, 1, "open")
    assert (now_(other).state, now_(other).merged_into_id, now_(other).resolution_code) == (
        "resolved",
        into.pk,
        "merge",
    )
    assert events_about(other, "case.resolved")[0].data["merged_into"] == into.public_id
    assert events_about(into, "case.merged")[0].data["merged"] == [other.public_id, third.public_id]
    assert set(linked_cases(into.pk)) == {other, third}


def test_what_was_merged_before_goes_on_with_the_case_it_went_into() -> None:
    first, second, third = make_case("a"), make_case("b"), make_case("c")
    merge_cases(second.pk, others=[third.pk], actor=SYSTEM)

    merge_cases(first.pk, others=[second.pk], actor=SYSTEM)

    assert now_(third).merged_into_id == first.pk
    assert make_case("c").pk == first.pk


def test_refuses_a_merge_with_itself_with_nothing_or_with_what_has_ended() -> None:
    into, ended, standing = make_case("a"), make_case("b"), make_case("c")
    resolve_case(ended.public_id, resolution="done", actor=SYSTEM)

    for others in ([], [into.pk]):
        with pytest.raises(CaseRefused):
            merge_cases(into.pk, others=others, actor=SYSTEM)
    with pytest.raises(CaseClosed):
        merge_cases(into.pk, others=[standing.pk, ended.pk], actor=SYSTEM)
    with pytest.raises(CaseNotFound):
        merge_cases(into.pk, others=[standing.pk, ended.pk + 1000], actor=SYSTEM)

    assert now_(standing).state == "open"


def test_linking_twice_or_from_the_other_side_is_once() -> None:
    one, other = make_case("a"), make_case("b")

    link_cases(other.pk, other_id=one.pk, actor=SYSTEM)
    link_cases(one.pk, other_id=other.pk, actor=SYSTEM)

    link = CaseLink.objects.get()
    assert (link.first_id, link.second_id) == (one.pk, other.pk)
    assert list(linked_cases(one.pk)) == [other]
    assert len(events_about(other, "case.linked")) == 1


def test_refuses_to_link_a_case_to_itself() -> None:
    case = make_case()

    with pytest.raises(CaseRefused):
        link_cases(case.pk, other_id=case.pk, actor=SYSTEM)


def test_a_case_whose_cause_has_gone_closes_itself_and_says_so() -> None:
    case, other = make_case("a"), make_case("a", type="late_risk")
    wait_case(case.pk, on="stock", actor=SYSTEM)

    assert _clear("a", "b") == 1

    assert (now_(case).state, now_(case).resolution) == ("resolved", "it was counted")
    assert events_about(case, "case.resolved")[0].data["by_itself"] is True
    assert now_(other).state == "open"
    assert _clear("a") == 0


def test_a_case_that_others_went_into_stays_until_all_their_causes_have_gone() -> None:
    into, other = make_case("a"), make_case("b")
    merge_cases(into.pk, others=[other.pk], actor=SYSTEM)

    assert _clear("a") == 0
    assert (now_(into).state, into.comments.count()) == ("open", 1)
    assert _clear("b") == 1
    assert now_(into).state == "resolved"
    assert "own_cause_gone" not in now_(into).detail


def test_the_order_in_which_causes_go_makes_no_difference() -> None:
    into, other = make_case("a"), make_case("b")
    merge_cases(into.pk, others=[other.pk], actor=SYSTEM)

    assert _clear("b") == 0
    assert _clear("a") == 1


def test_a_merged_problem_that_comes_back_after_it_had_gone_is_a_case_of_its_own() -> None:
    into, other = make_case("a"), make_case("b")
    merge_cases(into.pk, others=[other.pk], actor=SYSTEM)
    _clear("b")

    assert make_case("b").pk not in (into.pk, other.pk)


def test_a_cause_that_comes_back_keeps_the_case_open() -> None:
    into, other = make_case("a"), make_case("b")
    merge_cases(into.pk, others=[other.pk], actor=SYSTEM)
    _clear("a")
    make_case("a")

    assert _clear("b") == 0
    assert now_(into).state == "open"


def test_what_holds_an_order_is_not_dismissed_while_the_hold_stands() -> None:
    make_policy()
    make_stock(N1={"A": 5})
    make_order(totals={"total": 900})
    work_it_off()
    case = ExceptionCase.objects.get(type="price_mismatch")

    with pytest.raises(CaseRefused, match="still on hold"):
        resolve_case(case.public_id, resolution="no problem", dismiss=True, actor=AGENT)

    case.refresh_from_db()
    assert case.state == "open"
