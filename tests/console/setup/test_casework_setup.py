"""The configuration screens of exceptions and webhooks."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from apps.accounts.models import Role
from apps.casework.models import CaseKind, EscalationPolicyVersion, Queue, QueueRule
from apps.casework.services import ensure_casework
from apps.outbound import guard
from apps.webhooks.models import WebhookEndpoint
from tests.console.conftest import LogIn

pytestmark = pytest.mark.django_db
MODELS = (
    "casework_queue",
    "casework_casekind",
    "casework_queuerule",
    "casework_escalationpolicy",
    "casework_approvalpolicy",
)


@pytest.fixture(autouse=True)
def _set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_casework()
    monkeypatch.setattr(guard, "resolve", lambda host, port: ["93.184.215.14"] if "." in host else [])


@pytest.mark.parametrize("model", MODELS)
def test_operations_open_every_setup_screen_and_others_none(log_in: LogIn, model: str):
    operations, lead = log_in(Role.OPERATIONS), log_in(Role.LEAD)
    address = reverse(f"admin:{model}_changelist")

    assert operations.get(address).status_code == 200
    assert operations.get(f"{address}add/").status_code == 200
    assert lead.get(address).status_code == 403


def rule_form(**changes: Any) -> dict[str, Any]:
    empty = dict.fromkeys(("tiers", "least_value_minor", "most_value_minor"), "")
    plain = {"name": "VIPs", "position": "10", "active": "on", "queue": Queue.objects.all()[0].pk, "priority": "",
             "owner_rule": "nobody"}  # fmt: skip
    return {**empty, **plain, **changes}


def test_a_rule_is_made_and_a_later_one_that_is_never_reached_is_told(log_in: LogIn):
    client, address = log_in(Role.OPERATIONS), reverse("admin:casework_queuerule_add")
    client.post(address, rule_form(tiers="vip"))

    answer = client.post(address, rule_form(name="Late", position="20", tiers="vip", countries="GB"))

    assert "never reached" in answer.content.decode()
    assert [rule.tiers for rule in QueueRule.objects.all()] == [["vip"]]


def test_a_rule_for_a_kind_that_does_not_exist_is_told(log_in: LogIn):
    answer = log_in(Role.OPERATIONS).post(reverse("admin:casework_queuerule_add"), rule_form(types="no_stok"))

    assert "no_stok is not one of the available choices" in answer.content.decode()
    assert not QueueRule.objects.exists()


def test_saving_an_escalation_publishes_a_new_version_and_keeps_the_old(log_in: LogIn):
    first = EscalationPolicyVersion.objects.get(active=True)
    address = reverse("admin:casework_escalationpolicy_change", args=[first.policy_id])
    client = log_in(Role.OPERATIONS, username="olga")
    assert "30 owner" in client.get(address).content.decode()

    form = {"name": "Louder", "levels": "15 owner olga\n30 lead mail", "repeat_minutes": "60", "repeat_limit": "2"}
    inline = {"versions-TOTAL_FORMS": "0", "versions-INITIAL_FORMS": "0"}
    answer = client.post(address, {**form, **inline})

    assert answer.status_code == 302
    second = EscalationPolicyVersion.objects.get(active=True)
    assert (second.number, second.levels[1]["roles"], second.policy.name) == (first.number + 1, ["lead"], "Louder")
    first.refresh_from_db()
    assert (first.active, first.levels[0]["after_minutes"]) == (False, 30)


def test_an_escalation_that_can_not_be_read_says_where(log_in: LogIn):
    first = EscalationPolicyVersion.objects.get(active=True)
    address = reverse("admin:casework_escalationpolicy_change", args=[first.policy_id])
    inline = {"versions-TOTAL_FORMS": "0", "versions-INITIAL_FORMS": "0"}
    form = {"name": "x", "levels": "soon lead", "repeat_minutes": "0", "repeat_limit": "3", **inline}

    assert "Line 1 must begin with whole minutes" in log_in(Role.OPERATIONS).post(address, form).content.decode()
    assert EscalationPolicyVersion.objects.count() == 1


def test_a_built_in_kind_is_changed_but_not_removed_and_a_new_one_is_made(log_in: LogIn):
    client, kind = log_in(Role.OPERATIONS), CaseKind.objects.get(code="no_stock")
    assert client.post(reverse("admin:casework_casekind_delete", args=[kind.pk]), {"post": "yes"}).status_code == 403
    form = {"name": "Gift note wrong", "code": "gift_note", "severity": "low", "queue": "", "response_minutes": "10",
            "resolution_minutes": "20", "reason_codes": "typo,other", "playbook": ""}  # fmt: skip

    client.post(reverse("admin:casework_casekind_add"), form)

    made = CaseKind.objects.get(code="gift_note")
    assert (made.built_in, made.reason_codes) == (False, ["typo", "other"])


def test_an_approval_policy_nobody_could_decide_is_refused(log_in: LogIn):
    form = {"kind": "refund", "from_minor": "7", "approvers": "1", "expires_hours": "48"}

    answer = log_in(Role.OPERATIONS).post(reverse("admin:casework_approvalpolicy_add"), form)

    assert "Tick at least one role" in answer.content.decode()


def test_a_webhooks_secret_is_shown_once_and_a_new_one_can_be_made(log_in: LogIn):
    client = log_in(Role.OPERATIONS)
    form = {"name": "ERP", "url": "https://erp.example/", "events": ["case.*"], "active": "on"}
    shown = client.post(reverse("admin:webhooks_webhookendpoint_add"), form)
    row = WebhookEndpoint.objects.get()

    assert row.secret in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    change = reverse("admin:webhooks_webhookendpoint_change", args=[row.pk])
    assert row.secret not in client.get(change).content.decode()
    fresh = client.post(reverse("admin:webhooks_webhookendpoint_rotate", args=[row.pk]))
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", fresh.content.decode())[0]  # type: ignore[index]
    assert (WebhookEndpoint.objects.get().secret, WebhookEndpoint.objects.get().previous_secret) == (secret, row.secret)


def test_bad_input_30_a_webhook_into_our_own_network_is_refused_on_the_screen(log_in: LogIn):
    form = {"name": "x", "url": "https://intranet/", "events": [], "active": "on"}

    answer = log_in(Role.OPERATIONS).post(reverse("admin:webhooks_webhookendpoint_add"), form)

    assert "can&#x27;t be called" in answer.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_webhooks_are_not_everybodys(log_in: LogIn):
    assert log_in(Role.AGENT).get(reverse("admin:webhooks_webhookendpoint_changelist")).status_code == 403
    assert log_in(Role.OPERATIONS).get(reverse("admin:webhooks_delivery_changelist")).status_code == 200
