"""Decisions as they were stored, by the inputs they were made from: a decision that is replayed must come out as it was, how far
was searched included, and reads in the same words.

Whoever changes the planner so that one of them comes out differently changes what is said of every stored decision like it; then
the line's ``plan`` is to be written anew, from ``replay(inputs).to_json()``, with the change. Reasons and sentences follow their wording.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from apps.core.text import Text
from apps.routing.planner import Plan, differences, explain, replay
from apps.routing.planner.decision_texts import plan_with_texts, sentence_as_text
from apps.routing.planner.replay import Inputs

KEPT = [json.loads(line) for line in Path(__file__).with_name("kept_decisions.jsonl").read_text().splitlines()]
each_kept = pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept["inputs"]["demand"]["order_ref"])


@each_kept
def test_a_stored_decision_comes_out_as_it_was(kept: dict[str, Any]):
    again = replay(kept["inputs"])

    assert differences(kept["plan"], again) == ()
    assert explain(again, Inputs.from_json(kept["inputs"]).demand) == kept["sentence"]


@each_kept
def test_what_was_stored_as_english_is_said_in_texts_again(kept: dict[str, Any]):
    inputs, stored = Inputs.from_json(kept["inputs"]), Plan.from_json(kept["plan"])

    said = plan_with_texts(inputs, stored)

    assert said == stored
    reasons = [verdict.reason for candidate in said.candidates for verdict in candidate.verdicts]
    assert {type(reason) for reason in reasons} == {Text}
    assert isinstance(sentence_as_text(kept["sentence"], inputs, said), Text)


def test_other_words_for_a_reason_are_no_other_decision_and_another_outcome_is():
    kept, again = json.loads(json.dumps(KEPT[0]["plan"])), replay(KEPT[0]["inputs"])

    kept["verdicts"][0]["reason"] = "up and running"
    assert differences(kept, again) == ()
    kept["verdicts"][0]["code"] = "down"
    assert differences(kept, again) == ("verdicts",)


def test_what_would_be_said_in_other_words_today_stays_as_it_was_said():
    kept = KEPT[0]
    inputs, stored = Inputs.from_json(kept["inputs"]), json.loads(json.dumps(kept["plan"]))
    stored["verdicts"][0]["reason"] = "up and running"

    said = plan_with_texts(inputs, Plan.from_json(stored))

    assert said.candidates[0].verdicts[0].reason == "up and running"
    assert sentence_as_text("Ships from somewhere.", inputs, said) == "Ships from somewhere."
