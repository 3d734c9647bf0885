"""Orders that were held for a code nobody knew go on once it means a SKU, whoever made it known."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from apps.accounts.models import Role
from apps.catalog.models import Sku
from apps.channels.models import Channel
from apps.listings.services.catalog_applying import apply_import
from apps.listings.services.catalog_reading import start_import
from apps.orchestration.housekeeping import expire
from apps.orders.models import Hold, Order
from tests.api.front_door import Door
from tests.channels.toy_shop import ToyShop
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, UserFactory, canonical, make_key, make_policy, make_stock
from tests.listings.conftest import channel, shop, toys  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
BARCODE = "4006381333931"


@pytest.fixture
def api() -> Door:
    return Door(make_key())


@pytest.fixture
def held(api: Door) -> Order:
    """Somebody has sold it before it was known here."""
    make_policy()
    make_stock(N1={"KNOWN": 5})
    ChannelFactory(code="api", kind="api")
    body = canonical(external_id="1", lines={BARCODE: 1}).model_dump(mode="json", exclude_unset=True)
    api.post("/api/v1/orders", body | {"channel": "api"})
    work_it_off()
    order = Order.objects.get()
    assert [hold.reason for hold in order.holds.filter(released_at__isnull=True)] == ["unknown_sku"]
    return order


def as_sku(api: Door) -> None:
    api.post("/api/v1/skus/bulk", {"items": [{"code": BARCODE}]})


def as_barcode(api: Door) -> None:
    api.post("/api/v1/skus/bulk", {"items": [{"code": "KNOWN", "barcodes": [BARCODE]}]})


def as_alias(api: Door) -> None:
    api.post("/api/v1/skus/bulk", {"items": [{"code": "KNOWN", "aliases": [{"alias": BARCODE}]}]})


def by_page(api: Door) -> None:
    browser = Client()
    browser.force_login(UserFactory(role=Role.OPERATIONS))
    sku = Sku.objects.get(code="KNOWN")
    browser.post("/admin/catalog/skualias/add/", {"sku": sku.pk, "alias": BARCODE, "channel": ""})


@pytest.mark.parametrize("known", [as_sku, as_barcode, as_alias, by_page])
def test_the_order_goes_on_whichever_door_made_its_code_known(api: Door, held: Order, known: Callable[[Door], None]):
    expire()
    work_it_off()
    assert Hold.objects.filter(released_at__isnull=True).exists()

    known(api)
    expire()
    work_it_off()

    assert not Hold.objects.filter(released_at__isnull=True, reason="unknown_sku").exists()
    line = held.lines.get()
    assert (line.sku_code, line.sku.code) == (BARCODE, BARCODE if known is as_sku else "KNOWN")


def test_a_catalog_that_comes_in_frees_it_at_once(
    api: Door,
    held: Order,
    channel: Channel,  # noqa: F811
    shop: ToyShop,  # noqa: F811
):
    shop.articles = [{"id": 1, "sku": "NEW", "title": "New", "currency": "GBP", "barcodes": [BARCODE]}]
    run = start_import(channel, actor=AGENT)
    work_it_off()
    apply_import(run.pk, actor=AGENT)
    work_it_off()

    assert not Hold.objects.filter(released_at__isnull=True, reason="unknown_sku").exists()
    assert held.lines.get().sku.code == "NEW"
