"""Lists: filters, search, pages, saved views."""

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.accounts.models import Role
from apps.catalog.models import Sku, SkuAlias
from apps.channels.models import Channel, InboxMessage, Verdict
from apps.console.models import SavedView
from apps.core import clock
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel, ship_fulfillment_order
from apps.inventory.models import StockLevel
from apps.network.models import Node
from apps.orders.models import Order, OrderContact
from apps.orders.services import place_hold
from apps.ui.paging import sheet
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, UserFactory, make_order

pytestmark = pytest.mark.django_db


def numbers(answer) -> list[str]:  # type: ignore[no-untyped-def]
    return [row.order.number for row in answer.context["rows"]]


@pytest.fixture
def four(shop: None) -> None:
    """One held, one released, one of another channel, one with an unknown SKU; oldest first."""
    ChannelFactory(code="woo", name="Outlet")
    # Longer ago than the days asked about, also when midnight passes between the collecting of this file and its run.
    with clock.moved(timedelta(days=-5)):
        held = make_order(external_number="#held")
    released = make_order(external_number="#released", customer={"email": "pat@example.test"})
    make_order(external_number="#woo", channel="woo")
    make_order(external_number="#strange", lines={"NOBODY-KNOWS": 1})
    place_hold(held.pk, reason="manual", actor=AGENT)
    work_it_off()
    assert released.pk


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["#strange", "#woo", "#released", "#held"]),
        ({"state": "released"}, ["#woo", "#released"]),
        ({"state": "received,validated"}, ["#strange", "#held"]),
        ({"channel": "woo"}, ["#woo"]),
        ({"hold": "any"}, ["#strange", "#held"]),
        ({"hold": "manual"}, ["#held"]),
        ({"case": "any"}, ["#strange", "#held"]),
        ({"case": "unknown_sku", "state": "received"}, ["#strange"]),
        ({"node": "leeds"}, ["#woo", "#released"]),
        ({"to": (clock.now() - timedelta(days=2)).date().isoformat()}, ["#held"]),
        ({"from": (clock.now() - timedelta(days=2)).date().isoformat(), "hold": "any"}, ["#strange"]),
        ({"q": "#rel"}, ["#released"]),
        ({"q": "rel"}, ["#released"]),
        ({"q": "pat@example.test"}, ["#released"]),
        ({"q": "nothing like it"}, []),
        ({"state": "nonsense", "hold": "'--", "from": "yesterday", "node": "x' OR 1=1"}, []),
        ({"state": "nonsense", "hold": "'--", "from": "yesterday"}, ["#strange", "#woo", "#released", "#held"]),
    ],
)
def test_filters_narrow_the_list_of_orders(log_in: LogIn, four: None, query: dict[str, str], found: list[str]):
    assert numbers(log_in().get("/orders/", query)) == found


def test_an_order_is_found_by_the_beginning_of_its_ids(log_in: LogIn, four: None):
    order = Order.objects.get(external_number="#woo")

    for term in (order.external_id, order.public_id, order.public_id[:20], order.public_id.upper()):
        assert "#woo" in numbers(log_in().get("/orders/", {"q": term}))


@pytest.mark.parametrize("term", ["%", "_", "\\", "a" * 500, "'", "#", "ord_"])
def test_no_search_term_breaks_the_search(log_in: LogIn, four: None, term: str):
    client = log_in(Role.ADMIN)

    assert client.get("/orders/", {"q": term}).status_code == 200
    assert client.get("/search/", {"q": term}).status_code == 200
    assert client.get("/stock/", {"q": term}).status_code == 200


@pytest.fixture
def named(shop: None) -> None:
    """Orders of two people, one of whom pays for the other."""
    make_order(external_number="#1", shipping_address=address("Pat de Canary"))
    make_order(
        external_number="EN-2/26",
        shipping_address=address("ÉMILE Zola-Smith", postal_code="YO1 7HU", phone="+44 7700 900-123"),
        customer={"email": "emile.zola@paris.example"},
    )
    make_order(external_number="#3", shipping_address=address("Robin"), billing_address=address("Pat de Canary"))


def address(name: str, **more: str) -> dict[str, str]:
    fields = {"name": name, "line1": "1 Row", "city": "Leeds", "postal_code": "LS1 1AA", "country": "GB"}
    return fields | more


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("pat", ["#3", "#1"]),
        ("PAT DE CAN", ["#3", "#1"]),
        ("canary pat", ["#3", "#1"]),
        ("émile", ["EN-2/26"]),
        ("emile", ["EN-2/26"]),
        ("zola-", ["EN-2/26"]),
        ("smith", ["EN-2/26"]),
        ("paris.ex", ["EN-2/26"]),
        ("yo17hu", ["EN-2/26"]),
        ("YO1 7HU", ["EN-2/26"]),
        ("07700 900 123", ["EN-2/26"]),
        ("+447700900123", ["EN-2/26"]),
        ("emile canary", []),
        ("p%t", []),
        ("p", []),
    ],
)
def test_orders_are_found_by_any_words_of_the_customers(log_in: LogIn, named: None, term: str, found: list[str]):
    assert numbers(log_in(Role.AGENT).get("/orders/", {"q": term})) == found
    hits = log_in(Role.AGENT).get("/search/", {"q": term}).content.decode()
    assert [number in hits for number in ("#1", "EN-2/26", "#3")] == [
        number in found for number in ("#1", "EN-2/26", "#3")
    ]


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("canray", ["#3", "#1"]),
        ("cannary", ["#3", "#1"]),
        ("cnary", ["#3", "#1"]),
        ("cabary pat", ["#3", "#1"]),
        ("smiht", ["EN-2/26"]),
        ("xanary", []),
        ("pta", []),
        ("canray zola", []),
    ],
)
def test_a_name_with_one_letter_wrong_is_found_where_nothing_fits_exactly(
    log_in: LogIn, named: None, term: str, found: list[str]
):
    assert numbers(log_in(Role.AGENT).get("/orders/", {"q": term})) == found


@pytest.mark.parametrize("term", ["EN-2/26", "en226", "EN 2 26", "#en-226", "226", "n-22", "EN"])
def test_an_order_is_found_by_its_number_however_it_is_spelled(log_in: LogIn, named: None, term: str):
    assert numbers(log_in(Role.AGENT).get("/orders/", {"q": term})) == ["EN-2/26"]


def test_an_erased_contact_is_found_by_nothing_any_more(log_in: LogIn, named: None):
    OrderContact.objects.update(name="", email="", postal_code="", phone="", company="")

    assert numbers(log_in(Role.AGENT).get("/orders/", {"q": "canary"})) == []
    assert set(OrderContact.objects.values_list("search", flat=True)) == {" " * 5}


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("blue mug", "MUG-BLU"),
        ("mug lrage blue", "MUG-BLU"),
        ("mug-b", "MUG-BLU"),
        ("mugg", "MUG-BLU"),
        ("blau", "MUG-BLU"),
    ],
)
def test_skus_are_found_by_words_in_any_order_misspelled_or_by_what_others_call_them(
    log_in: LogIn, shop: None, term: str, found: str
):
    sku = Sku.objects.create(code="MUG-BLU", name="Mug, large, blue")
    Sku.objects.create(code="MAT-RED", name="Mat, red")
    SkuAlias.objects.create(sku=sku, alias="BLAUE-TASSE")
    StockLevel.objects.create(sku=sku, node=Node.objects.get(code="york"))

    for page in ("/search/", "/stock/"):
        text = log_in(Role.ADMIN).get(page, {"q": term}).content.decode()
        assert found in text
        assert "MAT-RED" not in text


def test_locations_are_found_by_the_people_who_may_see_them(log_in: LogIn, shop: None):
    assert "/fulfillment/?node=york" in log_in(Role.AGENT).get("/search/", {"q": "YORK"}).content.decode()
    assert (
        "/fulfillment/?node=york"
        not in log_in(Role.MANAGER, nodes=["leeds"]).get("/search/", {"q": "york"}).content.decode()
    )


def test_who_works_at_one_node_finds_nobody_whose_order_was_not_there(log_in: LogIn, named: None):
    store = log_in(Role.MANAGER, nodes=["york"])

    assert numbers(store.get("/orders/", {"q": "canary"})) == []
    assert "#1" not in store.get("/search/", {"q": "canary"}).content.decode()


@pytest.mark.parametrize("term", ["JD0002", "jd0002"])
def test_an_order_is_found_by_its_parcels_tracking_number(log_in: LogIn, released: Order, term: str):
    row = FulfillmentOrder.objects.get()
    ship_fulfillment_order(row.pk, external_id="S1", parcels=[Parcel("JD0002")], gone_already=True, actor=AGENT)

    assert numbers(log_in(Role.AGENT).get("/orders/", {"q": term})) == ["#1001"]
    assert "#1001" in log_in(Role.AGENT).get("/search/", {"q": term}).content.decode()
    assert numbers(log_in(Role.MANAGER, nodes=["york"]).get("/orders/", {"q": term})) == []


def test_a_list_by_receipt_says_what_was_placed_long_before(log_in: LogIn, shop: None):
    make_order(external_number="#now")
    make_order(external_number="#old", placed_at=clock.now() - timedelta(days=3))

    assert log_in().get("/orders/").content.decode().count("placed <time") == 1


def test_pages_follow_each_other_without_gap_or_repeat_whatever_comes_in_meanwhile(
    log_in: LogIn, shop: None, monkeypatch: pytest.MonkeyPatch
):
    for number in range(7):
        make_order(external_number=f"#{number}")
    monkeypatch.setitem(sheet.__kwdefaults__, "size", 3)
    client = log_in()

    first = client.get("/orders/", {"channel": "api"})
    make_order(external_number="#late")
    second = client.get(f"/orders/{first.context['sheet'].next}")
    third = client.get(f"/orders/{second.context['sheet'].next}")
    back = client.get(f"/orders/{second.context['sheet'].previous}")

    assert [numbers(page) for page in (first, second, third)] == [["#6", "#5", "#4"], ["#3", "#2", "#1"], ["#0"]]
    assert third.context["sheet"].next == ""
    assert numbers(back) == ["#6", "#5", "#4"]
    assert "channel=api" in second.context["sheet"].next


@pytest.mark.parametrize("place", ["", "x", "-1", "1e9", "9" * 40, "٣"])
def test_nonsense_for_a_place_in_the_list_is_its_beginning(log_in: LogIn, four: None, place: str):
    assert numbers(log_in().get("/orders/", {"before": place}))[0] == "#strange"


def test_a_view_is_kept_for_its_owner_alone_and_can_be_forgotten(log_in: LogIn, four: None):
    client, other = log_in(), log_in()

    answer = client.post("/views/save/", {"page": "orders", "name": "Mine", "query": "hold=any"})
    assert answer["Location"] == "/orders/?hold=any"
    view = SavedView.objects.get()
    assert ">Mine<" in client.get("/orders/").content.decode()
    assert ">Mine<" not in other.get("/orders/").content.decode()

    other.post(reverse("console:view_delete", args=[view.pk]))
    assert SavedView.objects.exists()
    client.post(reverse("console:view_delete", args=[view.pk]))
    assert not SavedView.objects.exists()


def test_a_view_saved_again_under_its_name_replaces_it(log_in: LogIn, four: None):
    client = log_in()
    for query in ("hold=any", "state=shipped"):
        client.post("/views/save/", {"page": "orders", "name": "Mine", "query": query})

    assert SavedView.objects.get().query == "state=shipped"


def test_a_view_without_a_name_or_filter_is_refused(log_in: LogIn, four: None):
    client = log_in()
    client.post("/views/save/", {"page": "orders", "name": " ", "query": "hold=any"})
    client.post("/views/save/", {"page": "orders", "name": "x", "query": ""})
    client.post("/views/save/", {"page": "secrets", "name": "x", "query": "a=b"})

    assert not SavedView.objects.exists()


def test_search_finds_orders_skus_exceptions_and_places_the_person_may_see(log_in: LogIn, four: None):
    def found(role: str, term: str) -> str:
        return log_in(role).get("/search/", {"q": term}).content.decode()

    assert "#woo" in found(Role.AGENT, "#woo")
    assert "Thing A" in found(Role.AGENT, "a")
    assert "NOBODY-KNOWS is not a SKU we know" in found(Role.AGENT, "unknown")
    assert "Inbox" in found(Role.OPERATIONS, "inb")
    assert "Inbox" not in found(Role.AGENT, "inb")


def test_the_inbox_is_filtered_by_verdict_and_found_by_external_id(log_in: LogIn, shop: None):
    channel = Channel.objects.get()
    for number, verdict in enumerate([Verdict.ACCEPTED, Verdict.QUARANTINED]):
        InboxMessage.objects.create(
            channel=channel, external_id=f"X{number}", dedupe_key=f"{number}", body=b"{}", verdict=verdict
        )
    client = log_in(Role.OPERATIONS)

    def ids(**query: str) -> list[str]:
        return [row.external_id for row in client.get("/inbox/", query).context["sheet"].rows]

    assert ids() == ["X1", "X0"]
    assert ids(verdict="quarantined") == ["X1"]
    assert ids(q="X0") == ["X0"]
    assert ids(channel="none") == []


@pytest.mark.parametrize("page", ["home", "orders", "cases", "fulfillment", "stock", "inbox", "parked"])
def test_an_empty_shop_teaches_instead_of_failing(log_in: LogIn, db: None, page: str):
    answer = log_in(Role.ADMIN).get(reverse(f"console:{page}"))

    assert answer.status_code == 200
    assert 'class="empty' in answer.content.decode()


def test_the_number_of_statements_of_a_list_does_not_grow_with_its_rows(
    log_in: LogIn, shop: None, django_assert_max_num_queries
):  # type: ignore[no-untyped-def]
    for _ in range(30):
        make_order()
    work_it_off()
    client = log_in(Role.ADMIN)
    client.get("/orders/")

    with django_assert_max_num_queries(22):
        client.get("/orders/")


def test_somebody_else_is_not_shown(log_in: LogIn, db: None):
    UserFactory(username="another", first_name="Another")

    assert "Another" not in log_in().get("/").content.decode()
