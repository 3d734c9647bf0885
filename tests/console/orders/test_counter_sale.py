"""A sale at a till: whose people see it, and what its page says."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role
from apps.network.models import Node
from apps.orders.models import Order
from tests.api.front_door import Door
from tests.api.till import brought_back, post, post_back, sale
from tests.console.conftest import LogIn
from tests.factories import ChannelFactory, make_counted_stock, make_key

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sold() -> Order:
    """Two of A sold at Leeds, till T1, and one brought back there."""
    ChannelFactory(code="tills", kind="pos", name="Our stores", currencies=["GBP"])
    make_counted_stock(leeds={"A": 10}, york={"A": 3})
    Node.objects.filter(code="leeds").update(name="Leeds Briggate")
    api = Door(make_key())
    post(api, sale("4711"))
    post_back(api, brought_back("R7", sold={"till": "T1", "receipt": "4711"}))
    return Order.objects.get()


def page_of(client: Client, order: Order) -> str:
    answer = client.get(reverse("console:order", args=[order.public_id]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_people_of_the_place_find_the_sale_at_every_door(log_in: LogIn, sold: Order):
    hers = log_in(Role.MANAGER, nodes=["leeds"])
    key = Door(make_key(nodes=["leeds"]))

    assert sold.public_id in hers.get("/orders/").content.decode()
    assert sold.public_id in hers.get("/orders/", {"node": "leeds"}).content.decode()
    assert sold.public_id in hers.get("/search/", {"q": sold.number}).content.decode()
    assert sold.number in hers.get(reverse("console:orders_export")).getvalue().decode()
    assert [one["id"] for one in key.get("orders").data["items"]] == [sold.public_id]
    assert key.get(f"orders/{sold.public_id}").data["pickup_node"] == "leeds"
    page_of(hers, sold)


def test_the_people_of_another_place_do_not(log_in: LogIn, sold: Order):
    theirs = log_in(Role.MANAGER, nodes=["york"])
    key = Door(make_key(nodes=["york"]))

    assert sold.public_id not in theirs.get("/orders/").content.decode()
    assert theirs.get(reverse("console:order", args=[sold.public_id])).status_code == 404
    assert key.get("orders").data["items"] == []
    assert key.get(f"orders/{sold.public_id}").status_code == 404


@pytest.mark.parametrize("nodes", [[], ["leeds"]])
def test_its_page_says_where_it_was_sold_and_what_came_back(log_in: LogIn, sold: Order, nodes: list[str]):
    text = page_of(log_in(Role.MANAGER, nodes=nodes), sold)

    assert "Sold at Leeds Briggate, till T1</strong>" in text
    assert "Sold at Leeds Briggate, till T1." in text
    assert "Handed over at Leeds Briggate" in text
    back = text.split('id="returns"')[1].split("</section>")[0]
    assert "1 × <span" in back
    assert "£10.00 given back by the till" in back
    assert "Leeds Briggate, receipt T1:R7" in back
    for wrong in ("Where it goes</th><td>Cancelled", ">Cancelled<", "handled elsewhere", "passed over", "A location"):
        assert wrong not in text


def test_the_list_says_which_place_it_is_from(log_in: LogIn, sold: Order):
    text = log_in(Role.MANAGER).get("/orders/").content.decode()

    assert "Leeds Briggate" in text.split(f"/orders/{sold.public_id}/")[1].split("</tr>")[0]


def test_in_german_the_place_stands_in_the_sentence(log_in: LogIn, sold: Order):
    text = page_of(log_in(Role.MANAGER, language="de"), sold)

    assert "Verkauft am Standort Leeds Briggate, Kasse T1." in text
