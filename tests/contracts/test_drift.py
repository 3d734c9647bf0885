"""Where messages differ from their contract, or from what they were, is found, said once, and closed or accepted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role
from apps.channels.models import Channel, ContractVersion, InboxMessage
from apps.channels.services.contracts import ensure_contracts, publish_contract
from apps.contracts.models import ContractDrift, MessageShape
from apps.contracts.services.drifting import compare_all
from apps.core.models import Event
from apps.notifications.models import StaffNotice
from tests.api.front_door import Door
from tests.channels.sending import shopify_order
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, UserFactory, make_key

pytestmark = pytest.mark.django_db
SECRETS = ("canary", "Pat", "@")


@pytest.fixture
def shop(db: None) -> Channel:
    """Thirty messages have come, all alike."""
    ensure_contracts()
    channel: Channel = ChannelFactory(shopify=True)
    for number in range(30):
        came(channel, number)
    compare_all()
    assert not ContractDrift.objects.exists()
    return channel


def came(channel: Channel, number: int, *, without: str = "", **changes: Any) -> InboxMessage:
    body = shopify_order(number, **changes)
    body.pop(without, None)
    return InboxMessage.objects.create(
        channel=channel, topic="orders/create", external_id=str(number), dedupe_key=f"k{number}", body=json.dumps(body).encode()
    )  # fmt: skip


def found() -> list[tuple[str, str, str, str]]:
    return sorted(ContractDrift.objects.values_list("kind", "path", "word", "state"))


def test_a_word_the_contract_does_not_know_is_found_with_those_it_knows_and_the_first_message(shop: Channel):
    first = came(shop, 31, financial_status="on_account")
    came(shop, 32, financial_status="on_account")

    compare_all()

    row = ContractDrift.objects.get()
    assert (row.kind, row.path, row.word) == ("unknown_word", "financial_status", "on_account")
    assert (row.first_message_id, row.count, row.number) == (first.pk, 2, 1)
    assert "authorized" in row.before


def test_a_field_that_nearly_all_had_is_found_once_it_is_missing_in_several_and_not_in_one(shop: Channel):
    gone = came(shop, 31, without="updated_at")
    compare_all()
    assert found() == []

    came(shop, 32, without="updated_at")
    came(shop, 33, without="updated_at")
    compare_all()

    assert found() == [("vanished", "updated_at", "", "open")]
    row = ContractDrift.objects.get()
    assert (row.first_message_id, row.before) == (gone.pk, "30/30")


def test_a_field_by_which_orders_are_known_is_found_although_no_message_is_recognized_any_more(shop: Channel):
    for number in (31, 32, 33):
        came(shop, number, without="financial_status")

    compare_all()

    assert found() == [("vanished", "financial_status", "", "open")]


def test_a_new_field_is_found_and_none_while_it_is_not_known_what_messages_look_like(shop: Channel):
    came(shop, 31, delivery_promise={"by": "2026-12-01"})

    compare_all()

    assert found() == [("appeared", "delivery_promise", "", "open")]


@pytest.mark.parametrize(
    ("path", "value", "was", "now", "words"),
    [
        ("updated_at", {"date": "2026-12-01"}, "string", "object", ("a text", "an object with fields of its own")),
        ("confirmation", [1, 2], "number", "array", ("a number", "a list")),
        ("shipping_address", "1 High Street", "object", "string", ("an object with fields of its own", "a text")),
    ],
)
def test_a_field_whose_type_changes_is_found_at_once_and_both_are_said_in_words(
    path: str, value: Any, was: str, now: str, words: tuple[str, str]
):
    ensure_contracts()
    shop: Channel = ChannelFactory(shopify=True)
    for number in range(30):
        came(shop, number, confirmation=number or None)
    compare_all()
    first = came(shop, 31, **{path: value})
    compare_all()
    came(shop, 32, **{path: value})
    compare_all()

    row = ContractDrift.objects.get()
    assert (row.kind, row.path, row.before, row.word, row.count) == ("retyped", path, was, now, 2)
    assert (row.first_message_id, row.state) == (first.pk, "open")
    client = Client()
    client.force_login(UserFactory(role=Role.OPERATIONS))
    page = client.get(reverse("console:drift"), {"kind": "retyped"}).content.decode()
    assert "Type changed" in page
    assert f"{words[0]}</span> → <ins>{words[1]}</ins>" in page
    assert reverse("console:inbox_message", args=[first.public_id]) in page
    said = Door(make_key(role=Role.OPERATIONS)).get("contract-drift?kind=retyped").data["items"]
    assert [(one["before"], one["now"]) for one in said] == [(was, now)]
    came(shop, 33, confirmation=33)
    compare_all()
    assert found() == [("retyped", path, now, "mended")]


def test_a_field_that_is_null_empty_or_was_of_several_types_all_along_has_not_changed(shop: Channel):
    for number in range(31, 61):
        came(shop, number, reference=str(number) if number % 2 else number, fees=[{"cents": 1}])
    compare_all()
    ContractDrift.objects.all().delete()
    came(shop, 61, reference={"of": "x"}, fees={}, updated_at=None)
    compare_all()

    assert found() == []


def test_what_stands_in_a_message_is_never_copied_but_words_of_fields_that_take_only_known_ones(shop: Channel):
    came(shop, 31, financial_status="pat@canary.test", note="canary", extra={"canary@example.org": 1, "0123456": 2})
    came(shop, 32, financial_status="4929123412341234", customer={"email": "canary@example.org"})

    compare_all()

    kept = json.dumps(list(ContractDrift.objects.values("path", "word", "before")))
    kept += json.dumps(list(MessageShape.objects.values("paths"))) + json.dumps(list(Event.objects.values("data")))
    assert {row.word for row in ContractDrift.objects.filter(kind="unknown_word")} == {"(not a word)"}
    assert [secret for secret in (*SECRETS, "4929", "0123456") if secret in kept] == []


def test_it_is_said_once_and_operations_is_told_once(shop: Channel):
    UserFactory(role=Role.OPERATIONS)
    came(shop, 31, financial_status="on_account")
    compare_all()
    came(shop, 32, financial_status="on_account")
    compare_all()
    compare_all()
    work_it_off()

    event = Event.objects.get(name="contract.drifted")
    assert (event.data["channel"], event.data["paths"], event.data["found"]) == (shop.code, ["financial_status"], 1)
    notices = StaffNotice.objects.filter(link__startswith="/channels/drift/")
    assert notices.count() == 1
    assert ContractDrift.objects.get().count == 2


def test_it_is_closed_by_itself_once_the_contract_knows_the_word_or_the_field_is_there_again(shop: Channel):
    came(shop, 31, financial_status="on_account", without="updated_at")
    came(shop, 32, without="updated_at")
    came(shop, 33, without="updated_at")
    compare_all()
    document = ContractVersion.objects.get(contract="shopify.order").document
    document["tables"]["payment_state"]["on_account"] = "authorized"
    publish_contract(document, reason="On account is new", actor=AGENT)
    came(shop, 34)
    compare_all()

    assert [state for *_rest, state in found()] == ["mended", "mended"]
    for number in (35, 36, 37):
        came(shop, number, without="updated_at")
    compare_all()
    assert [state for *_rest, state in found()] == ["mended", "open"]


def by_page(row: ContractDrift, reason: str, **who: Any) -> int:
    client = Client()
    client.force_login(UserFactory(role=Role.OPERATIONS, **who))
    return client.post(reverse("console:drift_accept", args=[row.public_id]), {"reason": reason}).status_code


def by_api(row: ContractDrift, reason: str, **who: Any) -> int:
    status: int = Door(make_key(role=Role.OPERATIONS, **who)).post(
        f"contract-drift/{row.public_id}/accept", {"reason": reason}
    ).status_code  # fmt: skip
    return status


@pytest.mark.parametrize("door", [by_page, by_api])
def test_through_every_door_it_is_accepted_with_a_reason_and_asked_about_no_more(shop: Channel, door: Any):
    came(shop, 31, financial_status="on_account")
    compare_all()
    row = ContractDrift.objects.get()

    door(row, "  ")
    assert door(row, "We know", nodes=["york"]) == 403
    assert found()[0][-1] == "open"
    assert door(row, "Accounts pay monthly") in (200, 302)
    came(shop, 32, financial_status="on_account")
    compare_all()

    row.refresh_from_db()
    assert (row.state, row.reason, row.count) == ("accepted", "Accounts pay monthly", 2)
    assert Event.objects.filter(name="contract.drift_accepted").count() == 1
    assert Event.objects.filter(name="contract.drifted").count() == 1


def test_the_list_and_the_channels_page_lead_from_the_difference_to_the_message_and_its_mapping(shop: Channel):
    message = came(shop, 31, financial_status="on_account")
    compare_all()
    client = Client()
    client.force_login(UserFactory(role=Role.OPERATIONS))

    page = client.get(reverse("console:drift")).content.decode()
    channel = client.get(reverse("console:channel", args=[shop.code])).content.decode()

    assert reverse("console:inbox_message", args=[message.public_id]) in page
    assert reverse("console:inbox_mapping", args=[message.public_id]) in page
    assert "on_account" in page
    assert "1 difference from the contract" in channel
    assert "Nothing differs" in client.get(reverse("console:drift"), {"state": "accepted"}).content.decode()
    message.delete()
    assert client.get(reverse("console:drift")).status_code == 200


def test_what_is_not_json_and_what_is_no_order_changes_nothing(shop: Channel):
    for number, body in enumerate([b"{", b"[]", b"null", b'{"id": 1}', b"\xff", b"[" * 3000]):
        InboxMessage.objects.create(channel=shop, topic="orders/create", dedupe_key=f"x{number}", body=body)

    compare_all()

    assert found() == []
