"""Stock for channels that can't be called: fetched from a cursor on, told by webhook, written as a file."""

from __future__ import annotations

import csv
import io
import threading
import time
from pathlib import Path

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from apps.channels.models import Channel
from apps.core import clock
from apps.core.models import Event
from apps.core.process_cache import clear_process_cache
from apps.inventory.models import StockLevel
from apps.inventory.services import Count, count_stock
from apps.listings.feed import FeedCursor, changes
from apps.listings.models import Listing
from apps.listings.selectors import that_differ
from apps.listings.services.change_detection import follow_settings, follow_stock
from apps.listings.services.computing import recount_skus
from apps.listings.services.feed_files import write_all
from apps.webhooks.models import Delivery, WebhookEndpoint
from tests.api.front_door import Door
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, SkuFactory, make_key, make_stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def channel() -> Channel:
    made: Channel = ChannelFactory(code="partners", settings={"stock_feed": True})
    make_stock(N1={"A": 10, "B": 5})
    clear_process_cache()
    follow_settings()
    follow_stock()
    return made


@pytest.fixture
def api() -> Door:
    return Door(make_key())


def count(sku: str, units: int) -> None:
    count_stock([Count("N1", sku, on_hand=units)], reason="count", actor=AGENT)
    follow_stock()


def read_all(api: Door, channel: Channel, cursor: str = "") -> tuple[dict[str, int], str]:
    """``read``, as soon as there is something: whatever else is written in the same server is waited for, too."""
    for _ in range(300):
        found, later = read(api, channel, cursor)
        if found:
            return found, later
        time.sleep(0.1)
    raise AssertionError("nothing is in the feed")


def read(api: Door, channel: Channel, cursor: str = "") -> tuple[dict[str, int], str]:
    answer = api.get(f"channels/{channel.public_id}/stock/feed" + (f"?cursor={cursor}" if cursor else ""))
    assert answer.status_code == 200, answer.content
    return {one["sku"]: one["available"] for one in answer.data["items"]}, answer.data["cursor"]


def test_the_feed_begins_with_everything_and_goes_on_with_what_changed(api, channel):
    found, cursor = read_all(api, channel)
    assert found == {"A": 10, "B": 5}
    assert read(api, channel, cursor) == ({}, cursor)

    count("A", 7)
    count("A", 6)
    found, later = read_all(api, channel, cursor)

    assert found == {"A": 6}
    assert read(api, channel, later) == ({}, later)
    assert read_all(api, channel, cursor)[0] == {"A": 6}


def test_a_sku_that_is_new_is_in_the_feed_by_itself(api, channel):
    _, cursor = read_all(api, channel)
    SkuFactory(code="C")
    make_stock(N1={"C": 3})
    follow_settings()

    assert read_all(api, channel, cursor)[0] == {"C": 3}


def test_what_is_committed_late_is_not_skipped(api, channel):
    """The change that began first is committed last: until then nothing behind it is given out."""
    _, cursor = read_all(api, channel)
    slow_began, slow_may_end = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            StockLevel.objects.filter(sku__code="A").update(on_hand=1)
            recount_skus([Listing.objects.get(sku__code="A").sku_id], actor=AGENT)
            slow_began.set()
            slow_may_end.wait(20)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert slow_began.wait(20)
    StockLevel.objects.filter(sku__code="B").update(on_hand=2)
    recount_skus([Listing.objects.get(sku__code="B").sku_id], actor=AGENT)
    meanwhile, cursor = read(api, channel, cursor)
    slow_may_end.set()
    thread.join(20)

    assert meanwhile == {}
    assert read_all(api, channel, cursor)[0] == {"A": 1, "B": 2}


def test_pages_go_through_all_of_one_transaction(api, channel):
    read_all(api, channel)
    found, mark = [], FeedCursor()
    while True:
        page = changes(channel.pk, mark, limit=1)
        found += [one.sku for one in page.items]
        mark = page.mark
        if not page.more:
            break

    assert sorted(found) == ["A", "B"]


def test_a_cursor_of_a_database_that_was_restored_begins_anew(api, channel):
    read_all(api, channel)
    answer = api.get(f"channels/{channel.public_id}/stock/feed?cursor=9000000000000000000-1")

    assert (answer.data["restarted"], len(answer.data["items"])) == (True, 2)


@pytest.mark.parametrize("cursor", ["x", "1", "1-", "-1-1", "99999999999999999999-1", "1-1;drop"])
def test_what_is_no_cursor_is_422(api, channel, cursor):
    answer = api.get(f"channels/{channel.public_id}/stock/feed?cursor={cursor}")

    assert (answer.status_code, answer.data["errors"][0]["pointer"]) == (422, "/cursor")


def test_another_channels_feed_is_not_found(channel):
    foreign = Door(make_key(channels=["other"]))

    assert foreign.get(f"channels/{channel.public_id}/stock/feed").status_code == 404
    assert foreign.get(f"channels/{channel.public_id}/stock/feed.csv").status_code == 404


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"active": False}, "is switched off"),
        ({"settings": {"stock_feed": False}}, "in its settings"),
        ({"kind": "shopify", "settings": {}}, "its kind of channel has none"),
    ],
)
def test_a_channel_that_offers_no_feed_says_so_instead_of_giving_figures_nobody_keeps_right(
    api, channel, changes: dict[str, object], words: str
):
    Channel.objects.filter(pk=channel.pk).update(**changes)
    for address in ("stock/feed", "stock/feed?cursor=5-5", "stock/feed.csv"):
        answer = api.get(f"channels/{channel.public_id}/{address}")

        assert (answer.status_code, answer.data["code"]) == (409, "stock_feed_off")
        assert words in answer.data["detail"]


def test_the_feed_of_a_paused_channel_goes_on_and_says_that_it_is_paused(api, channel):
    _, cursor = read_all(api, channel)
    assert api.get(f"channels/{channel.public_id}/stock/feed").data["paused"] is False
    Channel.objects.filter(pk=channel.pk).update(paused_at=clock.now())
    count("A", 4)

    assert read_all(api, channel, cursor)[0] == {"A": 4}
    assert api.get(f"channels/{channel.public_id}/stock/feed").data["paused"] is True


def test_each_change_is_told_once_and_a_channel_without_a_feed_tells_none(api, channel):
    ChannelFactory(code="quiet")
    before = Event.objects.filter(name="listing.figure_changed").count()
    count("A", 4)
    count("A", 4)

    told = Event.objects.filter(name="listing.figure_changed").order_by("pk")[before:]
    assert [(one.data["channel"], one.data["available"]) for one in told] == [("partners", 4)]
    assert not Listing.objects.filter(channel__code="quiet").exists()


def test_the_webhook_names_channel_sku_and_figure(channel):
    wanted = ["listing.figure_changed"]
    WebhookEndpoint.objects.create(name="ERP", url="https://erp.example/", events=wanted, secret="whsec_c2VjcmV0")
    clear_process_cache()
    count("A", 4)
    work_it_off(partners=False)

    body = Delivery.objects.get().payload
    assert body["type"] == "listing.figure_changed"
    assert {name: body["data"][name] for name in ("channel", "sku", "available")} == {
        "channel": "partners", "sku": "A", "available": 4,
    }  # fmt: skip


def test_the_file_has_every_figure_and_is_replaced_whole(api, channel, settings: Settings, tmp_path: Path):
    settings.STOCK_FEED_FOLDER = str(tmp_path / "feeds")
    assert write_all() == 1
    count("B", 0)
    assert write_all() == 1

    (file,) = (tmp_path / "feeds").iterdir()
    assert file.name == "partners.csv"
    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    assert [(row["sku"], row["available"]) for row in rows] == [("A", "10"), ("B", "0")]
    response = api._client.get(
        f"/api/v1/channels/{channel.public_id}/stock/feed.csv", headers={"Authorization": f"Bearer {api._key}"}
    )
    assert b"".join(response.streaming_content).decode() == file.read_bytes().decode()


def test_without_a_folder_no_file_is_written(channel, settings: Settings):
    settings.STOCK_FEED_FOLDER = ""

    assert write_all() == 0


def test_figures_that_are_fetched_are_not_said_to_differ(channel):
    assert Listing.objects.count() == 2
    assert not that_differ(Listing.objects.all()).exists()
