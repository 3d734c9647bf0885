"""POST /orders/bulk and the job behind it."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from apps.channels.models import InboxMessage, UploadJob, UploadPart
from apps.channels.services import bulk
from apps.channels.services.bulk import run_bulk_job
from apps.core.models import Event
from apps.core.transactions import in_transaction
from apps.orchestration import queue
from apps.orchestration.registry import STEPS
from apps.orders.models import Order, OrderLine
from tests.api.front_door import codes, order_body
from tests.driving import work_it_off
from tests.factories import make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]


def row(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in order_body(**changes).items() if name != "channel"}


def handed_in(api: Any, *rows: Any) -> str:
    answer = api.post("orders/bulk", {"channel": "api", "orders": list(rows)})
    assert answer.status_code == 202, answer.content
    return str(answer.data["id"])


def run_whole(job: str) -> UploadJob:
    while UploadJob.objects.get().state != "done":
        run_bulk_job(job)
    return UploadJob.objects.get()


def test_a_body_is_kept_at_once_and_answered_with_the_address_of_its_job(api):
    answer = api.post("orders/bulk", {"channel": "api", "orders": [row(), row()]})

    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/v1/jobs/{answer.data['id']}"
    assert (answer.data["state"], answer.data["total"], answer.data["done"]) == ("queued", 2, 0)
    assert not Order.objects.exists()
    assert api.get(answer.headers["Location"]).data["rows"] == []


def test_each_row_ends_accepted_existing_or_refused_with_pointers(api):
    known = make_order(external_id="KNOWN")
    wrong = row(currency="XXXX", lines=[{"line_id": "1", "quantity": 0}])
    job = handed_in(api, row(external_id="NEW"), row(external_id="KNOWN"), wrong, "text", None, row(external_id="NEW"))

    run_whole(job)

    answer = api.get(f"jobs/{job}").data
    new = Order.objects.get(external_id="NEW").public_id
    assert [one["row"] for one in answer["rows"]] == [0, 1, 2, 3, 4, 5]
    assert [one["outcome"] for one in answer["rows"]] == [
        "accepted",
        "existing",
        "refused",
        "refused",
        "refused",
        "existing",
    ]
    assert [answer["rows"][n]["order"] for n in (0, 1, 5)] == [new, known.public_id, new]
    assert {one["pointer"] for one in answer["rows"][2]["errors"]} == {"/currency", "/lines/0/quantity"}
    assert answer["counts"] == {"accepted": 1, "existing": 2, "refused": 3}
    assert (answer["state"], answer["done"], answer["total"]) == ("done", 6, 6)
    assert [one["row"] for one in api.get(f"jobs/{job}?outcome=accepted,existing").data["rows"]] == [0, 1, 5]


@pytest.mark.django_db(transaction=True)
def test_the_workers_take_it_in_and_the_orders_go_their_way(api):
    job = handed_in(api, row(), row())
    work_it_off()

    assert api.get(f"jobs/{job}").data["state"] == "done"
    assert set(Order.objects.values_list("state", flat=True)) == {"released"}
    assert InboxMessage.objects.filter(verdict="accepted").count() == 2
    accepted = Event.objects.filter(name="order.accepted")
    assert {(event.actor[:4], event.correlation_id) for event in accepted} == {("key:", job)}


def test_what_was_taken_in_equals_what_one_by_one_makes(api):
    body = row(external_id="E-1", tags=["a", "b"], note="ring twice", customer={"name": "P", "tier": "vip"})
    run_whole(handed_in(api, body))
    api.post("orders", {**body, "external_id": "E-2", "channel": "api"})

    one, two = Order.objects.order_by("pk")
    skip = {"id", "public_id", "external_id", "received_at", "entered_state_at"}
    same = {field.name for field in Order._meta.concrete_fields} - skip
    assert [getattr(one, name) for name in sorted(same)] == [getattr(two, name) for name in sorted(same)]
    lines = [
        list(OrderLine.objects.filter(order=order).values("line_id", "sku_code", "quantity")) for order in (one, two)
    ]
    assert lines[0] == lines[1]
    assert [order.history.count() for order in (one, two)] == [1, 1]
    assert [order.contacts.get().note for order in (one, two)] == ["ring twice", "ring twice"]


def test_a_job_goes_on_with_the_parts_that_were_not_committed(api, monkeypatch):
    monkeypatch.setattr(bulk, "PART_ROWS", 2)
    job = handed_in(api, *[row() for _ in range(5)])
    run_bulk_job(job)
    assert (UploadJob.objects.get().done, Order.objects.count()) == (2, 2)

    def killed(*args: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(bulk, "_note", killed)
        with pytest.raises(SystemExit):
            run_bulk_job(job)
    assert (UploadJob.objects.get().done, Order.objects.count()) == (2, 2)

    done = run_whole(job)
    assert [one["row"] for one in done.results] == [0, 1, 2, 3, 4]
    assert Order.objects.count() == 5
    assert not UploadPart.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_take_parts_of_one_job_in_side_by_side_and_none_twice(api, monkeypatch):
    monkeypatch.setattr(bulk, "PART_ROWS", 3)
    job = handed_in(api, *[row(external_id=f"E-{n % 20}") for n in range(24)])
    start = Barrier(3)

    def work(_: int) -> None:
        start.wait(30)
        try:
            for _ in range(8):
                in_transaction(lambda: run_bulk_job(job))
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))

    done = UploadJob.objects.get()
    assert (done.state, done.done, Order.objects.count()) == ("done", 24, 20)
    assert [one["row"] for one in done.results] == list(range(24))
    assert Counter(one["outcome"] for one in done.results) == {"accepted": 20, "existing": 4}


def test_a_part_done_twice_is_done_once(api):
    job = handed_in(api, row())
    run_whole(job)

    run_bulk_job(job)

    assert (Order.objects.count(), len(UploadJob.objects.get().results)) == (1, 1)


def test_long_orders_make_smaller_parts(api, monkeypatch):
    monkeypatch.setattr(bulk, "PART_BYTES", 1_000)
    job = handed_in(api, *[row(note="x" * 600) for _ in range(3)])

    run_bulk_job(job)

    assert UploadJob.objects.get().done == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"channel": "api"}, "/orders"),
        ({"channel": "api", "orders": []}, "/orders"),
        ({"channel": "api", "orders": {}}, "/orders"),
        ({"channel": "api", "orders": [{}] * 10_001}, "/orders"),
        ({"orders": [{}]}, "/channel"),
        ({"channel": "", "orders": [{}]}, "/channel"),
        ({"channel": "api", "orders": [{}], "more": 1}, "/more"),
    ],
)
def test_an_unreadable_envelope_is_422_and_nothing_is_kept(api, body, pointer):
    answer = api.post("orders/bulk", body)

    assert (answer.status_code, list(codes(answer))) == (422, [pointer])
    assert not UploadJob.objects.exists()


def test_a_body_over_two_megabytes_is_welcome_here_and_over_64_refused(api, settings):
    big = row(note="x" * 2000, lines=[{"line_id": str(n), "sku": "A" * 100, "quantity": 1} for n in range(2000)])
    assert api.post("orders/bulk", {"channel": "api", "orders": [big] * 10}).status_code == 202

    from apps.api.v1.bulk import BulkOrders

    limit = BulkOrders.body_limit
    BulkOrders.body_limit = 1_000
    try:
        answer = api.post("orders/bulk", {"channel": "api", "orders": [row()] * 10})
    finally:
        BulkOrders.body_limit = limit
    assert (answer.status_code, answer.data["code"]) == (413, "body_too_large")
    assert UploadJob.objects.count() == 1


def test_bad_input_01_without_a_key_it_is_400_and_a_repeat_is_the_same_job(api):
    body = {"channel": "api", "orders": [row()]}
    assert api.post("orders/bulk", body, key="").status_code == 400

    answers = [api.post("orders/bulk", body, key="k") for _ in range(2)]

    assert answers[0].data == answers[1].data
    assert answers[1].headers["Location"] == answers[0].headers["Location"]
    assert UploadJob.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_sweep_takes_in_several_parts_before_other_work_has_its_turn(api, monkeypatch):
    from apps.orchestration import runner

    monkeypatch.setattr(bulk, "PART_ROWS", 1)
    handed_in(api, *[row() for _ in range(4)])

    runner._sweep([STEPS["run_upload"], STEPS["validate_order"]])

    assert UploadJob.objects.get().state == "done"
    assert set(Order.objects.values_list("state", flat=True)) == {"validated"}
    assert queue.steps_with_work(["run_upload"]) == set()
    connection.close()
