"""Files left in a folder: each taken once and whole, and put away with what is to be said of it."""

from __future__ import annotations

import os
import time
from email.message import EmailMessage
from pathlib import Path

import pytest
from pytest_django import Settings

from apps.channels.models import UploadJob
from apps.channels.services import file_drop
from apps.channels.services.file_drop import take_dropped
from apps.orders.models import Order
from tests.channels.test_uploads import row, written
from tests.driving import work_it_off
from tests.factories import ChannelFactory, make_policy, make_stock
from tests.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    make_policy()
    make_stock(N1={"A": 10_000})
    ChannelFactory(code="stores", kind="csv", name="Stores")
    settings.FILE_DROP_FOLDER = str(tmp_path / "drop")
    path = tmp_path / "drop" / "stores"
    path.mkdir(parents=True)
    return path


def drop(folder: Path, name: str = "orders.csv", body: bytes = b"", *, age: float = 60.0) -> Path:
    path = folder / name
    path.write_bytes(body or written(row("P-1")))
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def run(times: int = 2) -> None:
    for _ in range(times):
        take_dropped()
        work_it_off()


def lies(folder: Path, where: str) -> list[str]:
    return sorted(path.name for path in (folder / where).iterdir())


def test_a_file_is_taken_once_and_lies_among_the_done(folder):
    drop(folder)
    run(4)

    assert (Order.objects.count(), UploadJob.objects.count()) == (1, 1)
    assert (lies(folder, "done"), lies(folder, "working"), lies(folder, "failed")) == (["orders.csv"], [], [])
    assert UploadJob.objects.get().created_by == "system:drop_folder"


def test_what_is_still_being_written_is_waited_for(folder):
    for name, age in (("fresh.csv", 1.0), ("half.csv.part", 60.0), (".hidden.csv", 60.0)):
        drop(folder, name, age=age)
    path = drop(folder, "empty.csv", age=60.0)
    path.write_bytes(b"")
    os.utime(path, (time.time() - 60, time.time() - 60))
    run()

    assert not UploadJob.objects.exists()
    assert (folder / "fresh.csv").exists()
    drop(folder, "fresh.csv")
    run()
    assert Order.objects.count() == 1


def test_rows_that_can_not_be_read_are_named_in_the_report_and_the_others_are_in(folder):
    drop(folder, body=written(row("P-1"), row("P-2", quantity="two")))
    run()

    assert [order.external_id for order in Order.objects.all()] == ["P-1"]
    assert lies(folder, "done") == ["orders.csv", "orders.csv.report.csv"]
    report = (folder / "done" / "orders.csv.report.csv").read_text()
    assert "P-2" in report
    assert "quantity" in report


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("sheet.xlsx", b"PK\x03\x04 a spreadsheet", "not a CSV file"),
        ("other.csv", b"a,b\n1,2\n", "lacks the columns"),
        ("all-wrong.csv", written(row("P-1", quantity="two")), "quantity"),
        ("mail.eml", b"Subject: nothing\n\nhello", "no CSV file attached"),
    ],
)
def test_what_nothing_can_be_read_of_lies_among_the_failed_with_the_reason(folder, name, body, said):
    drop(folder, name, body)
    run()

    assert not Order.objects.exists()
    assert lies(folder, "failed") == [name, f"{name}.report.csv"]
    assert said in (folder / "failed" / f"{name}.report.csv").read_text()


def test_what_is_attached_to_a_mail_is_taken(folder):
    mail = EmailMessage()
    mail["Subject"], mail["From"] = "Orders of today", "store@example.test"
    mail.set_content("See attached.")
    for number in (1, 2):
        body = written(row(f"P-{number}"))
        mail.add_attachment(body, maintype="text", subtype="csv", filename=f"../../orders-{number}.csv")
    drop(folder, "mail.eml", mail.as_bytes())
    run()

    assert Order.objects.count() == 2
    assert lies(folder, "done") == ["mail.eml"]
    assert {job.file_name for job in UploadJob.objects.all()} == {"orders-1.csv", "orders-2.csv"}


def test_nothing_outside_the_folder_is_read_or_moved(folder, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_bytes(written(row("P-9")))
    os.utime(secret, (time.time() - 60, time.time() - 60))
    (folder / "link.csv").symlink_to(secret)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    drop(elsewhere)
    ChannelFactory(code="linked", kind="csv")
    (folder.parent / "linked").symlink_to(elsewhere)
    (folder.parent / "nobody").mkdir()
    drop(folder.parent / "nobody")
    run()

    assert not UploadJob.objects.exists()
    assert secret.exists()
    assert [path.name for path in elsewhere.iterdir()] == ["orders.csv"]


def test_two_workers_take_a_file_once(folder):
    for number in range(4):
        drop(folder, f"{number}.csv", written(row(f"P-{number}")))
    at_once(take_dropped, take_dropped)
    run()

    assert (UploadJob.objects.count(), Order.objects.count()) == (4, 4)
    assert len(lies(folder, "done")) == 4


def test_a_worker_that_died_with_a_file_in_hand_loses_none(folder, monkeypatch):
    drop(folder)

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(file_drop, "receive_upload", dies)
        with pytest.raises(KeyboardInterrupt):
            take_dropped()
    run()
    assert not Order.objects.exists()
    monkeypatch.setattr(file_drop, "ABANDONED_S", 0.0)
    run()

    assert Order.objects.count() == 1
    assert lies(folder, "done") == ["orders.csv"]


def test_the_same_file_again_changes_nothing_and_gets_a_number(folder):
    for _ in range(2):
        drop(folder)
        run()

    assert Order.objects.count() == 1
    assert {"orders.csv", "orders.2.csv"} <= set(lies(folder, "done"))


def test_without_a_folder_nothing_is_looked_for(settings: Settings):
    settings.FILE_DROP_FOLDER = ""

    assert take_dropped() == 0
