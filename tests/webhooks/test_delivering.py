"""Deliveries: signed, once per event, on their schedule, and nobody's trouble is another's delay."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from apps.casework.events import CaseEscalated, CaseOpened
from apps.casework.services import Problem, open_case
from apps.core import clock
from apps.core.event_types import EventData
from apps.core.models import Event
from apps.notifications.models import StaffNotice
from apps.orchestration.models import RunState, StepRun
from apps.webhooks.errors import DeliverLater
from apps.webhooks.models import Delivery, WebhookEndpoint
from apps.webhooks.services import (
    LoggedEvent,
    change_endpoint,
    deliver,
    note_events,
    replay_deliveries,
    rotate_secret,
)
from apps.webhooks.services.delivering import settle
from apps.webhooks.states import SCHEDULE
from tests.driving import work_it_off
from tests.factories import AGENT, UserFactory, make_order
from tests.webhooks.conftest import PUBLIC_IP, Subscriber

pytestmark = pytest.mark.django_db
OPENED = CaseOpened(type="no_stock", severity="high")
Make = Callable[..., WebhookEndpoint]


def make_news(number: int = 1, event: EventData = OPENED) -> LoggedEvent:
    return LoggedEvent(number, event, "cas_1", "ord_1", clock.now())


def note(*news: LoggedEvent) -> None:
    note_events(news, actor=AGENT)


def test_a_case_is_told_to_whoever_subscribed_and_to_nobody_else(endpoint: Make, subscriber: Subscriber):
    endpoint(url="https://all.example/")
    endpoint(url="https://cases.example/", events=["case.*"])
    endpoint(url="https://one.example/", events=["case.opened"])
    endpoint(url="https://other.example/", events=["approval.*", "case.resolved"])
    order = make_order()

    case = open_case(Problem("no_stock", order.public_id, "Nothing left.", order_id=order.pk), actor=AGENT)
    work_it_off()

    about = [request for request in subscriber.got if json.loads(request.content)["data"]["subject"] == case.public_id]
    assert sorted(request.headers["host"] for request in about) == ["all.example", "cases.example", "one.example"]
    assert set(Delivery.objects.filter(payload__data__subject=case.public_id).values_list("state")) == {("delivered",)}


def test_a_delivery_holds_references_and_no_personal_data(endpoint: Make, subscriber: Subscriber):
    endpoint()
    note(make_news(event=CaseEscalated(type="no_stock", level=2, roles=["lead"], users=["usr_pat_canary"])))

    told = Delivery.objects.get().payload

    assert set(told) == {"type", "timestamp", "data"}
    assert {"subject": "cas_1", "order": "ord_1", "type": "no_stock", "level": 2}.items() <= told["data"].items()
    assert "canary" not in json.dumps(told).lower()


def test_the_subscriber_can_verify_it_and_it_goes_to_the_checked_address(endpoint: Make, subscriber: Subscriber):
    there = endpoint()
    note(make_news())
    delivery = Delivery.objects.get()

    deliver(delivery.pk, actor=AGENT)

    request = subscriber.got[0]
    assert (request.url.host, request.headers["host"]) == (PUBLIC_IP, "erp.example")
    assert request.headers["webhook-id"] == delivery.public_id
    assert Webhook(there.secret).verify(request.content, dict(request.headers))
    assert Delivery.objects.get().state == "delivered"


def test_while_a_secret_is_changed_both_verify(endpoint: Make, subscriber: Subscriber):
    there = endpoint()
    _, fresh = rotate_secret(there.public_id)
    note(make_news())
    deliver(Delivery.objects.get().pk, actor=AGENT)

    request = subscriber.got[0]
    for secret in (there.secret, fresh):
        assert Webhook(secret).verify(request.content, dict(request.headers))
    assert len(request.headers["webhook-signature"].split()) == 2


def test_the_old_secret_signs_no_more_after_a_day(endpoint: Make, subscriber: Subscriber):
    rotate_secret(endpoint().public_id)
    with clock.moved(timedelta(hours=25)):
        note(make_news())
        deliver(Delivery.objects.get().pk, actor=AGENT)

    assert len(subscriber.got[0].headers["webhook-signature"].split()) == 1


def test_the_same_event_is_written_down_once(endpoint: Make, subscriber: Subscriber):
    endpoint()
    note(make_news())
    note(make_news(), make_news(2))

    assert Delivery.objects.count() == 2


def test_a_delivery_that_was_made_is_not_made_again(endpoint: Make, subscriber: Subscriber):
    endpoint()
    note(make_news())
    pk = Delivery.objects.get().pk
    deliver(pk, actor=AGENT)
    deliver(pk, actor=AGENT)

    assert len(subscriber.got) == 1


def test_it_keeps_to_the_schedule_and_then_gives_up_and_switches_off(endpoint: Make, subscriber: Subscriber):
    there = endpoint()
    subscriber.status = 500
    UserFactory(role="operations", email="ops@example.test")
    note(make_news())
    pk = Delivery.objects.get().pk
    began, at = clock.now(), [clock.now()]

    for _ in range(len(SCHEDULE) - 1):
        with clock.frozen(at[-1]), pytest.raises(DeliverLater) as later:
            deliver(pk, actor=AGENT)
        at.append(later.value.until)  # type: ignore[arg-type]
    with clock.frozen(at[-1]):
        deliver(pk, actor=AGENT)

    gaps = [round((b - a).total_seconds()) for a, b in zip([began, *at][1:], at[1:], strict=False)]
    assert gaps == [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
    assert len(subscriber.got) == 10
    assert Delivery.objects.get().state == "failed"
    there.refresh_from_db()
    assert there.disabled_at is not None
    assert Event.objects.filter(name="webhook.failing").count() == 1


def test_a_switched_off_endpoint_is_told_to_operations(endpoint: Make, subscriber: Subscriber):
    endpoint()
    operations = UserFactory(role="operations")
    UserFactory(role="agent")
    subscriber.status = 410
    note(make_news())
    work_it_off()

    notice = StaffNotice.objects.get()
    assert notice.user == operations
    assert "410" in notice.text


def test_before_its_time_nothing_is_sent(endpoint: Make, subscriber: Subscriber):
    endpoint()
    subscriber.status = 500
    note(make_news())
    pk = Delivery.objects.get().pk
    for _ in range(2):
        with pytest.raises(DeliverLater):
            deliver(pk, actor=AGENT)

    assert len(subscriber.got) == 1


def test_while_an_endpoint_is_down_one_delivery_finds_out_and_the_others_spend_no_attempt(
    endpoint: Make, subscriber: Subscriber
):
    endpoint()
    endpoint(url="https://well.example/")
    subscriber.by_host["erp.example"] = 503
    note(*[make_news(number) for number in range(1, 21)])
    work_it_off()

    down = Delivery.objects.filter(endpoint__url="https://erp.example/hooks")
    assert sorted(down.values_list("attempts", flat=True)) == [0] * 19 + [1]
    assert Delivery.objects.filter(endpoint__url="https://well.example/", state="delivered").count() == 20


def test_retry_after_slows_down(endpoint: Make, subscriber: Subscriber):
    endpoint()
    subscriber.status, subscriber.headers = 429, {"retry-after": "120"}
    note(make_news())
    now = clock.now()
    with clock.frozen(now), pytest.raises(DeliverLater) as later:
        deliver(Delivery.objects.get().pk, actor=AGENT)

    assert later.value.until == now + timedelta(seconds=120)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_fails_and_is_not_followed(endpoint: Make, subscriber: Subscriber, status: int):
    endpoint()
    subscriber.status, subscriber.headers = status, {"location": "http://169.254.169.254/"}
    note(make_news())
    with pytest.raises(DeliverLater):
        deliver(Delivery.objects.get().pk, actor=AGENT)

    assert len(subscriber.got) == 1
    assert Delivery.objects.get().attempts == 1


def test_gone_switches_off_at_once_and_keeps_what_comes(endpoint: Make, subscriber: Subscriber):
    there = endpoint()
    subscriber.status = 410
    note(make_news(1))
    deliver(Delivery.objects.get().pk, actor=AGENT)
    note(make_news(2))

    there.refresh_from_db()
    assert there.disabled_at is not None
    assert list(Delivery.objects.values_list("state", flat=True)) == ["held", "held"]


def test_bad_input_30_a_name_that_turned_private_is_blocked_at_send(
    endpoint: Make, subscriber: Subscriber, names: dict[str, list[str]]
):
    endpoint()
    names["erp.example"] = ["127.0.0.1"]
    note(make_news())
    with pytest.raises(DeliverLater):
        deliver(Delivery.objects.get().pk, actor=AGENT)

    assert subscriber.got == []
    assert "private network" in Delivery.objects.get().last_note


def test_what_was_answered_is_kept_nowhere(endpoint: Make, subscriber: Subscriber):
    endpoint()
    subscriber.status = 500
    note(make_news())
    with pytest.raises(DeliverLater):
        deliver(Delivery.objects.get().pk, actor=AGENT)

    assert "internal-secret-page" not in str(list(Delivery.objects.values()) + list(WebhookEndpoint.objects.values()))


def test_fault_27_a_subscriber_down_for_a_day_gets_everything_in_the_end(endpoint: Make, subscriber: Subscriber):
    endpoint()
    subscriber.down = True
    began = clock.now()
    note(*[make_news(number) for number in range(1, 6)])
    for hour in range(0, 24, 3):
        with clock.frozen(began + timedelta(hours=hour)):
            work_it_off()
    subscriber.down = False
    for hour in range(24, 60, 3):
        with clock.frozen(began + timedelta(hours=hour)):
            work_it_off()

    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}
    assert not StepRun.objects.filter(state=RunState.PARKED).exists()


def test_switching_on_again_sends_what_was_kept(endpoint: Make, subscriber: Subscriber):
    there = endpoint()
    subscriber.status = 410
    note(make_news(1))
    deliver(Delivery.objects.get().pk, actor=AGENT)
    note(make_news(2))
    subscriber.status = 200

    change_endpoint(there.public_id, active=True, actor=AGENT)
    work_it_off()

    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}


def test_a_replay_sends_again_what_was_given_up(endpoint: Make, subscriber: Subscriber):
    there = endpoint()
    note(make_news())
    delivery = Delivery.objects.get()
    delivery.give_up()
    delivery.save()

    assert replay_deliveries(there.public_id, since=None, actor=AGENT) == 1
    work_it_off()

    assert Delivery.objects.get().state == "delivered"
    assert subscriber.got[0].headers["webhook-id"] == delivery.public_id


def test_an_endpoint_that_is_off_gets_nothing_and_nothing_is_kept(endpoint: Make, subscriber: Subscriber):
    change_endpoint(endpoint().public_id, active=False, actor=AGENT)
    note(make_news())

    assert not Delivery.objects.exists()


def test_a_success_ends_the_trouble(endpoint: Make, subscriber: Subscriber):
    there = endpoint()
    note(make_news())
    pk = Delivery.objects.get().pk
    WebhookEndpoint.objects.update(failing_since=clock.now(), failures_in_a_row=3)

    deliver(pk, actor=AGENT)

    there.refresh_from_db()
    assert (there.failing_since, there.failures_in_a_row, there.quiet_until) == (None, 0, None)
    assert settle(pk, None, took_ms=0, actor=AGENT) is None
