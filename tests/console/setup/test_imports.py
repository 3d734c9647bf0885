"""Files of orders by page: looked at, then taken in, with every fault named."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role
from apps.channels.models import UploadJob
from apps.channels.services.previewing import forget_previews
from apps.core import clock
from apps.orders.models import Order
from tests.channels.test_uploads import COLUMNS, row, written
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_stock(N1={"A": 100, "B": 100})
    ChannelFactory(code="pos", kind="csv", name="Stores")


def hand_in(client: Client, body: bytes, channel: str = "pos", name: str = "orders.csv") -> Any:
    form = {"channel": channel, "file": SimpleUploadedFile(name, body, content_type="text/csv")}
    return client.post(reverse("console:import_preview"), form, follow=True)


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_a_file_is_looked_at_first_and_then_taken_in(log_in: LogIn):
    client = log_in(Role.OPERATIONS)
    shown = hand_in(client, written(row("P-1"), row("P-2", quantity="3"), row("P-3", quantity="two")))

    assert "2 new orders</strong>, 5 units" in text(shown)
    assert "CSV: one row per line" in text(shown)
    assert "Take in 2 orders" in text(shown)
    work_it_off()
    assert not Order.objects.exists()

    job = UploadJob.objects.get()
    client.post(reverse("console:import_confirm", args=[job.public_id]))
    client.post(reverse("console:import_confirm", args=[job.public_id]))
    work_it_off()

    assert sorted(Order.objects.values_list("external_id", flat=True)) == ["P-1", "P-2"]
    done = text(client.get(reverse("console:import_job", args=[job.public_id])))
    assert "2 orders accepted" in done
    assert "P-3" in done
    assert "orders.csv" in text(client.get(reverse("console:import")))


def test_every_fault_is_shown_by_row_and_can_be_downloaded(log_in: LogIn):
    client = log_in(Role.ADMIN)
    shown = hand_in(client, written(row("P-1", quantity="two", placed_at="=yesterday"), row("4.00638E+12")))
    job = UploadJob.objects.get()
    answer = client.get(reverse("console:import_errors", args=[job.public_id]))
    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))

    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert lines[0] == ["row", "order", "column", "problem", "what_to_do"]
    assert {(line[0], line[2]) for line in lines[1:]} == {("2", "quantity"), ("2", "placed_at"), ("3", "order_id")}
    assert "was cut by a spreadsheet" in text(shown)
    assert "Take in" not in text(shown)


def test_a_file_for_another_contract_is_told_what_it_lacks(log_in: LogIn):
    client = log_in(Role.OPERATIONS)
    shown = hand_in(client, written(row()).replace(b"quantity", b"menge"))

    assert "lacks the columns quantity of csv.order" in text(shown)
    assert not UploadJob.objects.exists()


@pytest.mark.parametrize(("name", "body"), [("orders.xlsx", b"PK\x03\x04"), ("orders.csv", b"")])
def test_what_is_no_file_of_orders_is_refused_in_words(log_in: LogIn, name: str, body: bytes):
    hand_in(log_in(Role.OPERATIONS), body, name=name)

    assert not UploadJob.objects.exists()


def test_who_may_not_send_orders_sees_no_page_and_sends_none(log_in: LogIn):
    client = log_in(Role.AGENT)

    assert client.get(reverse("console:import")).status_code == 403
    assert hand_in(client, written(row())).status_code == 403
    assert not UploadJob.objects.exists()
    assert "Import CSV" not in text(client.get(reverse("console:orders")))
    assert "Import CSV" in text(log_in(Role.OPERATIONS).get(reverse("console:orders")))


def test_known_orders_and_columns_nothing_is_read_from_are_said(log_in: LogIn):
    client = log_in(Role.OPERATIONS)
    hand_in(client, written(row("P-1")))
    client.post(reverse("console:import_confirm", args=[UploadJob.objects.get().public_id]))
    work_it_off()
    shown = text(hand_in(client, written(row("P-1") | {"colour": "red"}, columns=(*COLUMNS, "colour"))))

    assert "1 order is known already" in shown
    assert "Nothing is read from: colour" in shown


def test_a_file_nobody_took_in_is_forgotten(log_in: LogIn):
    hand_in(log_in(Role.OPERATIONS), written(row()))
    assert forget_previews(clock.now() - timedelta(days=1)) == 0

    assert forget_previews(clock.now() + timedelta(seconds=1)) == 1
    assert not UploadJob.objects.exists()


def test_of_other_peoples_files_somebody_limited_to_places_sees_nothing(log_in: LogIn):
    hand_in(log_in(Role.OPERATIONS), written(row("P-77")))
    job, store = UploadJob.objects.get(), log_in(Role.OPERATIONS, nodes=["N1"])

    for address in (f"/orders/import/{job.public_id}/", f"/orders/import/{job.public_id}/errors.csv"):
        assert store.get(address).status_code == 404
    assert store.post(f"/orders/import/{job.public_id}/take-in/").status_code == 404
    assert job.public_id not in store.get("/orders/import/").content.decode()
    assert not Order.objects.exists()
    assert "1 new order" in text(hand_in(store, written(row("P-78"))))
