"""Mending a contract, and reading again what was not understood."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.errors import ContractInvalid, MessageNotFound, MessageNotReplayable
from apps.channels.framework.contracts import shipped, shipped_contract
from apps.channels.models import ContractVersion, InboxMessage
from apps.channels.services.contracts import active_documents, ensure_contracts, publish_contract
from apps.channels.services.replay import replay_message
from apps.channels.verdict_reasons import NEW_ORDER
from tests.channels.sending import send_shopify, shopify_order, the_order, verdicts
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_stock(N1={"A": 100})
    ChannelFactory(shopify=True)


def shopify_document(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(shipped_contract("shopify.order").raw) | changes


def with_time_from(path: str) -> dict[str, Any]:
    document = shopify_document()
    next(row for row in document["fields"] if row["target"] == "placed_at")["source"] = [path]
    return document


def test_shipped_contracts_are_written_down_once():
    assert ensure_contracts() == len(shipped())
    assert ensure_contracts() == 0

    versions = ContractVersion.objects.all()
    assert {(version.number, version.active, version.created_by) for version in versions} == {
        (1, True, "system:orderyard")
    }


def test_without_any_in_the_table_the_shipped_contracts_count():
    assert {document.contract for document in active_documents()} == {document.contract for document in shipped()}


def test_publishing_makes_a_new_active_version_and_leaves_the_old_one_as_it_was():
    first = publish_contract(with_time_from("processed_at"), reason="It reads better", actor=AGENT)
    second = publish_contract(with_time_from("created_at"), reason="It reads better", actor=AGENT)

    assert (first.number, second.number) == (2, 3)
    rows = ContractVersion.objects.filter(contract="shopify.order").order_by("number")
    assert list(rows.values_list("number", "active")) == [(1, False), (2, False), (3, True)]
    assert rows[0].document == shopify_document()
    assert rows[2].document["version"] == 3
    assert rows[1].history.count() == 2
    assert [one.version for one in active_documents() if one.contract == "shopify.order"] == [3]


def test_a_document_with_mistakes_is_refused_with_all_of_them():
    document = shopify_document()
    document["fields"][0]["transforms"] = [{"name": "no_such_step"}]
    document["fields"][1]["when_missing"] = "hold:because"

    with pytest.raises(ContractInvalid) as refused:
        publish_contract(document, reason="It reads better", actor=AGENT)

    assert [problem["where"] for problem in refused.value.details["problems"]] == [
        "fields[0] external_id",
        "fields external_number",
    ]
    assert not ContractVersion.objects.exists()


def test_a_quarantined_message_becomes_an_order_once_the_contract_is_mended(client: Client):
    publish_contract(with_time_from("bought_at"), reason="It reads better", actor=AGENT)
    send_shopify(client, shopify_order())
    work_it_off()
    message = InboxMessage.objects.get()
    assert message.verdict == "quarantined"

    replay_message(message.public_id, actor=AGENT)
    work_it_off()
    assert ExceptionCase.objects.get().occurrences == 2

    publish_contract(shopify_document(), reason="It reads better", actor=AGENT)
    replay_message(message.public_id, actor=AGENT)
    work_it_off()

    assert verdicts() == [("accepted", NEW_ORDER)]
    assert the_order().state == "released"
    assert ExceptionCase.objects.get().state == "resolved"
    assert InboxMessage.objects.get().problems == []


def test_a_settled_message_is_not_read_again(client: Client):
    send_shopify(client, shopify_order())
    work_it_off()

    with pytest.raises(MessageNotReplayable):
        replay_message(InboxMessage.objects.get().public_id, actor=AGENT)
    with pytest.raises(MessageNotFound):
        replay_message("msg_none", actor=AGENT)


def test_a_contract_whose_document_no_longer_passes_stops_only_its_own_messages(client: Client):
    ensure_contracts()
    ContractVersion.objects.filter(contract="woocommerce.order").update(document={"contract": "woocommerce.order"})
    send_shopify(client, shopify_order())
    work_it_off()

    assert verdicts() == [("accepted", NEW_ORDER)]
