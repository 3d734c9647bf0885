"""External effects: each verb repeated changes nothing, what is refused leaves everything as it was, history says who."""

from __future__ import annotations

import pytest

from apps.compensation.errors import EffectNotFound, EffectNotOpen
from apps.compensation.models import ExternalEffect
from apps.compensation.selectors import unsettled_effect, unsettled_effects
from apps.compensation.services import (
    STUCK_AFTER,
    attempt_effect,
    compensate_effects,
    confirm_effects,
    give_up_compensation,
    note_failure,
    settle_by_hand,
    want_compensation,
)
from apps.compensation.states import EffectKind
from apps.core.actor import Actor
from apps.core.models import Event
from tests.factories import AGENT

pytestmark = pytest.mark.django_db

KIND = EffectKind.PARTNER_SUBMISSION
REF, STREAM = "ful_1", "ord_1"
STEP = Actor("step", "ask_partner_to_cancel")


def attempted(ref: str = REF) -> None:
    attempt_effect(KIND, ref, stream=STREAM)


def wanted() -> None:
    attempted()
    want_compensation(KIND, REF, stream=STREAM, actor=STEP)


def stuck() -> None:
    wanted()
    for _ in range(STUCK_AFTER):
        note_failure(KIND, REF, error="answered 500", actor=STEP)


def effect(ref: str = REF) -> ExternalEffect:
    return ExternalEffect.objects.get(subject_ref=ref)


def told() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("name", flat=True))


def test_what_is_attempted_twice_stands_once():
    attempted()
    attempted()

    assert ExternalEffect.objects.get().state == "attempted"
    assert told() == []


def test_what_the_other_side_has_is_in_effect_and_a_second_word_changes_nothing():
    attempted()
    attempted("ful_2")
    confirm_effects(KIND, [REF, "ful_of_our_own"], actor=STEP)
    confirm_effects(KIND, [REF], actor=STEP)

    assert (effect().state, effect("ful_2").state) == ("succeeded", "attempted")
    assert effect().history.count() == 2


@pytest.mark.parametrize("confirmed", [True, False])
def test_what_may_have_come_about_is_to_be_undone(confirmed: bool):
    attempted()
    if confirmed:
        confirm_effects(KIND, [REF], actor=STEP)
    want_compensation(KIND, REF, stream=STREAM, actor=STEP)
    want_compensation(KIND, REF, stream=STREAM, actor=STEP)

    assert effect().state == "to_compensate"
    assert told() == ["compensation.wanted"]
    assert list(unsettled_effects()) == [effect()]


def test_what_nobody_wrote_down_before_is_written_down_when_it_is_to_be_undone():
    want_compensation(KIND, REF, stream=STREAM, actor=STEP)

    assert (effect().state, effect().stream) == ("to_compensate", STREAM)


def test_four_failures_are_patience_and_the_fifth_is_stuck_once():
    wanted()
    for _ in range(STUCK_AFTER - 1):
        note_failure(KIND, REF, error="answered 500", actor=STEP)
    assert (effect().state, effect().attempts) == ("to_compensate", 4)

    note_failure(KIND, REF, error="answered 500", actor=STEP)
    note_failure(KIND, REF, error="answered 503", actor=STEP)
    assert (effect().state, effect().attempts, effect().last_error) == ("stuck", 6, "answered 503")
    assert told() == ["compensation.wanted", "compensation.stuck"]


def test_a_stuck_one_that_goes_through_is_undone_and_stays_so():
    stuck()
    compensate_effects(KIND, [REF], actor=STEP)
    compensate_effects(KIND, [REF], actor=STEP)
    want_compensation(KIND, REF, stream=STREAM, actor=STEP)

    assert effect().state == "compensated"
    assert effect().settled_at is not None
    assert told().count("compensation.completed") == 1
    assert unsettled_effect(KIND, REF) is None


def test_what_can_not_be_undone_any_more_stands():
    wanted()
    give_up_compensation(KIND, [REF], actor=STEP)

    assert effect().state == "succeeded"
    assert told() == ["compensation.wanted", "compensation.given_up"]


def test_what_was_not_to_be_undone_is_not_given_up():
    attempted()
    give_up_compensation(KIND, [REF], actor=STEP)

    assert effect().state == "attempted"
    assert told() == []


def test_a_person_who_called_them_settles_it_and_history_says_who_and_the_row_how():
    stuck()
    settle_by_hand(KIND, REF, note="Called them: it is stopped.", actor=AGENT)
    settle_by_hand(KIND, REF, note="Called them again.", actor=AGENT)

    assert (effect().state, effect().note) == ("compensated", "Called them: it is stopped.")
    assert effect().history.first().history_actor == str(AGENT)
    assert Event.objects.get(name="compensation.completed").data["by_hand"] is True


def test_only_what_is_still_to_be_undone_is_settled_by_hand():
    attempted()
    with pytest.raises(EffectNotOpen):
        settle_by_hand(KIND, REF, note="Called them.", actor=AGENT)
    with pytest.raises(EffectNotFound):
        settle_by_hand(KIND, "ful_9", note="Called them.", actor=AGENT)

    assert (effect().state, effect().note) == ("attempted", "")
    assert told() == []
