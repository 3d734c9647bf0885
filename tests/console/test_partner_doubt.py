"""A fulfillment order of which nobody knows whether the partner has it: somebody calls them, and says so on its page."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.accounts.models import Role
from apps.casework.models import ExceptionCase
from apps.core.actor import SYSTEM
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import note_outcome_unknown
from apps.orchestration.models import StepRun
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import NodeFactory, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def doubtful() -> FulfillmentOrder:
    make_policy()
    NodeFactory(code="P1", name="Acme", partner=True)
    make_stock(P1={"A": 5})
    order = make_order()
    work_it_off(partners=False)
    row = FulfillmentOrder.objects.get(order=order)
    note_outcome_unknown(row.pk, actor=SYSTEM)
    work_it_off(partners=False)
    return row


def submissions(row: FulfillmentOrder) -> int:
    return StepRun.objects.filter(step="submit_to_partner", subject_id=row.pk).count()


def test_they_have_it_is_noted_with_their_number_and_closes_the_case(log_in: LogIn, doubtful: FulfillmentOrder):
    client, before = log_in(Role.OPERATIONS), submissions(doubtful)
    page = client.get(reverse("console:fulfillment_order", args=[doubtful.public_id])).content.decode()
    assert "It counts as handed over and is not sent again." in page

    client.post(reverse("console:partner_received", args=[doubtful.public_id]), {"reference": "AC-77"})
    work_it_off(partners=False)

    row = FulfillmentOrder.objects.get()
    assert (row.request_state, row.partner_reference, submissions(row)) == ("submitted", "AC-77", before)
    assert ExceptionCase.objects.get(type="outcome_unknown").state == "resolved"


def test_they_never_got_it_sends_it_once_more(log_in: LogIn, doubtful: FulfillmentOrder):
    before = submissions(doubtful)

    log_in(Role.LEAD).post(reverse("console:partner_not_received", args=[doubtful.public_id]))

    assert submissions(doubtful) == before + 1


@pytest.mark.parametrize("name", ["partner_received", "partner_not_received"])
def test_it_is_not_everybodys_to_say(log_in: LogIn, doubtful: FulfillmentOrder, name: str):
    client, before = log_in(Role.MANAGER), submissions(doubtful)
    page = client.get(reverse("console:fulfillment_order", args=[doubtful.public_id])).content.decode()
    assert "received-dialog" not in page

    assert client.post(reverse(f"console:{name}", args=[doubtful.public_id])).status_code == 403

    row = FulfillmentOrder.objects.get()
    assert (row.request_state, submissions(row)) == ("outcome_unknown", before)


def test_saying_twice_that_they_have_it_changes_nothing_the_second_time(log_in: LogIn, doubtful: FulfillmentOrder):
    client, address = log_in(Role.OPERATIONS), reverse("console:partner_received", args=[doubtful.public_id])
    client.post(address, {"reference": "AC-77"})

    client.post(address, {"reference": "AC-78"})

    assert FulfillmentOrder.objects.get().partner_reference == "AC-77"


def test_what_was_taken_away_meanwhile_is_neither_received_nor_sent(log_in: LogIn, doubtful: FulfillmentOrder):
    FulfillmentOrder.objects.update(state="cancelled")
    client, before = log_in(Role.OPERATIONS), submissions(doubtful)

    for name in ("partner_received", "partner_not_received"):
        answer = client.post(reverse(f"console:{name}", args=[doubtful.public_id]), follow=True)
        assert "cancelled" in answer.content.decode()

    row = FulfillmentOrder.objects.get()
    assert (row.request_state, submissions(row)) == ("outcome_unknown", before)
