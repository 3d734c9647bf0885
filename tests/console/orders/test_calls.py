"""The calls of one order: drawn, listed, and each with its masked request and response."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from django.test import Client

from apps.accounts.models import Role
from apps.core import clock
from apps.outbound.models import CallLog
from orchestrator.sandbox import Sandbox
from tests.api.front_door import Door
from tests.factories import UserFactory, make_key, make_order
from tests.partnering import make_partner, running_sandbox, submitted_order

SECRETS = ("Pat", "1 Canary Row", "@")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


@pytest.mark.django_db(transaction=True)
def test_a_call_that_was_made_is_drawn_and_opens_with_what_was_sent_and_answered_masked(
    client: Client, sandbox: Sandbox
):
    make_partner(sandbox)
    order, row = submitted_order(lines={"A": 2})
    call = CallLog.objects.get()
    client.force_login(UserFactory(role=Role.AGENT))

    page = client.get(f"/orders/{order.public_id}/calls/?call={call.pk}").content.decode()

    drawing = page[page.index('<svg class="sequence"') : page.index("</svg></div></section>")]
    assert ("Orderyard" in drawing, "Acme" in drawing, "submit" in drawing) == (True, True, True)
    assert len(re.findall("sequence-out|sequence-back", drawing)) == 2
    # The drawing is for the eye: whoever tabs or listens has the table, which leads to the same.
    assert 'aria-hidden="true"' in drawing
    assert drawing.count('tabindex="-1"') == drawing.count("<a ")
    assert "&#34;quantity&#34;: 2" in page
    assert "&#34;deliver_to&#34;" in page
    assert row.public_id in page
    assert not [secret for secret in SECRETS if secret in page.split("bodies")[1].split("</section>")[0]]
    listed = Door(make_key()).get(f"orders/{order.public_id}/calls").data["items"]
    assert [(one["operation"], one["outcome"], one["attempt"]) for one in listed] == [("submit", "ok", 1)]
    assert json.loads(listed[0]["request"])["lines"][0]["quantity"] == 2


def log(stream: str, kind: str, **fields: object) -> CallLog:
    row: CallLog = CallLog.objects.create(
        **{"kind": kind, "counterpart": kind, "name": kind.title(), "operation": f"to_{kind}", "outcome": "ok", "stream": stream, **fields}
    )  # fmt: skip
    return row


@pytest.mark.django_db
def test_lanes_stand_in_order_and_a_lost_answer_has_no_way_back(client: Client):
    order = make_order()
    log(order.public_id, "partner", outcome="unknown", detail="timeout", started_at=clock.now())
    log(order.public_id, "shop", status=200)
    log("ord_another", "shop", name="Someone else")
    client.force_login(UserFactory(role=Role.AGENT))

    page = client.get(f"/orders/{order.public_id}/calls/").content.decode()

    assert page.index('class="sequence-name" x="371" y="16">Shop') < page.index(
        'class="sequence-name" x="561" y="16">Partner'
    )
    lost, answered = re.findall(r'<a [^>]*class="sequence-call.*?</a>', page, re.DOTALL)
    assert ("sequence-back" in lost, "sequence-back" in answered) == (False, True)
    assert "Outcome unknown" in lost
    assert "Someone else" not in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("limits", "seen"),
    [
        ({}, ["to_shop", "to_partner", "to_webhook"]),
        ({"channels": ["api"]}, ["to_shop", "to_partner"]),
        ({"channels": ["another"]}, None),
        ({"nodes": ["nowhere"]}, None),
    ],
)
def test_whoever_is_limited_reads_no_call_that_is_not_theirs(limits: dict[str, list[str]], seen: list[str] | None):
    order = make_order(channel="api")
    for kind in ("shop", "partner", "webhook"):
        log(order.public_id, kind)

    answer = Door(make_key(**limits)).get(f"orders/{order.public_id}/calls")

    assert answer.status_code == (404 if seen is None else 200)
    assert seen is None or [one["operation"] for one in answer.data["items"]] == seen


@pytest.mark.django_db
def test_an_order_nobody_was_called_for_says_so(client: Client):
    client.force_login(UserFactory(role=Role.AGENT))

    assert "Nobody was called for this order" in client.get(f"/orders/{make_order().public_id}/calls/").content.decode()
