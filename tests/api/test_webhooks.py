"""Webhook endpoints at the front door."""

from __future__ import annotations

import pytest

from apps.casework.events import CaseOpened
from apps.core import clock
from apps.outbound import guard
from apps.webhooks.models import Delivery, WebhookEndpoint
from apps.webhooks.services import LoggedEvent, note_events
from tests.factories import AGENT

pytestmark = pytest.mark.django_db
BODY = {"name": "ERP", "url": "https://erp.example/hooks", "events": ["case.*"]}


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    real = guard.resolve
    monkeypatch.setattr(
        guard, "resolve", lambda host, port: ["93.184.215.14"] if host.endswith(".example") else real(host, port)
    )


def test_an_endpoint_is_made_and_its_secret_shown_once(api):
    made = api.post("webhooks", BODY)

    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    assert made.data["secret"] == WebhookEndpoint.objects.get().secret
    shown = api.get(f"webhooks/{made.data['id']}")
    assert "secret" not in shown.data
    assert "secret" not in api.get("webhooks").data["items"][0]


@pytest.mark.parametrize(
    "url",
    ["http://erp.example/", "https://169.254.169.254/", "https://2130706433/", "https://[::ffff:10.0.0.1]/", "javascript:x"],
)  # fmt: skip
def test_bad_input_30_an_address_inside_is_422_and_nothing_is_kept(api, url):
    answer = api.post("webhooks", {**BODY, "url": url})

    assert (answer.status_code, answer.data["errors"][0]["pointer"]) == (422, "/url")
    assert not WebhookEndpoint.objects.exists()


def test_an_event_nobody_knows_is_422(api):
    answer = api.post("webhooks", {**BODY, "events": ["case.*", "moon.full"]})

    assert (answer.status_code, answer.data["errors"][0]["pointer"]) == (422, "/events/1")


def test_an_endpoint_is_changed_rotated_and_removed(api):
    ref = api.post("webhooks", BODY).data["id"]
    tag = api.get(f"webhooks/{ref}").headers["ETag"]
    assert api.patch(f"webhooks/{ref}", {"name": "New"}).status_code == 428

    changed = api.patch(f"webhooks/{ref}", {"active": False, "events": []}, match=tag)
    assert (changed.data["active"], changed.data["events"], changed.data["name"]) == (False, [], "ERP")
    assert api.patch(f"webhooks/{ref}", {"name": "New"}, match=tag).status_code == 412
    assert api.patch(f"webhooks/{ref}", {"failing_since": None}, match=changed.headers["ETag"]).status_code == 422
    rotated = api.post(f"webhooks/{ref}/rotate-secret")
    assert rotated.data["secret"] == WebhookEndpoint.objects.get().secret
    assert api.send("DELETE", f"webhooks/{ref}").status_code == 200
    assert api.get(f"webhooks/{ref}").status_code == 404


def test_deliveries_are_listed_and_sent_again(api):
    ref = api.post("webhooks", BODY).data["id"]
    note_events([LoggedEvent(1, CaseOpened(), "cas_1", "ord_1", clock.now())], actor=AGENT)
    row = Delivery.objects.get()
    row.give_up()
    row.save()

    shown = api.get(f"webhooks/{ref}/deliveries?state=failed").data["items"]
    again = api.post(f"webhooks/{ref}/replay", {})

    assert [(one["event"], one["payload"]["data"]["order"]) for one in shown] == [("case.opened", "ord_1")]
    assert (again.data["count"], Delivery.objects.get().state) == (1, "pending")


def test_only_who_may_and_who_sees_everything_sets_webhooks_up(api, door):
    ref = api.post("webhooks", BODY).data["id"]

    assert door(role="agent").get("webhooks").status_code == 403
    limited = door(channels=["shop"])
    for path in ("webhooks", f"webhooks/{ref}", f"webhooks/{ref}/deliveries"):
        assert limited.get(path).status_code == 403
    assert limited.post("webhooks", BODY).status_code == 403
