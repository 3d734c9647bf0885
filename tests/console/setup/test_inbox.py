"""The page of a message that was not understood leads to its case and its contract, and says what to do."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role
from apps.casework.models import ExceptionCase
from apps.casework.services import ensure_casework
from apps.channels.models import ContractVersion, InboxMessage
from apps.channels.services.contracts import ensure_contracts
from tests.channels.sending import send_shopify, shopify_order
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import ChannelFactory, make_policy

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def message(client: Client) -> InboxMessage:
    make_policy()
    ensure_casework()
    ensure_contracts()
    ChannelFactory(shopify=True)
    send_shopify(client, shopify_order(created_at="yesterday"))
    work_it_off()
    return InboxMessage.objects.get(verdict="quarantined")


def shown(log_in: LogIn, message: InboxMessage, role: str = Role.OPERATIONS) -> str:
    return log_in(role).get(reverse("console:inbox_message", args=[message.public_id])).content.decode()


def test_it_links_to_its_case_and_its_contract(log_in: LogIn, message: InboxMessage):
    text = shown(log_in, message)

    assert reverse("console:case", args=[ExceptionCase.objects.get().public_id]) in text
    contract = ContractVersion.objects.get(contract="shopify.order")
    assert reverse("console:contract", args=[contract.pk]) in text
    assert ContractVersion.objects.get(contract="woocommerce.order").contract not in text


def test_it_says_what_to_do_field_by_field_and_in_all(log_in: LogIn, message: InboxMessage):
    text = shown(log_in, message)

    assert message.problems[0]["what_to_do"] in text
    assert "Change the mapping and read the message again" in text


def test_a_german_reads_what_is_wrong_and_what_to_do_in_german_there_and_in_the_case(
    log_in: LogIn, message: InboxMessage
):
    browser = log_in(Role.OPERATIONS, language="de")
    case = ExceptionCase.objects.get()
    addresses = [
        reverse("console:inbox_message", args=[message.public_id]),
        reverse("console:case", args=[case.public_id]),
        reverse("console:quarantine"),
        reverse("console:cases"),
    ]

    pages = [browser.get(address).content.decode() for address in addresses]

    assert "ist kein Zeitpunkt (Datum und Uhrzeit)" in pages[0]
    assert "Berichtigen Sie das Datum an der Quelle" in pages[0]
    assert "wurde nicht verstanden: created_at: ist kein Zeitpunkt" in pages[1]
    assert [address for address, page in zip(addresses, pages, strict=True) if "is not a date" in page] == []
