"""What others wrote is shown as they wrote it, and never run."""

import csv
import json

import pytest
from django.urls import reverse

from apps.accounts.models import Role
from apps.channels.models import Channel, InboxMessage, Verdict
from apps.console.shell.exporting import csv_lines
from apps.core.spreadsheets import safe_cell
from apps.orders.services import place_hold
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import AGENT, make_order

pytestmark = pytest.mark.django_db
EVIL = "<script>alert(1)</script>"
ADDRESS = {"name": EVIL, "line1": f"1 {EVIL}", "city": EVIL, "postal_code": "LS1 1AA", "country": "GB"}


def test_a_script_in_a_name_is_text_wherever_it_appears(log_in: LogIn, shop: None):
    lines = [{"line_id": "1", "sku": EVIL, "title": EVIL, "quantity": 1, "unit_price": 100}]
    order = make_order(shipping_address=ADDRESS, lines=lines, note=EVIL, external_number=f"#1{EVIL}", tags=[EVIL])
    work_it_off()
    place_hold(order.pk, reason="manual", note=EVIL, actor=AGENT)
    client = log_in(Role.ADMIN)

    pages = [
        client.get(reverse("console:order", args=[order.public_id])),
        client.get("/orders/"),
        client.get("/orders/", {"q": EVIL}),
        client.get("/search/", {"q": f"#1{EVIL}"}),
        client.get("/search/", {"q": EVIL}),
        client.get("/exceptions/"),
        client.get("/"),
    ]

    for page in pages:
        text = page.content.decode()
        assert EVIL not in text
        assert "<script>" not in text
    assert "&lt;script&gt;" in pages[0].content.decode()


def test_a_raw_message_is_laid_out_and_shown_as_text(log_in: LogIn, shop: None):
    body = json.dumps({"name": EVIL, "note": "ünï"}).encode()
    message = InboxMessage.objects.create(
        channel=Channel.objects.get(),
        topic=EVIL,
        external_id=EVIL,
        dedupe_key="1",
        headers={EVIL: EVIL},
        body=body,
        verdict=Verdict.QUARANTINED,
        problems=[{"path": EVIL, "problem": EVIL, "what_to_do": EVIL}],
    )

    text = log_in(Role.OPERATIONS).get(reverse("console:inbox_message", args=[message.public_id])).content.decode()

    assert EVIL not in text
    assert "&#34;note&#34;: &#34;ünï&#34;" in text


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b"", b"[" * 100_000, b'{"a": 1'])
def test_a_message_that_is_no_json_is_shown_all_the_same(log_in: LogIn, shop: None, body: bytes):
    message = InboxMessage.objects.create(
        channel=Channel.objects.get(), dedupe_key="1", body=body, verdict=Verdict.REJECTED
    )

    answer = log_in(Role.OPERATIONS).get(reverse("console:inbox_message", args=[message.public_id]))

    assert answer.status_code == 200


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\n=x", " =1", "＝1"])
def test_a_cell_that_a_spreadsheet_would_run_is_prefixed(text: str):
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Leeds", "a=b", "1-2", "'=1"])
def test_an_ordinary_cell_is_left_as_it_is(text: str):
    assert safe_cell(text) == text


def test_numbers_stay_numbers_in_a_csv():
    assert "".join(csv_lines(["a"], [[-5], ["-5"]])) == "a\r\n-5\r\n'-5\r\n"


def test_the_export_of_orders_disarms_formulas_and_keeps_everything_else(log_in: LogIn, shop: None):
    formula = '=HYPERLINK("http://evil.example","click")'
    make_order(shipping_address={**ADDRESS, "name": formula, "city": 'Leeds, "W"'}, external_number="=1+1")

    answer = log_in().get(reverse("console:orders_export"))

    assert answer["Content-Disposition"].startswith('attachment; filename="orders-')
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[union-attr, arg-type]
    (row,) = csv.DictReader(text.splitlines())
    assert row["number"] == "'=1+1"
    assert row["customer"] == f"'{formula}"
    assert row["ship_to"] == 'Leeds, "W", GB'
    assert row["total"] == "10.00"


def test_the_export_follows_the_filters(log_in: LogIn, shop: None):
    make_order(external_number="#1")
    held = make_order(external_number="#2")
    place_hold(held.pk, reason="manual", actor=AGENT)

    answer = log_in().get(reverse("console:orders_export"), {"hold": "any"})

    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[union-attr, arg-type]
    assert [row["number"] for row in csv.DictReader(text.splitlines())] == ["#2"]
