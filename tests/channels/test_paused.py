"""A paused channel: who hands something in is told to come again, files stay where they are, tills are booked all the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from apps.channels.models import Channel, InboxMessage, UploadJob
from apps.channels.services import file_drop, uploading
from apps.channels.services.file_drop import take_dropped
from apps.channels.services.pausing import pause_channel, resume_channel
from apps.channels.services.uploading import receive_upload
from apps.orders.models import Order
from tests.api.front_door import Door, order_body
from tests.api.till import brought_back, on_hand, post, post_back, sale
from tests.channels.test_file_drop import drop, lies
from tests.channels.test_uploads import row, upload, written
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_counted_stock, make_key, make_policy

pytestmark = pytest.mark.django_db(transaction=True)
SAID = "is paused: send it again once it is resumed."


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_counted_stock(leeds={"A": 5_000})


def bare(external_id: str) -> dict[str, Any]:
    """An order in a body that names the channel once for all."""
    return {name: value for name, value in order_body(external_id=external_id).items() if name != "channel"}


def paused(**fields: str) -> Channel:
    channel: Channel = ChannelFactory(**fields)
    return pause_channel(channel.pk, actor=AGENT)


def resumed(channel: Channel) -> None:
    resume_channel(channel.pk, actor=AGENT)
    work_it_off()


@pytest.mark.parametrize("path", ["orders", "orders/bulk"])
def test_an_order_handed_in_is_refused_and_taken_when_it_is_sent_again(path: str):
    channel, api = paused(name="The API"), Door(make_key())
    one = order_body(external_id="E-1")
    body = one if path == "orders" else {"channel": "api", "orders": [bare("E-1")]}

    answer = api.post(path, body, key="one-and-the-same")
    work_it_off()

    assert (answer.status_code, answer.data["code"]) == (409, "channel_paused")
    assert SAID in answer.data["detail"]
    assert [kind.objects.exists() for kind in (Order, InboxMessage, UploadJob)] == [False] * 3
    resumed(channel)
    assert api.post(path, body, key="one-and-the-same").status_code in (201, 202)
    work_it_off()
    assert Order.objects.get().external_id == "E-1"


def test_a_file_is_refused_at_both_doors_and_taken_when_it_is_sent_again(client: Client):
    channel, key = paused(code="pos", kind="csv", name="Files"), make_key()

    answer = upload(client, written(row("P-1")), key=key)

    assert answer.status_code == 409
    assert SAID in json.loads(answer.content)["detail"]
    assert not UploadJob.objects.exists()
    resumed(channel)
    assert upload(client, written(row("P-1")), key=key).status_code == 202
    work_it_off()
    assert Order.objects.get().external_id == "P-1"


def test_a_file_under_way_stops_after_the_part_in_hand_and_goes_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uploading, "PART_ORDERS", 2)
    channel = ChannelFactory(code="stores", kind="csv")
    body = written(*(row(f"P-{number}") for number in range(5)))
    job = receive_upload("stores", file_name="orders.csv", body=body, actor=AGENT)
    uploading.run_csv_job(job.public_id)
    uploading.run_csv_job(job.public_id)
    pause_channel(channel.pk, actor=AGENT)
    work_it_off()

    assert Order.objects.count() == 2
    assert UploadJob.objects.get().state == "running"
    resumed(channel)
    assert Order.objects.count() == 5
    assert UploadJob.objects.get().state == "done"


def test_a_bulk_body_under_way_waits_and_goes_on():
    channel = ChannelFactory()
    orders = [bare(f"E-{number}") for number in range(3)]
    assert Door(make_key()).post("orders/bulk", {"channel": "api", "orders": orders}).status_code == 202
    pause_channel(channel.pk, actor=AGENT)
    work_it_off()
    assert not Order.objects.exists()

    resumed(channel)

    assert Order.objects.count() == 3
    assert UploadJob.objects.get().state == "done"


def test_files_in_its_folder_stay_there(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    settings.FILE_DROP_FOLDER, folder = str(tmp_path), tmp_path / "stores"
    folder.mkdir()
    channel = paused(code="stores", kind="csv")
    drop(folder)
    take_dropped()
    # Paused between the look and the taking.
    monkeypatch.setattr(file_drop, "_waits", lambda _: False)
    take_dropped()

    assert (folder / "orders.csv").exists()
    assert (lies(folder, "working"), lies(folder, "failed")) == ([], [])
    resumed(channel)
    take_dropped()
    work_it_off()
    take_dropped()
    assert lies(folder, "done") == ["orders.csv"]
    assert Order.objects.get().external_id == "P-1"


def test_what_tills_have_sold_and_taken_back_is_booked_for_the_goods_have_left():
    paused(code="tills", kind="pos")
    api = Door(make_key())

    assert [one["outcome"] for one in post(api, sale("R1"))] == ["accepted"]
    assert [one["outcome"] for one in post_back(api, brought_back("B1", sold={"till": "T1", "receipt": "R1"}))] == [
        "accepted"
    ]

    assert on_hand() == 5_000 - 2 + 1
    assert Order.objects.get().channel == "tills"
