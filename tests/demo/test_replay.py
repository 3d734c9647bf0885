"""Recorded orders through the front door: every one of them is accounted for."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.live_server_helper import LiveServer

from apps.accounts.models import ApiKey
from apps.channels.models import Channel, InboxMessage
from apps.demo.replay.client import Sent
from apps.demo.replay.report import Account, account_of_messages, lines_of
from apps.orders.models import Order
from tests.driving import work_it_off

pytestmark = pytest.mark.django_db(transaction=True)
Replay = Callable[..., dict[str, Any]]


@pytest.fixture
def replay(shared: Path, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Replay:
    """Run the command against a live server, with the work done where it would be waited for; answers the account."""

    def settle(channels: list[str], *, seconds: float) -> bool:
        work_it_off()
        return True

    monkeypatch.setattr("apps.demo.management.commands.replay.wait_until_settled", settle)

    def run(source: str, **options: Any) -> dict[str, Any]:
        out = StringIO()
        call_command("replay", source, path=shared / "data", url=live_server.url, json=True, stdout=out, **options)
        account: dict[str, Any] = json.loads(out.getvalue())
        return account

    return run


def test_marketplace_orders_are_routed_from_the_sellers_that_sold_them(replay: Replay):
    account = replay("olist", limit=40)

    assert (account["sent"], account["explained"], account["adds_up"]) == (40, 40, True)
    assert account["orders"] == Order.objects.count() > 30
    assert account["states"]["released"] > 30
    assert set(Order.objects.values_list("channel", flat=True)) == {"replay-olist"}


def test_a_folder_that_lacks_a_file_of_the_data_set_says_which(tmp_path: Path):
    for table in ("orders", "order_items", "order_payments", "customers", "sellers", "products"):
        (tmp_path / f"olist_{table}_dataset.csv").write_text("id\n")

    with pytest.raises(CommandError, match=r"lacks olist_geolocation_dataset\.csv\. .* where sellers are"):
        call_command("replay", "olist", path=tmp_path, url="http://127.0.0.1:9")
    assert not Channel.objects.exists()


def test_a_second_replay_brings_nothing_new(replay: Replay):
    replay("olist", limit=10)
    account = replay("olist", limit=10)

    assert (account["orders"], account["duplicates"]) == (0, 10)
    assert Channel.objects.count() == 1


def test_a_retailers_invoices_come_in_and_wait_for_an_address(replay: Replay):
    account = replay("uci", limit=1)

    assert account["adds_up"]
    assert account["orders"] > 100
    assert account["held"] == {"address_invalid": account["orders"]}
    assert "it came cancelled already; there is nothing to fulfill" in account["ignored"]
    assert not ApiKey.objects.filter(revoked_at=None).exists()


def test_every_recorded_message_has_a_verdict_and_a_reason(replay: Replay):
    account = replay("payloads")

    assert (account["sent"], account["explained"], account["refused"]) == (357, 357, {})
    assert account["ignored"]["an activation ping, answered"] == 2
    assert not InboxMessage.objects.exclude(verdict="accepted").exclude(verdict="duplicate").filter(reason="").exists()
    captured = Order.objects.filter(channel="replay-payloads-woocommerce-captured")
    assert dict(captured.values_list("external_id", "state")) == {
        "13": "delivered",
        "14": "cancelled",
        "15": "cancelled",
    }


def test_an_answer_that_is_no_acknowledgement_leaves_the_account_open():
    account = account_of_messages([Sent("a", 200, "", repeat=False, seconds=0.1), Sent("b", 503, "", False, 0.2)])

    assert not account.adds_up
    assert account.to_json()["refused"] == {"answered 503": 1}
    assert "SOMETHING IS UNEXPLAINED" in "\n".join(lines_of(account))


def test_a_message_nobody_read_leaves_the_account_open():
    account = Account(sent=2, orders=1)

    assert not account.adds_up
