"""Files of orders: whatever wrote them, every order of them comes in whole or is listed with what is wrong."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from apps.channels.files.reading import read_file
from apps.channels.mapping.documents import load_document
from apps.channels.models import InboxMessage, UploadJob
from apps.channels.services import uploading
from apps.channels.services.contracts import publish_contract
from apps.channels.services.replay import replay_message
from apps.orders.models import Hold, Order, OrderLine
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_key, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)
CONTRACTS = Path(__file__).resolve().parents[2] / "apps/channels/adapters"
COLUMNS = ("order_id", "placed_at", "currency", "sku", "quantity", "unit_price", "ship_name", "ship_line1", "ship_city",
           "ship_postal_code", "ship_country")  # fmt: skip


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_stock(N1={"A": 10_000, "B": 10_000})
    ChannelFactory(code="pos", kind="csv", name="Stores")


def row(order_id: str = "P-1", **changes: str) -> dict[str, str]:
    given = ("2026-11-02T09:00:00", "GBP", "A", "2", "10.00", "Pat Canary", "1 Canary Row", "Leeds", "LS1 1AA", "GB")
    return dict(zip(COLUMNS, (order_id, *given), strict=True)) | changes


def written(
    *rows: dict[str, str], columns: tuple[str, ...] = COLUMNS, delimiter: str = ",", encoding: str = "utf-8"
) -> bytes:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, delimiter=delimiter, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode(encoding)


def upload(
    client: Client, body: bytes, *, name: str = "orders.csv", channel: str = "pos", key: str = ""
) -> HttpResponse:
    file = SimpleUploadedFile(name, body, content_type="text/csv")
    headers = {"Authorization": f"Bearer {key or make_key()}"}
    return client.post("/api/v1/uploads", {"channel": channel, "file": file}, headers=headers)


def taken(client: Client, body: bytes) -> dict[str, Any]:
    """The upload's account, once it is through."""
    key = make_key()
    answer = upload(client, body, key=key)
    assert answer.status_code == 202, answer.content
    work_it_off()
    return client.get(answer.headers["Location"], headers={"Authorization": f"Bearer {key}"}).json()


def errors(client: Client, upload_id: str) -> list[list[str]]:
    """The error file without its first row."""
    answer = client.get(f"/api/v1/uploads/{upload_id}/errors", headers={"Authorization": f"Bearer {make_key()}"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.getvalue().decode())))[1:]


def test_a_file_comes_in_order_by_order(client: Client):
    body = written(row("P-1"), row("P-2"), row("P-1", sku="B", quantity="1"))

    told = taken(client, body)

    assert (told["state"], told["total"], told["done"], told["errors"]) == ("done", 2, 2, 0)
    assert told["counts"] == {"accepted": 2}
    orders = {order.external_id: order for order in Order.objects.all()}
    assert {name: order.state for name, order in orders.items()} == {"P-1": "released", "P-2": "released"}
    assert list(orders["P-1"].lines.values_list("sku_code", "quantity")) == [("A", 2), ("B", 1)]
    assert bytes(UploadJob.objects.get().body) == b""
    assert InboxMessage.objects.filter(verdict="accepted").count() == 2


@pytest.mark.parametrize(
    ("encoding", "mark"), [("utf-8", ","), ("utf-8-sig", ";"), ("latin-1", ","), ("cp1252", "\t"), ("utf-16", "\t")]
)
def test_whatever_wrote_the_file_names_come_out_right(client: Client, encoding: str, mark: str):
    taken(client, written(row(ship_name="Zoë Müller"), delimiter=mark, encoding=encoding))

    assert Order.objects.get().contacts.get().name == "Zoë Müller"


def test_a_column_too_many_is_left_out_and_said(client: Client):
    told = taken(client, written(row() | {"colour": "red"}, columns=(*COLUMNS, "colour")))

    assert told["counts"] == {"accepted": 1}
    assert errors(client, told["id"]) == [["1", "", "colour", "nothing is read from this column", ""]]


@pytest.mark.parametrize(
    "column", ["email", "customer.email", "target", "source", "GBP", "Column order_id", "rows", "standard", "key"]
)
def test_a_column_called_like_a_word_of_the_contract_is_not_taken_for_read(client: Client, column: str):
    told = taken(client, written(row() | {column: "x"}, columns=(*COLUMNS, column)))

    assert errors(client, told["id"]) == [["1", "", column, "nothing is read from this column", ""]]


def test_no_column_that_a_path_a_condition_or_a_step_leads_to_is_called_unread():
    raw = json.loads((CONTRACTS / "csv/order_v1.json").read_text())
    raw["fields"].append(
        {
            "target": "cancel_reason",
            "source": "rows[0].Why (in German)",
            "transforms": [{"name": "text"}],
            "note": "Why.",
        }
    )
    raw["lines"]["skip"] = [{"when": [{"path": "line-kind", "test": "missing"}], "reason": "no goods"}]
    read = ["order_id", "sku", "quantity", "ship_line1", "order_number", "Why (in German)", "line-kind"]
    body = ",".join([*read, "colour"]) + "\n" + "1,2,3,4,5,6,7,8\n"

    raw["fields"] = [field for field in raw["fields"] if field.get("note") != "Column cancel_reason."]

    assert read_file(body.encode(), [load_document(raw)]).unused == ["colour"]


def test_what_is_wrong_is_listed_by_row_and_column_and_the_rest_comes_in(client: Client):
    rows = [
        row("P-1"),
        row("P-2"),
        row("P-2", sku="B", quantity="1.5"),
        row("", sku="B"),
        row("P-4", quantity="0"),
        row("P-5"),
    ]

    told = taken(client, written(*rows))

    assert told["counts"] == {"accepted": 2, "rejected": 3}
    found = errors(client, told["id"])
    assert [(number, order, column) for number, order, column, _, _ in found] == [
        ("4", "P-2", "quantity"),
        ("5", "", "order_id"),
        ("6", "P-4", "quantity"),
    ]
    assert all(problem and advice for _, _, _, problem, advice in found)
    assert {order.external_id for order in Order.objects.all()} == {"P-1", "P-5"}
    assert OrderLine.objects.count() == 2


def test_a_row_with_a_cell_too_many_spoils_its_own_order_only(client: Client):
    good, broken = written(row("P-1")).decode(), written(row("P-2")).decode().splitlines()[1]

    told = taken(client, f"{good}{broken},surplus\r\n".encode())

    assert told["counts"] == {"accepted": 1, "rejected": 1}
    assert [(line[0], line[1]) for line in errors(client, told["id"])] == [("3", "P-2")]


def test_the_error_file_runs_no_formula(client: Client):
    told = taken(client, written(row("=HYPERLINK(1)", quantity="none"), row("@SUM", quantity="none")))

    assert [line[1] for line in errors(client, told["id"])] == ["'=HYPERLINK(1)", "'@SUM"]


def test_the_error_file_says_nothing_of_customers(client: Client):
    told = taken(client, written(row(quantity="two"), row("P-2", placed_at="yesterday")))

    assert "Canary" not in str(errors(client, told["id"]))


def test_the_same_file_again_changes_nothing(client: Client):
    body = written(row("P-1"), row("P-2"))
    taken(client, body)
    told = taken(client, body)

    assert told["counts"] == {"accepted": 0, "duplicate": 2}
    assert Order.objects.count() == 2
    assert set(InboxMessage.objects.values_list("deliveries", flat=True)) == {2}


def test_a_corrected_file_brings_what_was_missing(client: Client):
    taken(client, written(row("P-1"), row("P-2", quantity="two")))
    told = taken(client, written(row("P-1"), row("P-2", quantity="2")))

    assert told["counts"] == {"accepted": 1, "duplicate": 1}
    assert Order.objects.count() == 2


def test_a_cancellation_in_a_file_calls_its_order_off(client: Client):
    columns = (*COLUMNS, "status")
    taken(client, written(row("P-1"), columns=columns))
    told = taken(client, written(row("P-1", status="cancelled"), row("P-9", status="cancelled"), columns=columns))

    assert Order.objects.get().state == "cancelled"
    assert told["counts"] == {"accepted": 1, "ignored": 1}


def test_a_rejected_order_is_tried_again_once_the_contract_was_changed(client: Client):
    from apps.channels.framework.contracts import shipped_contract

    body = written(row("P-1", placed_at="02.11.2026 09:00"))
    assert taken(client, body)["counts"] == {"accepted": 0, "rejected": 1}
    document = dict(shipped_contract("csv.order").raw)
    document["fields"] = [dict(one) for one in document["fields"]]
    placed = next(one for one in document["fields"] if one["target"] == "placed_at")
    placed["transforms"] = [{"name": "moment", "args": {"zone": "UTC", "formats": ["%d.%m.%Y %H:%M"]}}]
    publish_contract(document, reason="It reads better", actor=AGENT)

    replay_message(InboxMessage.objects.get().public_id, actor=AGENT)
    work_it_off()
    assert Order.objects.count() == 1

    assert taken(client, body)["counts"] == {"accepted": 0, "duplicate": 1}


@pytest.mark.parametrize(
    ("name", "body", "problem"),
    [
        ("orders.svg", b"a,b\n", "its name ends in .svg"),
        ("orders.html", b"a,b\n", "its name ends in .html"),
        ("orders.csv", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "markup"),
        ("orders.csv", b"\xef\xbb\xbf  <!DOCTYPE html><html>", "markup"),
        ("orders.csv", b"PK\x03\x04rest of a spreadsheet", "spreadsheet"),
        ("orders.csv", b"a,b\n\x00\x01", "no text"),
    ],
)
def test_what_is_no_csv_file_is_refused(client: Client, name: str, body: bytes, problem: str):
    answer = upload(client, body, name=name)

    assert answer.status_code == 415
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem in answer.json()["detail"]
    assert not UploadJob.objects.exists()


@pytest.mark.parametrize("body", [b"", b"\n\n", b"name,price\nMug,3\n", b'"order_id'])
def test_a_file_whose_columns_make_no_sense_is_refused(client: Client, body: bytes):
    answer = upload(client, body)

    assert answer.status_code == 422
    assert "lacks the columns" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (written(row()) + b'P-2,"never closed\n', "a quotation mark is not closed"),
        (written(), "it has no rows below the first"),
        (written(row(), columns=(*COLUMNS, "sku")), "names sku twice"),
    ],
)
def test_a_file_that_breaks_off_is_refused_whole(client: Client, body: bytes, problem: str):
    told = taken(client, body)

    assert told["state"] == "refused"
    assert problem in errors(client, told["id"])[0][3]
    assert not Order.objects.exists()


def test_only_channels_for_files_take_files(client: Client):
    ChannelFactory(code="shop", kind="shopify")

    assert upload(client, written(row()), channel="shop").status_code == 422
    assert upload(client, written(row()), channel="none").status_code == 404
    assert upload(client, written(row()), key=make_key(channels=["shop"])).status_code == 404
    assert upload(client, written(row()), key=make_key(scopes=["orders:read"])).status_code == 403


def test_a_body_that_is_no_form_is_refused(client: Client):
    headers = {"Authorization": f"Bearer {make_key()}"}

    assert client.post("/api/v1/uploads", b"{}", content_type="application/json", headers=headers).status_code == 415
    missing = client.post("/api/v1/uploads", {"channel": "pos"}, headers=headers)
    assert (missing.status_code, missing.json()["errors"][0]["pointer"]) == (422, "/file")


def test_a_killed_upload_goes_on_after_the_last_part(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uploading, "PART_ORDERS", 3)
    settle, settled = uploading.settle_messages, []

    def settle_then_die(channel: Any, messages: Any) -> None:
        settle(channel, messages)
        settled.append([message.external_id for message in messages])
        if len(settled) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(uploading, "settle_messages", settle_then_die)
    upload(client, written(*(row(f"P-{number}") for number in range(8))))

    with pytest.raises(KeyboardInterrupt):
        work_it_off()
    assert (Order.objects.count(), UploadJob.objects.get().done) == (3, 3)
    work_it_off()

    assert Order.objects.count() == 8
    assert UploadJob.objects.get().state == "done"
    assert settled == [["P-0", "P-1", "P-2"], ["P-3", "P-4", "P-5"], ["P-3", "P-4", "P-5"], ["P-6", "P-7"]]


def test_an_order_that_breaks_the_intake_is_listed_and_the_others_of_its_part_come_in(
    client: Client, monkeypatch: pytest.MonkeyPatch
):
    settle = uploading.settle_messages

    def settle_or_break(channel: Any, messages: Any) -> None:
        settle(channel, messages)
        if any(message.external_id == "P-2" for message in messages):
            raise ValueError("Pat Canary")

    monkeypatch.setattr(uploading, "settle_messages", settle_or_break)
    told = taken(client, written(row("P-1"), row("P-2"), row("P-3")))

    assert told["counts"] == {"accepted": 2, "rejected": 1}
    assert errors(client, told["id"])[0][3] == "it could not be taken in (ValueError)"
    assert {order.external_id for order in Order.objects.all()} == {"P-1", "P-3"}


def test_a_hundred_thousand_rows_are_divided_in_seconds(client: Client):
    rows = (row(f"P-{number // 50}", sku="AB"[number % 2]) for number in range(100_000))

    answer = upload(client, written(*rows))
    assert answer.status_code == 202
    job = UploadJob.objects.get()
    uploading.run_csv_job(job.public_id)
    uploading.run_csv_job(job.public_id)

    job = UploadJob.objects.get()
    assert (job.state, job.total, job.done) == ("running", 2000, 60)
    assert OrderLine.objects.count() == 3000


def test_a_row_that_is_refused_does_not_hold_the_order_it_speaks_of(client: Client):
    taken(client, written(row("P-1")))
    account = taken(client, written(row("P-1", quantity="two")))

    assert account["counts"]["rejected"] == 1
    assert not Hold.objects.exists()
    assert Order.objects.get().state == "released"
