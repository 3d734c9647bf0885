"""Etsy: what its receipts become, what is told it of shipments, and stock in inventories that are only written whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.channels.adapters.etsy.messages import as_message
from apps.channels.errors import ShopDeclined, ShopRefused, ShopUnreachable
from apps.channels.framework.shop import Parcel, ShipmentReport, Shop
from apps.channels.framework.stock import Article, Figure, FigureResult
from apps.channels.models import Channel, ChannelToken, InboxMessage
from apps.channels.services.connecting import shop_of
from apps.channels.services.tokens import exchange_code
from apps.channels.tasks import poll_all
from apps.core import clock
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel as Box
from apps.fulfillment.services import ship_fulfillment_order
from apps.orders.models import Hold, Order, OrderContact, OrderLine
from orchestrator.sandbox.shops.etsy import Etsy
from tests.channels.etsy import etsy_channel, etsy_receipt, money, transaction
from tests.channels.simulated import Simulated, simulated
from tests.driving import work_it_off
from tests.factories import AGENT, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)
SIZE = 100


@pytest.fixture
def shop() -> Iterator[Simulated[Etsy]]:
    with simulated(Etsy) as running:
        yield running


@pytest.fixture
def client(shop: Simulated[Etsy]) -> Shop:
    return shop_of(etsy_channel(shop.url))


def bring(shop: Simulated[Etsy], **changes: Any) -> Order:
    make_policy()
    make_stock(N1={"A": 50, "B": 50})
    etsy_channel(shop.url, polled_until=datetime(2026, 10, 1, tzinfo=UTC))
    shop.shop.put(etsy_receipt(1, **changes))
    poll_all()
    work_it_off()
    return Order.objects.get()


# Orders


def test_a_receipt_becomes_an_order_with_what_the_buyer_wrote(shop):
    lines = [
        transaction(1, variations=[{"formatted_name": "Personalization", "formatted_value": "For Ada & Tom"}]),
        transaction(2, "PDF", 1, is_digital=True, price=money(500)),
        transaction(3, "B", 0),
    ]
    order = bring(
        shop, transactions=lines, is_gift=True, gift_message="Many happy returns", message_from_buyer="Ring twice",
        subtotal=money(2250), discount_amt=money(250), total_shipping_cost=money(395), total_tax_cost=money(45),
        gift_wrap_price=money(200), grandtotal=money(2890),
    )  # fmt: skip

    assert (order.state, order.external_id, order.total_minor) == ("released", "3000000001", 2890)
    assert (order.tags, order.ship_by) == (["gift"], datetime.fromtimestamp(1_794_000_000, UTC))
    kept = {line.sku_code: line for line in OrderLine.objects.all()}
    assert set(kept) == {"A", "PDF"}
    assert kept["A"].properties == {"Personalization": "For Ada & Tom"}
    assert (kept["A"].title, kept["PDF"].requires_shipping) == ('Mug "Leeds"', False)
    assert OrderContact.objects.get().note == "Ring twice · Many happy returns"


def test_vat_is_in_the_prices_and_sales_tax_comes_on_top(shop):
    order = bring(shop, total_vat_cost=money(333))

    assert (order.total_minor, order.claimed_totals["prices_include_tax"], order.claimed_totals["tax"]) == (
        2000,
        True,
        333,
    )
    assert not Hold.objects.exists()


def test_amounts_are_read_by_their_divisor_in_the_buyers_currency(shop):
    yen = {"subtotal": money(4000, "JPY", 1), "grandtotal": money(4000, "JPY", 1)}
    order = bring(shop, transactions=[transaction(1, price=money(2000, "JPY", 1))], **yen)

    assert (order.currency, order.total_minor) == ("JPY", 4000)


def test_a_line_in_another_currency_than_the_receipt_is_put_before_a_person(shop):
    make_policy()
    etsy_channel(shop.url, polled_until=datetime(2026, 10, 1, tzinfo=UTC))
    shop.shop.put(etsy_receipt(1, transactions=[transaction(1, price=money(1000, "USD"))]))
    poll_all()
    work_it_off()

    assert InboxMessage.objects.get().verdict == "quarantined"
    assert not Order.objects.exists()


def test_of_a_receipt_nobody_has_paid_yet_nothing_leaves(shop):
    order = bring(shop, is_paid=False, status="payment processing")

    assert (order.state, order.payment_state) == ("received", "pending")


def test_receipts_are_read_page_by_page_however_many_change_in_one_second(shop, client):
    shop.page_size = 3
    for number in range(10):
        shop.shop.put(etsy_receipt(number))
    make_policy()
    make_stock(N1={"A": 50})
    Channel.objects.update(polled_until=datetime(2026, 10, 1, tzinfo=UTC))
    poll_all()
    work_it_off()

    assert Order.objects.count() == 10


def test_what_is_still_to_leave_is_not_held_because_etsy_calls_the_whole_receipt_complete(shop):
    order = bring(shop, transactions=[transaction(1, "A", 1), transaction(2, "B", 1)])
    work = FulfillmentOrder.objects.get()
    line = work.lines.order_by("pk")[0]
    ship_fulfillment_order(work.pk, parcels=[Box("R1", contents={line.pk: 1})], external_id="S1", actor=AGENT)
    work_it_off()
    assert shop.orders["3000000001"]["status"] == "completed"
    with clock.moved(timedelta(minutes=10)):
        poll_all()
        work_it_off()

    assert not Hold.objects.exists()
    order.refresh_from_db()
    assert order.state == "released"


# Shipments


def report(*numbers: str, complete: bool = True) -> ShipmentReport:
    parcels = [Parcel("Royal Mail", number, "") for number in numbers]
    return ShipmentReport("shp_1", "3000000001", {"1": 1}, parcels, complete)


def test_each_parcel_is_told_once_in_the_form_etsy_takes(shop, client):
    shop.shop.put(etsy_receipt(1))
    client.report_shipment(report("R1"), check_first=False)
    client.report_shipment(report("R1", "R2"), check_first=True)

    assert [(one["tracking_code"], one["carrier_name"], one["send_bcc"]) for one in shop.shop.tracking] == [
        ("R1", "royal-mail", "false"),
        ("R2", "royal-mail", "false"),
    ]


def test_a_parcel_without_a_number_marks_the_receipt_as_shipped_and_only_once(shop, client):
    shop.shop.put(etsy_receipt(1))
    for check_first in (False, True):
        client.report_shipment(report(), check_first=check_first)

    assert [sorted(one) for one in shop.shop.tracking] == [["receipt_id", "send_bcc"]]
    assert shop.orders["3000000001"]["is_shipped"]


def test_what_etsy_says_against_it_is_said_in_its_words(shop, client):
    with pytest.raises(ShopDeclined, match="Resource not found"):
        client.report_shipment(report("R1"), check_first=False)


# Stock


def size(value: int) -> list[dict[str, Any]]:
    named = {"property_id": SIZE, "property_name": "Size", "scale_id": None, "scale_name": None}
    return [{**named, "value_ids": [value], "values": [str(value)]}]


@pytest.fixture
def two_sizes(shop: Simulated[Etsy]) -> None:
    products = [
        {"product_id": 101, "sku": "A", "quantity": 5, "price": 1999, "property_values": size(1)},
        {"product_id": 102, "sku": "B", "quantity": 7, "price": 2499, "property_values": size(2)},
    ]
    varies = {"price_on_property": [SIZE], "quantity_on_property": [SIZE], "sku_on_property": [SIZE]}
    shop.shop.put_listing(11, products, **varies)


def figure(available: int, product: int = 101, code: str = "A", *, shown: int | None = None) -> Figure:
    article = Article(external_id=f"11:{product}", stock_id="11", code=code)
    return Figure(article=article, available=available, shown=shown, ref=f"r{product}")


def shows(shop: Simulated[Etsy], listing: int = 11) -> dict[str, int]:
    products = shop.shop.listings[str(listing)]["inventory"]["products"]
    return {one["sku"]: one["offerings"][0]["quantity"] for one in products}


def sent(client: Shop, *figures: Figure) -> list[FigureResult]:
    return list(client.send_stock(figures))


@pytest.mark.usefixtures("two_sizes")
def test_a_quantity_is_set_and_all_the_rest_goes_back_as_it_was(shop, client):
    (result,) = sent(client, figure(3, shown=5))

    assert (result.taken, shows(shop)) == (True, {"A": 3, "B": 7})
    _, body = shop.shop.written[0]
    assert [one["offerings"][0]["price"] for one in body["products"]] == [19.99, 24.99]
    assert [one["property_values"][0]["values"] for one in body["products"]] == [["1"], ["2"]]
    assert body["sku_on_property"] == [SIZE]


@pytest.mark.usefixtures("two_sizes")
def test_several_of_one_listing_are_written_in_one_go_and_a_third_listing_waits_for_none(shop, client):
    shop.shop.put_listing(12, [{"product_id": 201, "sku": "C", "quantity": 1}])
    other = Figure(article=Article(external_id="12:201", code="C"), available=9, shown=None, ref="c")
    gone = Figure(article=Article(external_id="99:1", code="Z"), available=9, shown=None, ref="z")
    results = sent(client, figure(1), figure(2, 102, "B"), gone, other)

    assert [one.taken for one in results] == [True, True, False, True]
    assert "no such product" in results[2].refusal
    assert (shows(shop), shows(shop, 12), len(shop.shop.written)) == ({"A": 1, "B": 2}, {"C": 9}, 2)


@pytest.mark.usefixtures("two_sizes")
def test_products_keep_being_found_by_their_sku_after_etsy_gave_them_new_ids(shop, client):
    sent(client, figure(4))
    (result,) = sent(client, figure(2))

    assert (result.taken, shows(shop)["A"]) == (True, 2)


@pytest.mark.usefixtures("two_sizes")
def test_what_sold_at_etsy_meanwhile_is_not_overwritten(shop, client):
    shop.shop.listings["11"]["inventory"]["products"][0]["offerings"][0]["quantity"] = 4
    (result,) = sent(client, figure(9, shown=5))

    assert (result.taken, result.refusal, result.shows) == (False, "", 4)
    assert (shop.shop.written, shows(shop)["A"]) == ([], 4)


@pytest.mark.usefixtures("two_sizes")
def test_an_edit_between_reading_and_writing_is_read_again(shop, client):
    def edit(listing: str) -> None:
        shop.shop.on_read = lambda _: None
        inventory = shop.shop.listings[listing]["inventory"]
        inventory["products"].pop()
        inventory.update(price_on_property=[], quantity_on_property=[], sku_on_property=[])

    shop.shop.on_read = edit
    (result,) = sent(client, figure(3))

    assert (result.taken, result.refusal) == (False, "")
    assert sent(client, figure(3))[0].taken
    assert shows(shop) == {"A": 3}


def test_products_that_etsy_counts_together_are_changed_only_where_all_of_them_are_ours(shop, client):
    shared = [{"product_id": 101, "sku": "A", "quantity": 5}, {"product_id": 102, "sku": "B", "quantity": 5}]
    shop.shop.put_listing(11, shared)
    apart = sent(client, figure(3), figure(2, 102, "B"))

    assert [one.taken for one in apart] == [False, False]
    assert "counts this together" in apart[0].refusal
    assert shows(shop) == {"A": 5, "B": 5}
    assert [one.taken for one in sent(client, figure(3), figure(3, 102, "B"))] == [True, True]
    assert shows(shop) == {"A": 3, "B": 3}


def test_with_nothing_left_a_listing_is_taken_off_sale_and_a_person_puts_it_back(shop, client):
    shop.shop.put_listing(11, [{"product_id": 101, "sku": "A", "quantity": 1}])
    (none,) = sent(client, figure(0, shown=1))
    assert (none.taken, shop.shop.listings["11"]["state"]) == (True, "inactive")
    assert [one.available for one in client.read_stock([figure(0).article])] == [0]

    (again,) = sent(client, figure(4, shown=0))
    assert "not on sale" in again.refusal
    assert shop.shop.listings["11"]["state"] == "inactive"


def test_a_listing_goes_back_on_sale_where_that_is_switched_on(shop):
    channel = etsy_channel(shop.url, settings={"reactivate": True})
    shop.shop.put_listing(11, [{"product_id": 101, "sku": "A", "quantity": 1}])
    for available, shown in ((0, 1), (4, 0)):
        assert sent(shop_of(channel), figure(available, shown=shown))[0].taken

    assert (shop.shop.listings["11"]["state"], shows(shop)) == ("active", {"A": 4})


def test_a_lost_answer_is_no_answer_and_sending_again_changes_nothing(shop, client):
    shop.shop.put_listing(11, [{"product_id": 101, "sku": "A", "quantity": 5}])
    shop.fail("PUT", 503, after=True)
    with pytest.raises(ShopUnreachable):
        sent(client, figure(3, shown=5))

    assert sent(client, figure(3, shown=5))[0].taken
    assert shows(shop) == {"A": 3}


# Catalog and connecting


@pytest.mark.usefixtures("two_sizes")
def test_the_catalog_is_every_product_of_what_is_on_sale_sold_out_or_switched_off(shop, client):
    shop.page_size = 1
    shop.shop.put_listing(12, [{"product_id": 201, "sku": "C", "quantity": 0}], state="sold_out")
    shop.shop.put_listing(13, [{"product_id": 301, "sku": "D", "quantity": 2}], state="inactive")
    shop.shop.put_listing(14, [{"product_id": 401, "sku": "PDF", "quantity": 999}], listing_type="download")
    items, mark = [], ""
    while True:
        page = client.catalog_page(mark)
        items += page.items
        mark = page.next
        if not mark:
            break

    assert [(one.article.external_id, one.article.code, one.active) for one in items] == [
        ("11:101", "A", True), ("11:102", "B", True), ("12:201", "C", True), ("13:301", "D", False),
    ]  # fmt: skip
    assert (str(items[0].price), items[0].currency, items[0].options, items[0].available) == (
        "19.99", "GBP", ["1"], {"": 5},
    )  # fmt: skip


def test_the_check_says_whose_shop_it_is_and_which_scope_is_missing_by_name(shop, client):
    shop.shop.scopes = ["transactions_r", "shops_r", "listings_r"]
    report = client.check_connection()

    assert (report.shop_name, report.account, report.currency, report.country) == ("SandboxMugs", "4242", "GBP", "GB")
    assert [scope.name for scope in report.missing] == ["transactions_w"]


def test_every_call_has_the_key_with_its_secret_and_a_token(shop, client):
    client.check_connection()

    for request, _ in shop.requests:
        assert request.headers["x-api-key"] == "key:shared"
        assert request.headers["authorization"].startswith("Bearer 1.")


def test_the_refresh_token_is_used_once_and_the_next_one_kept(shop):
    channel = etsy_channel(shop.url)
    ChannelToken.objects.update(expires_at=clock.now() - timedelta(minutes=1))
    shop.shop.refresh_tokens, shop.shop.tokens = {"1.refresh"}, {"none"}
    for _ in range(2):
        shop_of(channel).check_connection()

    token = ChannelToken.objects.get()
    assert token.refresh_token in shop.shop.refresh_tokens
    assert token.refresh_token != "1.refresh"
    assert token.expires_at is not None
    assert token.expires_at > clock.now() + timedelta(minutes=50)
    asked = [one for one in shop.asked("POST") if one.endswith("/oauth/token")]
    assert len(asked) == 1


def test_leave_that_was_taken_back_is_said_and_nothing_is_tried_with_it(shop):
    channel = etsy_channel(shop.url)
    ChannelToken.objects.update(expires_at=clock.now() - timedelta(minutes=1))
    shop.shop.refresh_tokens = {"another"}
    with pytest.raises(ShopRefused):
        shop_of(channel).check_connection()

    assert "invalid_grant. Give access again" in ChannelToken.objects.get().trouble


def test_the_code_of_etsys_page_is_exchanged_with_its_verifier(shop):
    channel = etsy_channel(shop.url)
    token = exchange_code(channel, "code", redirect_uri="https://us.example/back", verifier="v" * 43)

    assert token.access_token in shop.shop.tokens
    with pytest.raises(ShopRefused):
        exchange_code(channel, "code", redirect_uri="https://us.example/back")


def test_a_receipts_own_words_stay_beside_what_was_worked_out(shop):
    message = as_message(etsy_receipt(1))

    assert message["grandtotal"] == {"amount": 2000, "divisor": 100, "currency_code": "GBP", "value": "20"}
    assert (message["updated_timestamp"], message["updated_at"]) == (1_793_610_000, "2026-11-02T09:00:00+00:00")
