"""A channel contract's mapping is shown and published from the command line."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.caller import caller_of_user
from apps.accounts.models import Role
from apps.casework.approvals.deciding import decide_approval
from apps.casework.models import ApprovalPolicy, ApprovalRequest
from apps.casework.services import ensure_casework
from apps.channels.models import ContractVersion
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    said = StringIO()
    call_command("publish_contract", *arguments, stdout=said)
    return said.getvalue()


def test_what_is_shown_and_changed_is_proposed_and_published_once_somebody_agrees(tmp_path: Path) -> None:
    ensure_casework()
    document = json.loads(run("--show", "shopify.order"))
    document["tables"]["payment_state"]["on_account"] = "authorized"
    file = tmp_path / "shopify.json"
    file.write_text(json.dumps(document))

    assert "it is published once somebody has agreed" in run(str(file), "--reason", "On account is new")
    assert ContractVersion.objects.get(contract="shopify.order", active=True).number == 1
    user = UserFactory(role=Role.OPERATIONS)
    decide_approval(ApprovalRequest.objects.get().public_id, approve=True, user=user, caller=caller_of_user(user))

    active = ContractVersion.objects.get(contract="shopify.order", active=True)
    assert active.document["tables"]["payment_state"]["on_account"] == "authorized"
    assert active.reason == "On account is new"


def test_where_the_policy_asks_nobody_it_is_published_and_rolled_back_at_once(tmp_path: Path) -> None:
    ensure_casework()
    ApprovalPolicy.objects.filter(kind="mapping").update(automatic=True)
    document = json.loads(run("--show", "shopify.order"))
    file = tmp_path / "shopify.json"
    file.write_text(json.dumps({**document, "title": "Ours"}))

    assert "shopify.order: version 2 is active." in run(str(file), "--reason", "Our name for it")
    assert "shopify.order: version 3 is active." in run("--roll-back", "shopify.order", "1", "--reason", "A mistake")

    assert ContractVersion.objects.get(contract="shopify.order", active=True).restores == 1


def test_without_a_reason_nothing_is_proposed(tmp_path: Path) -> None:
    ensure_casework()
    file = tmp_path / "shopify.json"
    file.write_text(run("--show", "shopify.order"))

    with pytest.raises(CommandError, match="Say why"):
        run(str(file))

    assert not ApprovalRequest.objects.exists()


def test_a_document_with_a_mistake_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    document = json.loads(run("--show", "shopify.order"))
    document["fields"] = "none"
    file = tmp_path / "shopify.json"
    file.write_text(json.dumps(document))

    with pytest.raises(CommandError):
        run(str(file), "--reason", "None")

    assert ContractVersion.objects.filter(contract="shopify.order").count() == 1


def test_a_contract_that_does_not_exist_is_answered_with_those_that_do() -> None:
    with pytest.raises(CommandError, match=r"shopify\.order"):
        run("--show", "nonsense")
