"""The quarantine desk: what could not be read by kind of problem, and all of a kind read again as a job that can be watched."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role
from apps.casework.models import ExceptionCase
from apps.casework.services import ensure_casework
from apps.channels.models import ContractVersion, InboxMessage, Verdict
from apps.channels.services.contracts import ensure_contracts, publish_contract
from apps.contracts.models import ReplayedMessage, ReplayJob
from apps.contracts.services import replaying
from apps.core import clock
from apps.orchestration import runner
from apps.orders.models import Order
from tests.channels.sending import send_shopify, shopify_order
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_policy

pytestmark = pytest.mark.django_db(transaction=True)
DESK = "/inbox/quarantine/"


@pytest.fixture(autouse=True)
def quarantined(client: Client) -> None:
    """Three whose date can't be read, of which one has two lines, and one without lines."""
    make_policy()
    ensure_casework()
    ensure_contracts()
    ChannelFactory(shopify=True)
    for number in (1, 2, 3):
        send_shopify(client, shopify_order(number, created_at="yesterday", processed_at=None), webhook_id=f"w{number}")
    send_shopify(client, shopify_order(4, line_items=[]), webhook_id="w4")
    work_it_off()
    assert list(InboxMessage.objects.values_list("verdict", flat=True)) == [Verdict.QUARANTINED] * 4


def mend_the_mapping() -> None:
    """From now on an order without a readable date was placed when it was changed."""
    document = ContractVersion.objects.get(contract="shopify.order", active=True).document
    rule = next(one for one in document["fields"] if one["target"] == "placed_at")
    rule["source"] = "updated_at"
    rule["transforms"] = [{"name": "moment"}]
    publish_contract(document, reason="It reads better", actor=AGENT)


def keys_on(page: str) -> list[str]:
    return re.findall(r"/inbox/quarantine/([0-9a-f]{16})/\"", page)


def test_the_desk_lists_kinds_of_problems_the_most_frequent_first(log_in: LogIn):
    page = log_in(Role.OPERATIONS).get(DESK).content.decode()

    assert len(keys_on(page)) == 2
    assert "4 messages of 2 kinds" in page
    assert page.index("created_at") < page.index("line_items")


def test_one_kind_is_counted_as_one(log_in: LogIn):
    last = InboxMessage.objects.latest("pk")
    InboxMessage.objects.exclude(pk=last.pk).update(verdict=Verdict.IGNORED)

    assert "1 message of 1 kind<" in log_in(Role.OPERATIONS).get(DESK).content.decode()


def test_a_kind_lists_its_messages_and_only_those(log_in: LogIn):
    browser = log_in(Role.OPERATIONS)
    key = keys_on(browser.get(DESK).content.decode())[0]

    page = browser.get(f"{DESK}{key}/").content.decode()

    assert [ref in page for ref in InboxMessage.objects.order_by("pk").values_list("public_id", flat=True)] == [
        True, True, True, False,
    ]  # fmt: skip
    assert browser.get(f"{DESK}{'0' * 16}/").headers["Location"] == DESK


def test_all_of_a_kind_are_read_again_and_what_came_of_each_is_shown(log_in: LogIn):
    browser = log_in(Role.OPERATIONS)
    key = keys_on(browser.get(DESK).content.decode())[0]
    mend_the_mapping()

    answer = browser.post(f"{DESK}{key}/replay/")
    before = browser.get(answer.headers["Location"]).content.decode()
    work_it_off()
    after = browser.get(answer.headers["Location"]).content.decode()

    assert [text in before for text in ("0 of 3 messages sent to be read", "its turn has not come")] == [True, True]
    assert [text in after for text in ("3 of 3 messages sent to be read", "Look again")] == [True, False]
    assert Order.objects.count() == 3
    for order in Order.objects.all():
        assert reverse("console:order", args=[order.public_id]) in after
    assert InboxMessage.objects.get(verdict=Verdict.QUARANTINED).problems[0]["path"].startswith("line_items")
    assert ExceptionCase.objects.filter(type="message_quarantined", state="resolved").count() == 3


def test_a_job_goes_on_after_its_worker_was_killed_and_reads_each_message_once(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(replaying, "PART", 1)
    browser = log_in(Role.OPERATIONS)
    browser.post(reverse("console:inbox_replay_all"), {"channel": ""})
    real, calls = replaying._send, []

    def dies_on_the_second(rows: list[ReplayedMessage], actor: object) -> None:
        calls.append(rows)
        real(rows, actor)
        if len(calls) == 2:
            raise RuntimeError("killed")

    monkeypatch.setattr(replaying, "_send", dies_on_the_second)
    runner.drain("steps")
    with clock.moved(timedelta(minutes=5)):
        work_it_off()

    job = ReplayJob.objects.get()
    assert len(calls) == 5
    assert (job.sent, job.total, job.state) == (4, 4, "done")
    assert ReplayedMessage.objects.filter(sent_at__isnull=False, passed_over=False).count() == 4


def test_what_somebody_settled_meanwhile_is_passed_over(log_in: LogIn):
    log_in(Role.OPERATIONS).post(reverse("console:inbox_replay_all"))
    InboxMessage.objects.filter(external_id__endswith="1").update(verdict=Verdict.ACCEPTED)

    work_it_off()

    assert ReplayedMessage.objects.filter(passed_over=True).count() == 1
    assert ReplayJob.objects.get().state == "done"


def test_a_stopped_job_sends_no_more(log_in: LogIn):
    browser = log_in(Role.OPERATIONS)
    browser.post(reverse("console:inbox_replay_all"))

    browser.post(reverse("console:replay_stop", args=[ReplayJob.objects.get().public_id]))
    work_it_off()

    job = ReplayJob.objects.get()
    assert (job.state, job.sent) == ("stopped", 0)
    assert InboxMessage.objects.filter(verdict=Verdict.QUARANTINED).count() == 4


@pytest.mark.parametrize("role", [Role.AGENT, Role.MANAGER])
def test_whoever_may_not_replay_starts_and_stops_nothing(log_in: LogIn, role: Role):
    key = keys_on(log_in(Role.OPERATIONS).get(DESK).content.decode())[0]
    job = replaying.start_replay(InboxMessage.objects.values_list("pk", flat=True), actor=AGENT)

    browser = log_in(role)

    assert browser.post(f"{DESK}{key}/replay/").status_code == 403
    assert browser.post(reverse("console:replay_stop", args=[job.public_id])).status_code == 403
    job.refresh_from_db()
    assert (ReplayJob.objects.count(), job.state) == (1, "running")


def test_somebody_limited_to_places_sees_neither_the_kinds_nor_the_job(log_in: LogIn):
    key = keys_on(log_in(Role.OPERATIONS).get(DESK).content.decode())[0]
    job = replaying.start_replay(InboxMessage.objects.values_list("pk", flat=True), actor=AGENT)
    browser = log_in(Role.OPERATIONS, nodes=["N1"])

    assert "created_at" not in browser.get(DESK).content.decode()
    assert browser.get(reverse("console:replay_job", args=[job.public_id])).status_code in (403, 404)
    browser.post(f"{DESK}{key}/replay/")
    assert ReplayJob.objects.count() == 1


def test_the_mapping_is_fixed_beside_the_very_message_and_then_it_and_its_kind_are_read_again_there(log_in: LogIn):
    browser = log_in(Role.OPERATIONS)
    desk = browser.get(DESK).content.decode()
    message = InboxMessage.objects.get(external_id__endswith="3")
    address = reverse("console:inbox_mapping", args=[message.public_id])
    assert address in desk

    editor = browser.get(address, follow=True)
    before = editor.content.decode()
    mend_the_mapping()
    after = browser.get(f"{editor.request['PATH_INFO']}?{editor.request['QUERY_STRING']}").content.decode()
    browser.post(
        reverse("console:replay_start", args=[re.findall(r"/inbox/quarantine/([0-9a-f]{16})/replay/", after)[0]])
    )
    work_it_off()

    assert re.search(r"What stops it:.*placed_at", before)
    assert "Read this message again" not in before
    assert reverse("console:inbox_replay", args=[message.public_id]) in after
    assert "Read all of its kind again: 3 messages" in after
    assert Order.objects.count() == 3
    assert log_in(Role.AGENT).get(address).status_code == 403


def test_pressed_twice_it_is_one_job_and_each_message_is_read_once(log_in: LogIn):
    browser = log_in(Role.OPERATIONS)
    key = keys_on(browser.get(DESK).content.decode())[0]

    first = browser.post(f"{DESK}{key}/replay/").headers["Location"]
    second = browser.post(f"{DESK}{key}/replay/").headers["Location"]
    work_it_off()

    assert first == second
    assert ReplayJob.objects.count() == 1
    assert InboxMessage.objects.filter(verdict=Verdict.QUARANTINED).count() == 4
    assert ExceptionCase.objects.filter(type="message_quarantined").count() == 4


def test_what_two_people_send_at_once_is_read_once(log_in: LogIn):
    key = keys_on(log_in(Role.OPERATIONS).get(DESK).content.decode())[0]
    for _person in range(2):
        log_in(Role.OPERATIONS).post(f"{DESK}{key}/replay/")

    first, second = ReplayJob.objects.order_by("pk")
    replaying.replay_part(first.public_id, actor=AGENT)
    replaying.replay_part(second.public_id, actor=AGENT)

    assert first.messages.filter(sent_at__isnull=False, passed_over=False).count() == 3
    assert second.messages.filter(passed_over=True).count() == 3


def test_a_job_whose_messages_were_deleted_meanwhile_reads_the_others_and_ends(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(replaying, "PART", 1)
    browser = log_in(Role.OPERATIONS)
    address = browser.post(reverse("console:inbox_replay_all")).headers["Location"]
    InboxMessage.objects.filter(external_id__endswith="2").delete()
    mend_the_mapping()

    work_it_off()

    assert ReplayJob.objects.get().state == "done"
    assert Order.objects.count() == 2
    assert browser.get(address).status_code == 200
