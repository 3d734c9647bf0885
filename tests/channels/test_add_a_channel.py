"""The how-to page, followed step by step: a folder is copied, renamed and declared, and it is a channel that does all a shop's does."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapter_of
from apps.channels.framework.stock import Figure
from apps.channels.models import Channel, ChannelNotice, InboxMessage
from apps.channels.services.connecting import shop_of
from apps.channels.tasks import poll_all
from apps.core import clock
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel, call_off_order, ship_fulfillment_order
from apps.orders.models import Order
from tests.channels.shops import shop_server
from tests.channels.toy_shop import ToyShop
from tests.conformance.channel import PLACED
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)
PROJECT = Path(__file__).resolve().parents[2]
GUIDE = (PROJECT / "docs/how-to/add-a-channel.md").read_text()
MOST_LINES = 250
SECRET = "a-secret-of-the-shop"


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Steps 1 to 3: the template copied as the page says, into a package outside the product, and given its own name."""
    command = re.search(r"^cp -r .*$", GUIDE, re.MULTILINE)
    assert command is not None
    _, _, template, target = shlex.split(command.group())
    name = Path(target).name
    package = tmp_path_factory.getbasetemp() / "followed_the_page"
    if not package.exists():
        shutil.copytree(PROJECT / template, package / name)
        (package / "__init__.py").touch()
        messages, mapping = package / name / "messages.py", package / name / "order_v1.json"
        messages.write_text(messages.read_text().replace('kind="toy"', f'kind="{name}"'))
        document = json.loads(mapping.read_text())
        mapping.write_text(json.dumps(document | {"contract": f"{name}.order", "channel_kind": name}))
    monkeypatch.syspath_prepend(package.parent)
    settings.CHANNEL_ADAPTER_PACKAGES = [package.name]
    return package / name


@pytest.fixture
def shop() -> Iterator[ToyShop]:
    make_policy()
    make_stock(N1={"A": 100})
    with shop_server(ToyShop(branches=[{"id": "b1", "name": "Leeds"}])) as running:
        assert isinstance(running, ToyShop)
        yield running


@pytest.fixture
def channel(folder: Path, shop: ToyShop) -> Channel:
    made: Channel = ChannelFactory(
        code="mine", kind=folder.name, base_url=shop.url, api_key="k", secret=SECRET, polled_until=PLACED,
        default_currency="GBP", default_country="GB",
    )  # fmt: skip
    return made


def order(number: int, **changes: Any) -> dict[str, Any]:
    to = {"name": "Pat Canary", "street": "1 Canary Row", "city": "Leeds", "postcode": "LS1 1AA", "country": "GB"}
    return {
        "number": number, "state": "paid", "currency": "GBP", "total": "20.00", "placed_at": PLACED.isoformat(),
        "changed_at": PLACED.isoformat(), "recipient": to,
        "items": [{"line": 1, "sku": "A", "units": 2, "price": "10.00"}],
    } | changes  # fmt: skip


def send(client: Client, channel: Channel, topic: str, payload: dict[str, Any]) -> None:
    body, signing = json.dumps(payload).encode(), adapter_of(channel.kind).signing
    assert signing is not None
    headers = signing.sign(SECRET, body, message_id=f"{topic}-{payload}"[:40], at=clock.now()) | {"toy-topic": topic}
    path = f"/hooks/{channel.kind}/{channel.code}/"
    assert client.post(path, body, content_type="application/json", headers=headers).status_code == 200
    work_it_off()


def test_the_page_has_a_step_for_each_file_and_the_folder_is_no_longer_than_it_says(folder: Path):
    files = [path for path in folder.iterdir() if path.is_file()]
    assert [path.name for path in files if f"`{path.name}`" not in GUIDE] == []
    code = [line for path in files if path.suffix == ".py" for line in path.read_text().splitlines() if line.strip()]

    assert f"no more than {MOST_LINES} lines of code" in GUIDE
    assert len(code) <= MOST_LINES
    assert adapter_of(folder.name).contradictions() == []
    assert {Capability.WEBHOOKS, Capability.POLLING, Capability.FETCH_ORDERS, Capability.SHIPMENTS, Capability.STOCK_OUT,
            Capability.CATALOG} <= adapter_of(folder.name).capabilities  # fmt: skip


def test_orders_come_in_by_webhook_by_polling_and_by_name(client: Client, channel: Channel, shop: ToyShop):
    send(client, channel, "order-placed", order(1))
    shop.orders["2"] = order(2)
    poll_all()
    work_it_off()
    shop.orders["3"] = order(3)
    send(client, channel, "order-refunded", {"refund": 9, "order": 3})

    assert list(Order.objects.order_by("external_id").values_list("external_id", "state")) == [
        (number, "released") for number in "123"
    ]
    assert not InboxMessage.objects.exclude(verdict="accepted").exists()


def test_what_happened_is_reported_once(client: Client, channel: Channel, shop: ToyShop):
    for number in (1, 2):
        shop.orders[str(number)] = order(number)
        send(client, channel, "order-placed", order(number))
    first, second = Order.objects.order_by("external_id")
    mine = FulfillmentOrder.objects.get(order=first)
    ship_fulfillment_order(mine.pk, external_id="S", parcels=[Parcel("TRACK1")], actor=AGENT)
    call_off_order(second.pk, reason="customer", actor=AGENT)
    work_it_off()

    assert shop.shipments["1"][0]["tracking_numbers"] == ["TRACK1"]
    assert shop.orders["2"]["state"] == "cancelled"
    assert set(ChannelNotice.objects.values_list("state", flat=True)) == {"told"}


def test_stock_catalog_and_setting_up_work(channel: Channel, shop: ToyShop):
    shop.articles = [{"id": "v1", "sku": "A", "title": "Thing", "currency": "GBP", "price": "10.00"}]
    shop.stock["v1"] = 3
    asked = shop_of(channel)
    (item,) = asked.catalog_page("").items
    figure = Figure(article=item.article, available=7, shown=3, ref="r")

    assert [one.taken for one in asked.send_stock([figure])] == [True]
    assert [one.available for one in asked.read_stock([item.article])] == [7]
    assert [one.name for one in asked.locations()] == ["Leeds"]
    shop.scopes.remove("stock")
    assert [one.name for one in asked.check_connection().missing] == ["stock"]
    hooks = asked.register_hooks("https://orderyard.example/hooks/myshop/mine/", SECRET)
    assert len(hooks) == len(asked.register_hooks("https://orderyard.example/hooks/myshop/mine/", SECRET)) == 4
