"""What casework starts with, and that it never comes back where operations took it away."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from apps.accounts.models import Role
from apps.accounts.permissions import SCOPES
from apps.casework.models import ApprovalPolicy, CaseKind, EscalationPolicyVersion, ExceptionCase, Queue, ResolutionRule
from apps.casework.services import ensure_casework
from apps.casework.states import CaseType
from tests.casework.cases import make_case

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _set_up() -> None:
    call_command("setup_casework", verbosity=0)


def test_every_type_has_a_kind_with_a_queue_a_playbook_and_reasons() -> None:
    kinds = {kind.code: kind for kind in CaseKind.objects.select_related("queue")}

    assert set(CaseType.values) <= kinds.keys()
    longest = ExceptionCase._meta.get_field("reason_code").max_length
    for kind in kinds.values():
        assert kind.queue is not None
        assert kind.queue.escalation is not None
        assert "\n\n" in kind.playbook
        assert len(kind.reason_codes) >= 4
        assert max(map(len, kind.reason_codes)) <= longest
        assert 0 < kind.response_minutes < kind.resolution_minutes


def test_a_new_case_finds_its_queue_and_will_ring() -> None:
    case = make_case(type="outcome_unknown")

    assert (case.queue.code if case.queue else "", case.severity, case.priority) == ("partners", "critical", 1)
    assert case.next_escalation_at is not None


def test_doing_it_again_changes_nothing() -> None:
    before = _counts()

    ensure_casework()

    assert _counts() == before


def _counts() -> list[int]:
    models = (Queue, CaseKind, ResolutionRule, ApprovalPolicy, EscalationPolicyVersion)
    return [model.objects.count() for model in models]


def test_what_operations_changed_or_took_away_stays_so() -> None:
    CaseKind.objects.filter(code="no_stock").update(playbook="Ours.", queue=None)
    ResolutionRule.objects.get(resolution="cancel_order", role=Role.AGENT).delete()
    ApprovalPolicy.objects.get(kind="refund", from_minor=0).delete()
    Queue.objects.get(code="system").kinds.update(queue=None)
    Queue.objects.get(code="system").delete()

    ensure_casework()

    assert CaseKind.objects.get(code="no_stock").playbook == "Ours."
    assert not ResolutionRule.objects.filter(resolution="cancel_order", role=Role.AGENT).exists()
    assert not ApprovalPolicy.objects.filter(kind="refund", from_minor=0).exists()
    assert not Queue.objects.filter(code="system").exists()


def test_an_agents_limits_are_the_smallest() -> None:
    for rule in ResolutionRule.objects.filter(role=Role.AGENT, most_minor__isnull=False):
        others = ResolutionRule.objects.filter(resolution=rule.resolution).exclude(role=Role.AGENT)
        assert all(other.most_minor is None or other.most_minor > rule.most_minor for other in others), rule


def test_a_store_manager_substitutes_only_at_the_own_store_and_within_a_limit() -> None:
    rule = ResolutionRule.objects.get(resolution="substitute", role=Role.MANAGER)

    assert rule.own_nodes_only
    assert rule.most_minor is not None


def test_a_lead_may_approve_a_replacement_and_whoever_decides_may_decide_at_all() -> None:
    assert Role.LEAD in ApprovalPolicy.objects.get(kind="substitution", from_minor=0).roles
    for policy in ApprovalPolicy.objects.all():
        assert all("approvals:decide" in SCOPES[role] for role in policy.roles), policy
