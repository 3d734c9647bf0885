"""Files as spreadsheets and people make them: read, or refused by row in words; never two orders made one."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from apps.channels.files.cells import has_comma_decimals, plain_number
from apps.channels.files.reading import read_file
from apps.channels.services.contracts import active_documents
from apps.orders.models import Order, OrderContact, OrderLine
from tests.channels.test_uploads import COLUMNS, errors, row, taken, upload, written
from tests.factories import ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)
BUGREPORT = "data/bugreports/16-csv-as-spreadsheets-write-it"


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_stock(N1={"A": 10_000, "B": 10_000, "MUG-BLU": 1000})
    ChannelFactory(code="pos", kind="csv", name="Stores")


def file_of(*lines: str, end: str = "\n") -> bytes:
    return end.join(lines).encode() + end.encode()


PLAIN = written(row("P-1"), row("P-2")).decode().splitlines()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(file_of(*PLAIN, end="\r"), id="old Mac line ends"),
        pytest.param(file_of("sep=,", *PLAIN), id="Excel's line for the separator"),
        pytest.param(b"\xef\xbb\xbf" + file_of('"sep=;"', *[one.replace(",", ";") for one in PLAIN]), id="quoted, with a mark"),
        pytest.param(file_of(*[one.replace(",", "|") for one in PLAIN]), id="pipes"),
        pytest.param(file_of("", "", ",,,", *PLAIN), id="blank lines first"),
        pytest.param(file_of("Orders of today,,,", "", *PLAIN), id="a title first"),
        pytest.param(file_of(" Order ID , PLACED-AT,Currency," + PLAIN[0].split(",", 3)[3], *PLAIN[1:]), id="names as people write them"),
        pytest.param(b"\xef\xbb\xbf" + file_of(",".join(f'"{name}"' for name in COLUMNS), *PLAIN[1:], end="\r\n"), id="quoted names"),
        pytest.param(file_of(*PLAIN, "Total,,,,4,20.00"), id="totals last"),
    ],
)  # fmt: skip
def test_it_is_read_whole(client: Client, body: bytes):
    told = taken(client, body)

    assert sorted(Order.objects.values_list("external_id", flat=True)) == ["P-1", "P-2"]
    assert told["counts"]["accepted"] == 2
    assert OrderLine.objects.first().unit_price_minor == 1000


def test_a_row_of_totals_is_named_as_one(client: Client):
    told = taken(client, file_of(*PLAIN, "Total,,,,4,20.00"))

    assert errors(client, told["id"])[0][:4] == ["4", "Total", "order_id", "is a row of totals, not an order"]


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"customer_email": "bob@example.test"}, "customer_email"),
        ({"ship_name": "Bob"}, "ship_name"),
        ({"ship_line1": "9 Other Street"}, "ship_line1"),
        ({"ship_postal_code": "YO1 1AA"}, "ship_postal_code"),
        ({"currency": "EUR"}, "currency"),
    ],
)
def test_two_customers_under_one_id_are_refused_by_row_and_the_rest_comes_in(
    client: Client, changes: dict[str, str], column: str
):
    columns = (*COLUMNS, "customer_email")
    rows = [
        row("P-1", customer_email="ann@example.test"),
        row("P-2"),
        row("P-1", customer_email="ann@example.test") | changes,
    ]
    told = taken(client, written(*rows, columns=columns))

    assert [order.external_id for order in Order.objects.all()] == ["P-2"]
    (said,) = errors(client, told["id"])
    assert said[:3] == ["4", "P-1", column]
    assert said[3] == "differs from row 2 under the same order_id: one order has one customer and one address"


def test_an_order_whose_later_rows_repeat_nothing_is_one_order(client: Client):
    second = dict.fromkeys(COLUMNS, "") | {"order_id": "P-1", "sku": "B", "quantity": "1", "unit_price": "5.00"}
    taken(client, written(row("P-1"), second, row("P-1", ship_line1=" 1  canary row")))

    assert Order.objects.get().lines.count() == 3


@pytest.mark.parametrize("key", ["4.00638E+12", "4,00638E+12", "1.79603e+15"])
def test_ids_that_a_spreadsheet_cut_are_refused_by_row_and_never_merged(client: Client, key: str):
    told = taken(
        client, written(row(key), row(key, ship_line1="2 Other Street"), row("P-2"), row("P-3", sku=key), delimiter=";")
    )

    assert [order.external_id for order in Order.objects.all()] == ["P-2"]
    assert {(one[0], one[2]) for one in errors(client, told["id"]) if "cut by a spreadsheet" in one[3]} == {
        ("2", "order_id"), ("3", "order_id"), ("5", "sku"),
    }  # fmt: skip


@pytest.mark.parametrize("key", ["#N/A", "########", "null", "N/A", "", "-"])
def test_rows_without_an_id_of_their_own_are_not_one_order(client: Client, key: str):
    told = taken(client, written(row(key), row(key, ship_name="Bob"), row("P-2")))

    assert [order.external_id for order in Order.objects.all()] == ["P-2"]
    assert {one[0] for one in errors(client, told["id"])} == {"2", "3"}


def test_an_id_with_an_e_in_it_is_an_id(client: Client):
    taken(client, written(row("12E4"), row("1E400-7")))

    assert Order.objects.count() == 2


def test_every_fault_of_an_order_is_said_at_once(client: Client):
    rows = [row("P-1", placed_at="yesterday"), row("P-1", quantity="two", ship_name="Bob", unit_price="cheap")]
    told = taken(client, written(*rows))

    assert {(one[0], one[2]) for one in errors(client, told["id"])} == {
        ("2", "placed_at"), ("3", "quantity"), ("3", "unit_price"), ("3", "ship_name"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written_as", "minor"),
    [("1,400.00", 140000), ("1.400,00", 140000), ("14,00", 1400), ("£14.00", 1400), ("14.00 GBP", 1400), ("1 400,50", 140050),
     ("1'400.00", 140000), ("£ 1,400.5", 140050)],
)  # fmt: skip
def test_an_amount_is_read_as_it_was_meant(client: Client, written_as: str, minor: int):
    taken(client, written(row("P-1", unit_price=written_as), delimiter=";"))

    assert OrderLine.objects.get().unit_price_minor == minor


@pytest.mark.parametrize("written_as", ["1,400", "€14.00", "14.00 USD", "1,40,0.00", "12.34.56", "--3"])
def test_an_amount_that_can_be_read_two_ways_or_in_another_currency_is_refused_by_row(client: Client, written_as: str):
    told = taken(client, written(row("P-1", unit_price=written_as), delimiter=";"))

    assert not Order.objects.exists()
    assert errors(client, told["id"])[0][2] == "unit_price"


def test_a_file_tells_by_its_other_amounts_what_a_mark_means():
    assert has_comma_decimals(["3", "14,00", "1.400"]) is True
    assert has_comma_decimals(["3", "14.00", "1,400"]) is False
    assert has_comma_decimals(["14.00", "14,00"]) is None
    assert plain_number("1.400", "GBP", True) == "1400"
    assert plain_number("1,400", "GBP", False) == "1400"
    assert plain_number("1,400", "GBP", None) == "1,400"
    assert plain_number("1.400", "GBP", None) == "1.400"
    assert plain_number("1,4", "GBP", None) == "1.4"


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("order_id,placed_at,sku,unit_price,ship_line1", "lacks the columns quantity of csv.order"),
        ("InvoiceNo,StockCode,Description,UnitPrice,Country", "lacks the columns Quantity of csv.online_retail"),
    ],
)
def test_a_file_that_lacks_a_column_is_told_of_the_contract_it_comes_closest_to(
    client: Client, header: str, named: str
):
    answer = upload(client, file_of(header, "1,2,3,4,5"))

    assert answer.status_code == 422
    assert named in answer.json()["detail"]


def test_a_line_break_in_a_cell_stays_in_its_cell(client: Client):
    taken(client, written(row("P-1", ship_name="Tess\nNew", ship_line1="1 Quay\r\nStreet"), row("P-2")))

    assert Order.objects.count() == 2
    contact = OrderContact.objects.get(order__external_id="P-1")
    assert "\n" not in contact.name + contact.line1
    assert contact.name.split() == ["Tess", "New"]


def test_the_reported_files_are_read_or_refused_by_row_and_merge_nobody(shared: Path):
    refused = {"sku-leading-zero-and-sci.csv": 2, "two-customers-one-id.csv": 1, "total-row-last.csv": 1}
    contracts = [one for one in active_documents() if one.channel_kind == "csv"]
    for path in sorted((shared / BUGREPORT).glob("*.csv")):
        file = read_file(path.read_bytes(), contracts)
        assert sum(1 for group in file.groups if group.faults) == refused.get(path.name, 0), path.name
