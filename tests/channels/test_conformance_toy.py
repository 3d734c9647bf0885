"""An adapter in a package of somebody else's holds to what every channel adapter has to hold to."""

from __future__ import annotations

import shutil
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from apps.accounts.models import Role
from apps.channels.framework.registry import adapter_of, adapters
from apps.channels.framework.stock import Article
from apps.channels.models import Channel
from tests.channels.shops import ShopServer, shop_server
from tests.channels.toy_shop import ToyShop
from tests.conformance.channel import ChannelConformance
from tests.conformance.selling import SellingConformance
from tests.factories import UserFactory

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATE = PROJECT / "tests/channels/toy_channel"


class TestToy(SellingConformance, ChannelConformance):
    """The template, copied into a package outside the product: no file of the product names it."""

    kind, topic = "toy", "order-placed"

    @pytest.fixture(autouse=True)
    def _copied(
        self, tmp_path_factory: pytest.TempPathFactory, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        package = tmp_path_factory.getbasetemp() / "somebodys_channels"
        if not package.exists():
            shutil.copytree(TEMPLATE, package / self.kind)
            (package / "__init__.py").touch()
        monkeypatch.syspath_prepend(package.parent)
        settings.CHANNEL_ADAPTER_PACKAGES = [package.name]

    def order(self, number: int, changed_at: datetime, **changes: Any) -> dict[str, Any]:
        return {
            "number": number, "state": "paid", "currency": "GBP", "total": "20.00",
            "placed_at": "2026-11-02T09:00:00+00:00", "changed_at": changed_at.isoformat(),
            "recipient": {
                "name": "Pat Canary", "street": "1 Canary Row", "city": "Leeds", "postcode": "LS1 1AA", "country": "GB",
            },
            "items": [{"line": 1, "sku": "A", "units": 2, "price": "10.00"}],
        } | changes  # fmt: skip

    def cancelled(self, number: int, changed_at: datetime) -> dict[str, Any]:
        return self.order(number, changed_at, state="cancelled")

    def simulated(self) -> AbstractContextManager[ShopServer]:
        return shop_server(ToyShop(branches=[{"id": "b1", "name": "Leeds"}]))

    def is_cancelled_there(self, shop: ShopServer, number: int) -> bool:
        return bool(shop.orders[str(number)]["state"] == "cancelled")

    def put_article(self, shop: Any, sku: str, units: int) -> None:
        number = f"a{len(shop.articles) + 1}"
        shop.articles.append({"id": number, "sku": sku, "title": sku, "currency": "GBP"})
        shop.stock[number] = units

    def articles(self, shop: Any) -> list[Article]:
        shop.stock.update(v1=3, v2=3)
        shop.refusals["v9"] = "no such article"
        shop.articles = [{"id": one, "code": one.upper(), "name": one} for one in ("v1", "v2")]
        return [Article(external_id="v1", code="V1"), Article(external_id="v2", code="V2")]

    def test_a_setting_of_its_own_is_a_field_on_its_channels_page(
        self, client: Client, channel: Channel, shop: ShopServer
    ):
        client.force_login(UserFactory(role=Role.OPERATIONS))
        Channel.objects.update(base_url="")
        address = f"/admin/channels/channel/{channel.pk}/change/"
        assert "branch that our shipments are booked under." in client.get(address).content.decode()
        fields = {
            "code": channel.code, "name": channel.name, "kind": channel.kind, "active": "on", "default_currency": "GBP",
            "price_tolerance_minor": "0.02", "unusual_times": "10", "priority": "100", "notify_customer": "on",
        }  # fmt: skip

        answer = client.post(address, fields | {"branch": "Leeds 2"})

        assert answer.status_code == 302, answer.context["adminform"].form.errors
        channel.refresh_from_db()
        assert channel.settings == {"branch": "Leeds 2"}
        assert isinstance(channel.typed_settings, adapter_of("toy").settings)
        assert channel.typed_settings.model_dump()["branch"] == "Leeds 2"
        channel.settings = {"branch": ["not", "text"], "shipping_methods": "nor a table"}
        assert channel.typed_settings == adapter_of("toy").settings()

    def test_it_is_offered_like_any_other_kind(self):
        assert adapters()["toy"].title == "Toy shop"
        assert list(adapters()) == sorted(adapters())
