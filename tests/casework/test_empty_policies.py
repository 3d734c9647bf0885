"""A policy that says nothing is refused wherever it could be made, with what is missing, and the one that holds stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from apps.accounts.models import Role
from apps.accounts.permissions import SCOPES
from apps.casework.models import ApprovalPolicy
from apps.routing.errors import PolicyInvalid
from apps.routing.models import RoutingPolicyVersion
from apps.routing.services import publish_policy
from apps.sla.models import SlaPolicyVersion
from tests.api.front_door import Door
from tests.console.conftest import LogIn, _quick_passwords, log_in
from tests.factories import AGENT, make_key

__all__ = ["_quick_passwords", "log_in"]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("content", [{}, {"rules": []}, {"rules": [], "watches": []}])
def test_an_sla_policy_without_a_rule_is_not_published_by_the_api(content: dict[str, Any]):
    before = SlaPolicyVersion.objects.count()

    answer = Door(make_key()).post("sla/policies", {"content": content, "retime": False})

    assert answer.status_code == 422
    assert "no rule" in str(answer.data)
    assert SlaPolicyVersion.objects.count() == before


def test_nor_from_its_page(log_in: LogIn):
    client = log_in(Role.OPERATIONS)
    client.post(reverse("console:sla_draft_start"))
    SlaPolicyVersion.objects.filter(state="draft").update(content={"rules": [], "watches": []})
    revision = SlaPolicyVersion.objects.get(state="draft").revision

    answer = client.post(
        reverse("console:sla_draft_publish"), {"revision": str(revision), "running": "keep"}, follow=True
    )

    assert "no rule" in answer.content.decode()
    assert SlaPolicyVersion.objects.filter(state="draft").exists()


@pytest.mark.parametrize("content", [{}, {"criteria": []}])
def test_a_routing_policy_that_compares_nothing_is_not_published(content: dict[str, Any]):
    with pytest.raises(PolicyInvalid):
        publish_policy(channel="", content=content, actor=AGENT)

    assert not RoutingPolicyVersion.objects.exists()


def deciding() -> list[str]:
    return [role for role in Role.values if "approvals:decide" in SCOPES[role]]


@pytest.mark.parametrize("roles", [[], *[[role] for role in Role.values if role not in deciding()], ["lead", "agent"]])
def test_an_approval_policy_that_nobody_could_decide_by_is_not_saved(log_in: LogIn, roles: list[str]):
    fields = {"kind": "resolution", "from_minor": "0.00", "roles": roles, "approvers": "1", "expires_hours": "48"}

    answer = log_in(Role.OPERATIONS).post(reverse("admin:casework_approvalpolicy_add"), fields)

    assert answer.status_code == 200
    assert "Tick at least one role" in answer.content.decode() or "may not decide" in answer.content.decode()
    assert not ApprovalPolicy.objects.exists()


def test_one_that_somebody_can_decide_by_is_saved(log_in: LogIn):
    fields = {"kind": "resolution", "from_minor": "0.00", "roles": deciding(), "approvers": "1", "expires_hours": "48"}

    log_in(Role.OPERATIONS).post(reverse("admin:casework_approvalpolicy_add"), fields)

    assert ApprovalPolicy.objects.get().roles == deciding()


def test_the_database_takes_none_without_deciders_either():
    with pytest.raises(IntegrityError), transaction.atomic():
        ApprovalPolicy.objects.create(kind="resolution", roles=[])

    ApprovalPolicy.objects.create(kind="resolution", roles=[], automatic=True)
