"""Which rule decides, what a policy is refused for, and what publishing one does to the clocks that run."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from apps.core.actor import SYSTEM
from apps.core.errors import StaleVersion
from apps.sla.arithmetic import BusinessHours
from apps.sla.errors import SlaPolicyInvalid
from apps.sla.linting import Known, lint
from apps.sla.models import SlaCalendar, SlaPolicyVersion
from apps.sla.rules import ALWAYS, Policy, Rule, Rulebook, Subject, Watch, read_policy
from apps.sla.services import DEFAULT_POLICY, ensure_sla, publish_draft, publish_sla_policy, save_draft, start_draft
from tests.driving import work_it_off
from tests.factories import NodeFactory
from tests.sla.timing import fire, hold_policy, in_minutes, released_order, timer_of, told

START = datetime(2026, 11, 20, 12, tzinfo=UTC)


def book(*rules: Rule) -> Rulebook:
    return Rulebook(Policy(rules), lambda calendar, subject: ALWAYS)


def test_the_first_rule_that_fits_and_has_an_answer_decides():
    rules = book(
        Rule("ship", "express", service_levels=("express",), minutes=60),
        Rule("ship", "ship-by", by="ship_by", minutes=30),
        Rule("ship", "rest", minutes=600),
    )

    assert rules.deadline("ship", Subject(service_level="express"), START).rule == 0
    promised = rules.deadline("ship", Subject(ship_by=START + timedelta(hours=3)), START)
    assert (promised.rule, promised.due_at) == (1, START + timedelta(hours=2, minutes=30))
    assert rules.deadline("ship", Subject(), START).rule == 2


def test_a_shipping_method_is_known_by_a_part_of_its_name_and_codes_in_any_case():
    rules = book(Rule("ship", shipping_methods=("tracked 24",), tiers=("Gold",)), Rule("ship", by="none"))

    assert rules.deadline("ship", Subject(shipping_method="Royal Tracked 24 (signed)", tier="gold"), START)
    assert rules.deadline("ship", Subject(shipping_method="Royal Tracked 48", tier="gold"), START) is None


def test_a_cutoff_that_has_passed_means_the_next_working_day():
    monday_to_friday = BusinessHours("Europe/London", (((0, 1440),),) * 5 + ((), ()))
    rules = Rulebook(Policy((Rule("ship", by="cutoff", minutes=30),)), lambda calendar, subject: monday_to_friday)
    subject = Subject(cutoff=time(14))

    assert rules.deadline("ship", subject, START).due_at == datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    late = rules.deadline("ship", subject, datetime(2026, 11, 20, 14, 1, tzinfo=UTC))
    assert late.due_at == datetime(2026, 11, 23, 14, 30, tzinfo=UTC)


def test_a_warning_comes_at_its_share_of_the_time():
    deadline = book(Rule("pack", minutes=100, warn_percent=75)).deadline("pack", Subject(), START)

    assert deadline.warn_at == START + timedelta(minutes=75)


def test_a_policy_survives_being_written_down_and_read_again():
    assert read_policy(DEFAULT_POLICY.to_json()) == DEFAULT_POLICY


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ((Rule("ship", minutes=60), Rule("ship", "b", nodes=("leeds",))), "never reached"),
        ((Rule("ship", nodes=("leeds",)),), "last rule for everything else"),
        ((Rule("delivery", by="promise"),), "last rule for everything else"),
        ((Rule("routing", by="cutoff"), Rule("routing")), "can't be due"),
        ((Rule("pack", minutes=0),), "0 minutes"),
        ((Rule("pack", warn_percent=100),), "1 to 99"),
        ((Rule("pack", calendar="moon"),), "no calendar “moon”"),
        ((Rule("pack", nodes=("atlantis",)), Rule("pack")), "no location “atlantis”"),
        ((Rule("delivery", by="promise", pause=("hold",)), Rule("delivery", by="none")), "can't pause"),
        ((Rule("response", nodes=("leeds",)), Rule("response")), "would never fit"),
        ((Rule("lunch"),), "no stage “lunch”"),
        ((Rule("response", calendar="node"),), "before a location has the order"),
        ((Rule("routing", calendar="node"),), "before a location has the order"),
        ((Rule("delivery", calendar="node"),), "before a location has the order"),
        ((Rule("pack", calendar="team"),), "waits in no queue"),
        ((Rule("approval", calendar="team"),), "waits in no queue"),
        ((Rule("pack", case_breached="nonsense"),), "no type of case"),
    ],
)
def test_flaws_are_told_in_words(rules, said):
    known = Known(nodes=frozenset({"leeds"}), case_kinds=frozenset({"late_risk"}))

    assert any(said in flaw.sentence for flaw in lint(Policy(rules), known))


@pytest.mark.parametrize(
    "content",
    [{"rules": [{"stage": 1}]}, {"rules": "x"}, {"rules": [{"stage": "pack", "colour": "red"}]}, {"else": 1}, []],
)
def test_content_of_another_shape_is_one_flaw_and_no_crash(content):
    assert len(lint(content, Known())) == 1


def test_watches_without_their_number_are_flaws():
    flaws = lint(Policy((), (Watch("backlog"), Watch("cutoff"), Watch("aging", state="x"), Watch("moon"))), Known())

    assert len(flaws) == 4


@pytest.mark.django_db
def test_a_default_policy_without_a_flaw_holds_from_the_start_and_is_left_alone():
    version = ensure_sla()

    assert ensure_sla().pk == version.pk
    assert SlaPolicyVersion.objects.count() == 1


@pytest.mark.django_db
def test_a_flawed_policy_is_refused_and_the_one_that_holds_stays():
    version = ensure_sla()

    with pytest.raises(SlaPolicyInvalid) as refused:
        publish_sla_policy({"rules": [{"stage": "pack", "minutes": 0}]}, retime=False, actor=SYSTEM)

    assert refused.value.details["errors"][0]["pointer"] == "/rules/0/minutes"
    assert SlaPolicyVersion.objects.get(state="active").pk == version.pk


@pytest.mark.django_db
def test_of_two_people_at_one_draft_the_second_is_told():
    ensure_sla()
    draft = start_draft(actor=SYSTEM)
    save_draft(Policy(), expected_revision=draft.revision, actor=SYSTEM)

    with pytest.raises(StaleVersion):
        save_draft(Policy(), expected_revision=draft.revision, actor=SYSTEM)


@pytest.mark.django_db
def test_a_new_policy_leaves_running_clocks_alone_unless_it_says_otherwise():
    hold_policy(Rule("ship", minutes=240))
    released_order()
    due = timer_of("ship").due_at

    hold_policy(Rule("ship", minutes=60))
    work_it_off()
    assert timer_of("ship").due_at == due

    version = hold_policy(Rule("ship", minutes=90), retime=True)
    work_it_off()
    timer = timer_of("ship")
    assert (timer.due_at, timer.policy_id) == (timer.started_at + timedelta(minutes=90), version.pk)


@pytest.mark.django_db
def test_a_clock_the_new_policy_knows_nothing_of_is_void_when_timed_anew():
    hold_policy(Rule("ship", minutes=240))
    released_order()

    hold_policy(Rule("pack", minutes=60), retime=True)
    work_it_off()
    fire(in_minutes(9999))

    assert (timer_of("ship").state, told("sla.breached")) == ("void", [])


@pytest.mark.django_db
def test_a_shorter_time_makes_what_is_over_it_late_at_once_and_only_once():
    hold_policy(Rule("ship", minutes=240))
    released_order()
    fire(in_minutes(100))

    hold_policy(Rule("ship", minutes=60), retime=True)
    work_it_off()
    for minutes in (100, 101, 300):
        fire(in_minutes(minutes))

    assert len(told("sla.breached")) == 1


@pytest.mark.django_db
def test_a_node_with_hours_of_its_own_counts_only_those():
    node = NodeFactory(code="leeds", time_zone="Europe/London")
    calendar = SlaCalendar.objects.create(
        code="leeds-hours", name="Leeds", holiday_country="GB", holiday_subdivision="ENG"
    )
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday"):
        setattr(calendar, day, "09:00-17:00")
    calendar.save()
    calendar.nodes.add(node)
    hold_policy(Rule("pick_start", minutes=60, calendar="node"))
    released_order()

    local = BusinessHours("Europe/London").local(timer_of("pick_start").due_at)
    assert local.weekday() < 5
    assert time(9) < local.time() <= time(17)


@pytest.mark.django_db
def test_publishing_the_draft_makes_it_hold_and_ends_it():
    ensure_sla()
    start_draft(actor=SYSTEM)
    save_draft(Policy((Rule("pack", minutes=5),)), actor=SYSTEM)

    version = publish_draft(retime=False, note="shorter", actor=SYSTEM)

    assert (version.state, version.number) == ("active", 2)
    assert SlaPolicyVersion.objects.filter(state="retired").count() == 1


@pytest.mark.django_db
def test_a_policy_published_past_a_draft_leaves_the_draft_alone_and_numbers_follow_time():
    ensure_sla()
    start_draft(actor=SYSTEM)

    past = publish_sla_policy(Policy((Rule("pack"),)).to_json(), retime=False, actor=SYSTEM)
    assert SlaPolicyVersion.objects.filter(state="draft").count() == 1

    version = publish_draft(retime=False, actor=SYSTEM)
    assert version.number > past.number
    assert SlaPolicyVersion.objects.get(state="active").pk == version.pk
