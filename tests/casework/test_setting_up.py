"""Limits, rules and ladders, before anybody is let loose with them."""

from __future__ import annotations

from typing import Any

import pytest

from apps.casework.errors import CaseRefused
from apps.casework.escalation_text import levels_in, text_of
from apps.casework.linting import lint_rule
from apps.casework.models import QueueRule, ResolutionRule
from apps.casework.services.role_limits import Limit, fingerprint, set_limits
from apps.core.errors import StaleVersion

ROLES, REFS = ("agent", "lead", "manager"), {"dana": "usr_dana"}


@pytest.mark.django_db
def test_limits_are_given_changed_and_taken_away_each_with_its_history():
    set_limits("split", {"agent": Limit(500, 500), "lead": Limit()})
    set_limits("split", {"agent": Limit(700, None, ("mugs",), True), "lead": None})

    rule = ResolutionRule.objects.get(resolution="split")
    assert (rule.role, rule.most_minor, rule.categories, rule.own_nodes_only) == ("agent", 700, ["mugs"], True)
    assert sorted(ResolutionRule.history.values_list("role", "history_type")) == [
        ("agent", "+"), ("agent", "~"), ("lead", "+"), ("lead", "-"),
    ]  # fmt: skip


@pytest.mark.django_db
def test_saving_what_is_there_already_leaves_no_trace():
    set_limits("split", {"agent": Limit(500)})
    set_limits("split", {"agent": Limit(500)})

    assert ResolutionRule.history.count() == 1


@pytest.mark.django_db
def test_limits_somebody_changed_meanwhile_are_not_overwritten():
    set_limits("split", {"agent": Limit(500)})
    seen = fingerprint(ResolutionRule.objects.all())
    set_limits("split", {"agent": Limit(900)})

    with pytest.raises(StaleVersion):
        set_limits("split", {"agent": Limit(100)}, seen=seen)

    assert ResolutionRule.objects.get().most_minor == 900


@pytest.mark.django_db
@pytest.mark.parametrize("limits", [{"nobody": Limit()}, {"agent": Limit(-1)}, {"agent": Limit(None, -5)}])
def test_refuses_odd_limits_and_saves_nothing(limits: dict[str, Limit | None]):
    with pytest.raises(CaseRefused):
        set_limits("split", {"lead": Limit(), **limits})

    assert not ResolutionRule.objects.exists()


def rule(name: str = "rule", **fields: Any) -> QueueRule:
    return QueueRule(name=name, **fields)


def test_bad_input_36_a_rule_that_names_what_is_not_there_is_told():
    said = lint_rule(rule(types=["no_stock", "nostock"], nodes=["x"]), [], {"types": ["no_stock"], "nodes": ["leeds"]})

    assert said == ["types: there is no nostock", "nodes: there is no x"]


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ({}, {"types": ["no_stock"]}),
        ({}, {}),
        ({"types": ["no_stock", "oversold"]}, {"types": ["oversold"], "countries": ["GB"]}),
        ({"least_value_minor": 100}, {"least_value_minor": 200}),
        ({"most_value_minor": 900}, {"least_value_minor": 5, "most_value_minor": 900}),
    ],
)
def test_bad_input_36_a_rule_that_is_never_reached_is_told(wide: dict[str, Any], narrow: dict[str, Any]):
    said = lint_rule(rule(**narrow), [rule("VIPs first", **wide)], {})

    assert said == ["it is never reached: whatever fits it fits “VIPs first” before it"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"types": ["no_stock"]}, {}),
        ({"types": ["no_stock"]}, {"types": ["no_stock", "oversold"]}),
        ({"least_value_minor": 200}, {"least_value_minor": 100}),
        ({"most_value_minor": 200}, {}),
        ({"countries": ["GB"]}, {"types": ["no_stock"]}),
    ],
)
def test_a_rule_that_something_still_reaches_is_fine(before: dict[str, Any], after: dict[str, Any]):
    assert lint_rule(rule(**after), [rule("first", **before)], {}) == []


def test_a_rule_nothing_can_fit_is_told():
    assert "nothing fits it" in lint_rule(rule(least_value_minor=5, most_value_minor=4), [], {})[0]


def test_a_ladder_is_read_as_it_is_written():
    text = "30 owner\n60 owner lead mail\n120 lead manager dana mail"

    levels = levels_in(text, roles=ROLES, refs=REFS)

    assert levels[1] == {"after_minutes": 60, "roles": ["lead"], "users": [], "owner": True, "mail": True}
    assert levels[2]["users"] == ["usr_dana"]
    assert text_of(levels, names={"usr_dana": "dana"}) == text


@pytest.mark.parametrize("text", ["owner", "0 owner", "30 nobody", "1.5 lead", "30 owner\nlead"])
def test_a_ladder_that_can_not_be_read_says_which_line(text: str):
    with pytest.raises(ValueError, match="Line"):
        levels_in(text, roles=ROLES, refs=REFS)
