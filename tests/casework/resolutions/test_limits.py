"""Whether somebody may do it by themselves: the row of the table held against an effect, a place and what there was before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts.caller import Caller
from apps.accounts.models import Role
from apps.casework.approvals.policies import policy_for
from apps.casework.builtin_rules import resolution_limits
from apps.casework.models import (
    ApprovalPolicy,
    ApprovalRequest,
    ExceptionCase,
    LimitUse,
    LimitWindow,
    QueueRule,
    ResolutionRule,
)
from apps.casework.resolutions import undo_action
from apps.casework.resolutions.base import Effect
from apps.casework.resolutions.facts import Facts
from apps.casework.resolutions.limits import ALWAYS, Verdict, crossed_limits, judge, rule_for
from apps.casework.resolutions.registry import RESOLUTIONS
from apps.casework.resolutions.usage import Usage
from apps.core import clock
from apps.core.actor import Actor
from tests.casework.cases import make_case, make_queue, make_rule
from tests.casework.resolutions.settling import agent, case_of, let, settle
from tests.driving import work_it_off
from tests.factories import UserFactory, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db
POUNDS = Effect("Costs something.", cost_minor=50_00, margin_minor=-50_00, currency="GBP")
RULE = ResolutionRule(resolution="choose_node", role=Role.MANAGER, most_minor=50_00)
HERE = Caller(Actor("staff", "usr_1"), frozenset(), nodes=frozenset({"N1"}), role=Role.MANAGER)


def asked(node: str, to: str, caller: Caller = HERE, **changes: object) -> Verdict:
    rule = ResolutionRule(resolution="choose_node", role=Role.MANAGER, **changes)
    facts = Facts(ExceptionCase(type="late_risk", subject_ref="x", node=node))
    return judge(RESOLUTIONS["choose_node"], facts, {"node": to}, POUNDS, caller, rule)


def test_own_stores_only_means_both_the_store_it_leaves_and_the_one_it_goes_to():
    assert asked("N1", "N1", own_nodes_only=True).allowed
    assert asked("N1", "N2", own_nodes_only=True).why_not == "Your role may do this for your own locations only."
    assert asked("N2", "N1", own_nodes_only=True).why_not == "Your role may do this for your own locations only."
    assert asked("N2", "N2").allowed


def test_a_limit_nobody_ever_set_is_the_built_in_one_and_one_that_was_taken_away_is_none():
    ResolutionRule.objects.all().delete()
    ResolutionRule.history.all().delete()

    def limit() -> tuple[object, ...] | None:
        rule = rule_for("choose_node", Role.MANAGER)
        return rule and (rule.most_minor, rule.most_margin_loss_minor, rule.own_nodes_only)

    assert limit() == resolution_limits()["choose_node", "manager"]
    set_by_hand = ResolutionRule.objects.create(resolution="choose_node", role=Role.MANAGER, most_minor=7)
    assert limit() == (7, None, False)
    set_by_hand.delete()
    assert limit() is None
    assert rule_for("nothing", Role.MANAGER) is None


def test_other_goods_than_the_role_may_are_named_and_its_own_are_no_reason():
    def of(*categories: str) -> Verdict:
        facts = Facts(ExceptionCase(type="late_risk", subject_ref="x"))
        facts.categories = frozenset(categories)
        rule = ResolutionRule(resolution="choose_node", role=Role.MANAGER, categories=["mugs", "plates"])
        return judge(RESOLUTIONS["choose_node"], facts, {}, POUNDS, HERE, rule)

    assert of("mugs").allowed
    assert of("mugs", "plates").allowed
    assert of("mugs", "lamps", "desks").why_not == (
        "Your role may do this for mugs, plates only; this order has desks, lamps."
    )


def test_who_agrees_depends_on_the_amount_that_is_beyond_the_limit():
    def proposed_from(minor: int) -> Verdict:
        ApprovalPolicy.objects.all().delete()
        ApprovalPolicy.objects.create(kind="node_override", from_minor=minor, roles=[Role.LEAD])
        return asked("N1", "N1", most_minor=10_00)

    crossed = "£50.00 is over the limit of £10.00."
    assert proposed_from(50_00) == Verdict(crossed=(crossed,))
    assert proposed_from(50_01) == Verdict(why_not=f"{crossed} Nobody is set up to approve it.")


def test_an_effect_in_its_own_currency_is_held_against_the_limit_in_that_currency():
    assert crossed_limits(RULE, Effect("", cost_minor=51, currency="JPY"), "GBP") != []
    assert crossed_limits(RULE, Effect("", cost_minor=51), "JPY") != []
    assert crossed_limits(RULE, Effect("", cost_minor=51), "GBP") == []


@pytest.mark.parametrize("field", ["most_minor", "most_margin_loss_minor"])
def test_exactly_at_the_limit_needs_nobody_else_and_a_penny_more_does(field: str):
    rule = ResolutionRule(resolution="choose_node", role=Role.MANAGER, **{field: 50_00})
    more = replace(POUNDS, cost_minor=50_01, margin_minor=-50_01)

    assert crossed_limits(rule, POUNDS, "GBP") == []
    assert len(crossed_limits(rule, more, "GBP")) == 1
    assert crossed_limits(rule, POUNDS, "GBP", Usage(1, 1)) != []


@pytest.mark.parametrize(("currency", "hundred"), [("GBP", 100_00), ("JPY", 100), ("KWD", 100_000), ("CLF", 1_000_000)])
def test_a_limit_of_a_hundred_is_a_hundred_of_any_currency(currency: str, hundred: int):
    rule = ResolutionRule(resolution="choose_node", role=Role.MANAGER, most_minor=100_00)

    assert crossed_limits(rule, Effect("", cost_minor=hundred, currency=currency), currency) == []
    assert crossed_limits(rule, Effect("", cost_minor=hundred + 1, currency=currency), currency) != []


def test_the_policy_that_decides_and_the_queue_go_by_units_of_the_currency_too():
    ApprovalPolicy.objects.create(kind="resolution", from_minor=0, roles=[Role.LEAD])
    ApprovalPolicy.objects.create(kind="resolution", from_minor=100_00, roles=[Role.OPERATIONS])
    let("accept_price", most_minor=0)
    make_rule(make_queue("large"), least_value_minor=100_00)
    small, large = policy_for("resolution", 99, "JPY"), policy_for("resolution", 100, "JPY")
    assert small is not None
    assert large is not None
    assert (small.roles, large.roles) == (["lead"], ["operations"])
    kept = [make_case(f"thing-{minor}", value_minor=minor, currency="JPY").queue for minor in (99, 100)]
    assert [queue.code if queue else None for queue in kept] == [None, "large"]
    assert QueueRule.objects.count() == 1


def test_an_unknown_cost_is_within_no_limit_of_margin_and_within_any_of_value():
    unknown = Effect("", at_stake_minor=10_00, currency="GBP", cost_unknown=True)
    margin = ResolutionRule(resolution="cancel_lines", role=Role.AGENT, most_margin_loss_minor=500_00)
    value = ResolutionRule(resolution="cancel_lines", role=Role.AGENT, most_minor=50_00)

    assert crossed_limits(margin, unknown, "GBP") == [
        "What it costs us is not known, so no limit can be held against it."
    ]
    assert crossed_limits(value, unknown, "GBP") == []
    assert crossed_limits(value, replace(unknown, at_stake_minor=0), "GBP") != []


@pytest.fixture
def three() -> ExceptionCase:
    """An order of three lines worth 45.00 each, under a limit of 50.00 for cancelling units."""
    make_policy()
    make_stock(N1={"A": 90, "B": 90, "C": 90})
    let("cancel_lines", most_minor=50_00)
    ApprovalPolicy.objects.create(kind="resolution", roles=[Role.LEAD])
    lines = [{"line_id": str(n), "sku": s, "quantity": 2, "unit_price": 45_00} for n, s in enumerate("ABC", 1)]
    order = make_order(lines=lines, risk={"level": "high"})
    work_it_off()
    ExceptionCase.objects.filter(order=order).update(type="changed_after_release")
    return case_of(order, "changed_after_release")


def cancel(case: ExceptionCase, line: str, **how: int) -> object:
    return settle(ExceptionCase.objects.get(pk=case.pk), "cancel_lines", units={line: 1}, **how)


def proposed(case: ExceptionCase, line: str) -> ApprovalRequest:
    with pytest.raises(AssertionError):
        cancel(case, line)
    return ApprovalRequest.objects.get()


def test_the_second_of_three_cancellations_of_forty_five_is_beyond_a_limit_of_fifty(three: ExceptionCase):
    cancel(three, "1")
    ExceptionCase.objects.filter(pk=three.pk).update(state="open")

    row = proposed(three, "2")

    assert row.limits == ["£45.00, with £45.00 in the last 24 hours, is over the limit of £50.00."]


def test_after_the_window_it_begins_anew_and_the_window_is_set_on_the_page(three: ExceptionCase):
    cancel(three, "1")
    ExceptionCase.objects.filter(pk=three.pk).update(state="open")
    client = Client()
    client.force_login(UserFactory(role=Role.OPERATIONS))
    client.post("/configuration/limits/window/", {"hours": "2"})
    assert "in the last 2 hours" in client.get("/configuration/limits/").content.decode()

    LimitUse.objects.update(used_at=clock.now() - timedelta(hours=3))
    cancel(three, "2")

    assert not ApprovalRequest.objects.exists()
    assert LimitWindow.objects.get().hours == 2


@pytest.mark.parametrize("hours", ["", "0", "-1", "1.5", "many", "99999"])
def test_a_window_that_is_none_is_refused(hours: str):
    client = Client()
    client.force_login(UserFactory(role=Role.OPERATIONS))

    client.post("/configuration/limits/window/", {"hours": hours})

    assert not LimitWindow.objects.exists()


def test_only_operations_set_the_window():
    client = Client()
    client.force_login(UserFactory(role=Role.LEAD))

    assert client.post("/configuration/limits/window/", {"hours": "1"}).status_code == 403
    assert not LimitWindow.objects.exists()


def test_what_was_taken_back_does_not_count(three: ExceptionCase):
    action = settle(three, "cancel_lines", units={"1": 1}, undo_s=10)
    undo_action(action.public_id, actor=agent().actor)

    cancel(three, "2")

    assert not ApprovalRequest.objects.exists()


def test_cancelling_line_by_line_counts_when_the_whole_order_is_cancelled(three: ExceptionCase):
    let("cancel_order", most_minor=250_00)
    ApprovalPolicy.objects.create(kind="cancel_after_release", roles=[Role.LEAD])
    cancel(three, "1")
    ExceptionCase.objects.filter(pk=three.pk).update(state="open")

    with pytest.raises(AssertionError):
        settle(ExceptionCase.objects.get(pk=three.pk), "cancel_order")

    assert "with £45.00 in the last 24 hours" in ApprovalRequest.objects.get().limits[0]


def test_what_costs_nothing_is_free_whatever_there_was():
    assert crossed_limits(RULE, Effect("", currency="GBP"), "GBP", Usage(900_00, 900_00)) == []


def test_where_nothing_is_at_stake_no_limit_is_crossed_and_nothing_is_looked_up(django_assert_num_queries: Any):
    rule = ResolutionRule(resolution="choose_node", role=Role.MANAGER, most_minor=0, most_margin_loss_minor=0)

    with django_assert_num_queries(0):
        for effect in (None, Effect("Free.", currency="GBP")):
            facts = Facts(ExceptionCase(type="late_risk", subject_ref="x"))
            assert judge(RESOLUTIONS["choose_node"], facts, {}, effect, HERE, rule) == Verdict()


def test_what_always_needs_another_is_decided_by_the_policy_from_nothing_while_its_amount_is_not_known():
    def of_policy_from(minor: int) -> Verdict:
        ApprovalPolicy.objects.all().delete()
        ApprovalPolicy.objects.create(kind="ship_without_payment", from_minor=minor, roles=[Role.LEAD])
        facts = Facts(ExceptionCase(type="payment_problem", subject_ref="x"))
        rule = ResolutionRule(resolution="release_hold", role=Role.MANAGER)
        return judge(RESOLUTIONS["release_hold"], facts, {"reason": "payment_problem"}, None, HERE, rule)

    assert of_policy_from(0) == Verdict(crossed=(ALWAYS,))
    assert of_policy_from(1) == Verdict()


def test_a_penny_of_margin_lost_is_beyond_a_limit_of_nothing_and_a_margin_nobody_knows_is_not():
    rule = ResolutionRule(resolution="choose_node", role=Role.MANAGER, most_margin_loss_minor=0)

    def allowed(margin: int | None) -> bool:
        facts = Facts(ExceptionCase(type="late_risk", subject_ref="x", currency="GBP"))
        effect = Effect("", cost_minor=5, margin_minor=margin)
        return judge(RESOLUTIONS["choose_node"], facts, {}, effect, HERE, rule).allowed

    assert [allowed(margin) for margin in (-1, None, 0, 1)] == [False, True, True, True]


@pytest.mark.parametrize(("of_effect", "of_case"), [("JPY", "GBP"), ("", "JPY")])
def test_who_agrees_goes_by_the_currency_of_the_effect_and_where_it_names_none_by_the_cases(
    of_effect: str, of_case: str
):
    ApprovalPolicy.objects.create(kind="node_override", from_minor=100_00, roles=[Role.LEAD])
    facts = Facts(ExceptionCase(type="late_risk", subject_ref="x", currency=of_case))
    rule = ResolutionRule(resolution="choose_node", role=Role.MANAGER, most_minor=0)

    def of(yen: int) -> bool:
        effect = Effect("", cost_minor=yen, currency=of_effect)
        return judge(RESOLUTIONS["choose_node"], facts, {}, effect, HERE, rule).allowed

    assert (of(99), of(100)) == (False, True)


def test_the_table_that_is_shipped_names_a_role_for_every_verb():
    assert {role for _, role in resolution_limits()} <= {str(role) for role in Role.values}
