"""Setting endpoints up."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from apps.casework.events import CaseOpened
from apps.core import clock
from apps.core.errors import AddressRefused, StaleVersion
from apps.orchestration.subscriptions import SUBSCRIPTIONS, queue_webhooks
from apps.webhooks.errors import EndpointNotFound, EventUnknown
from apps.webhooks.models import Delivery, WebhookEndpoint
from apps.webhooks.payloads import subscribable
from apps.webhooks.services import (
    LoggedEvent,
    change_endpoint,
    create_endpoint,
    forget_deliveries,
    note_events,
    remove_endpoint,
)
from tests.factories import AGENT

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("names")
def test_a_new_endpoint_has_a_secret_of_its_own():
    made, secret = create_endpoint(name="ERP", url="https://erp.example/", events=["case.*"], actor=AGENT)

    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert (made.created_by, made.sends) == ("staff:usr_test", True)
    assert "secret" not in {field.name for field in made.history.model._meta.fields}


def test_bad_input_30_is_refused_at_save():
    with pytest.raises(AddressRefused):
        create_endpoint(name="x", url="https://[::ffff:10.0.0.1]/", events=[], actor=AGENT)

    assert not WebhookEndpoint.objects.exists()


@pytest.mark.usefixtures("names")
def test_an_address_is_checked_again_when_it_changes():
    made, _ = create_endpoint(name="ERP", url="https://erp.example/", events=[], actor=AGENT)

    with pytest.raises(AddressRefused):
        change_endpoint(made.public_id, url="https://10.1.1.1/", actor=AGENT)

    assert WebhookEndpoint.objects.get().url == "https://erp.example/"


@pytest.mark.usefixtures("names")
def test_an_event_that_does_not_exist_can_not_be_subscribed_to():
    with pytest.raises(EventUnknown):
        create_endpoint(name="x", url="https://erp.example/", events=["case.*", "case.exploded"], actor=AGENT)


@pytest.mark.usefixtures("names")
def test_a_change_of_something_else_meanwhile_is_refused():
    made, _ = create_endpoint(name="ERP", url="https://erp.example/", events=[], actor=AGENT)
    change_endpoint(made.public_id, name="Other", expected_version=1, actor=AGENT)

    with pytest.raises(StaleVersion):
        change_endpoint(made.public_id, name="Third", expected_version=1, actor=AGENT)


@pytest.mark.usefixtures("names")
def test_a_removed_endpoint_is_gone():
    made, _ = create_endpoint(name="ERP", url="https://erp.example/", events=[], actor=AGENT)
    remove_endpoint(made.public_id)

    with pytest.raises(EndpointNotFound):
        remove_endpoint(made.public_id)


def test_what_can_be_subscribed_to_is_what_is_told():
    followed = {event.spec.name for event, steps in SUBSCRIPTIONS.items() if queue_webhooks in steps}

    assert followed == {name for name in subscribable() if not name.endswith(".*")}


@pytest.mark.usefixtures("names")
def test_the_log_of_what_arrived_is_forgotten_and_what_is_owed_is_not():
    create_endpoint(name="ERP", url="https://erp.example/", events=[], actor=AGENT)
    note_events([LoggedEvent(number, CaseOpened(), "cas_1", "", clock.now()) for number in (1, 2)], actor=AGENT)
    arrived = Delivery.objects.get(event_id=1)
    arrived.succeed()
    arrived.save()

    forget_deliveries(clock.now() + timedelta(seconds=1))

    assert list(Delivery.objects.values_list("event_id", flat=True)) == [2]
