"""A channel contract's mapping is shown and published from the command line."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.channels.models import ContractVersion

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    said = StringIO()
    call_command("publish_contract", *arguments, stdout=said)
    return said.getvalue()


def test_what_is_shown_changed_and_published_is_the_next_version(tmp_path: Path) -> None:
    document = json.loads(run("--show", "shopify.order"))
    document["tables"]["payment_state"]["on_account"] = "authorized"
    file = tmp_path / "shopify.json"
    file.write_text(json.dumps(document))

    assert "shopify.order: version 2 is active." in run(str(file))

    active = ContractVersion.objects.get(contract="shopify.order", active=True)
    assert active.document["tables"]["payment_state"]["on_account"] == "authorized"


def test_a_document_with_a_mistake_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    document = json.loads(run("--show", "shopify.order"))
    document["fields"] = "none"
    file = tmp_path / "shopify.json"
    file.write_text(json.dumps(document))

    with pytest.raises(CommandError):
        run(str(file))

    assert ContractVersion.objects.filter(contract="shopify.order").count() == 1


def test_a_contract_that_does_not_exist_is_answered_with_those_that_do() -> None:
    with pytest.raises(CommandError, match=r"shopify\.order"):
        run("--show", "nonsense")
