"""Catalogs come in by page and by API: the same verbs, behind the same scopes."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.accounts.models import Role, User
from apps.catalog.models import Sku
from apps.channels.models import Channel
from apps.inventory.models import StockLevel
from apps.listings.importing.selectors import proposed_node
from apps.listings.models import CatalogImport, ChannelPlace, FieldRule
from apps.network.models import Node
from tests.api.front_door import Door
from tests.channels.toy_shop import ToyShop
from tests.driving import work_it_off
from tests.factories import ChannelFactory, NodeFactory, UserFactory, make_key
from tests.listings.test_catalog_import import MUG, article

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def browser() -> Client:
    return _logged_in(Role.OPERATIONS)


def _logged_in(role: str) -> Client:
    user: User = UserFactory(role=role)
    client = Client()
    client.force_login(user)
    return client


def _read_by_page(browser: Client, channel: Channel) -> str:
    answer = browser.post("/catalog/imports/start/", {"channel": channel.code})
    work_it_off()
    return str(answer.headers["Location"])


def test_a_catalog_is_read_looked_at_and_taken_in_by_page(channel: Channel, shop: ToyShop, browser: Client):
    shop.articles = [MUG, article(72, "MUG BLUE"), article(73, "")]
    assert "Read the catalog of Toy shop" in browser.get("/catalog/imports/").content.decode()
    page = _read_by_page(browser, channel)
    text = browser.get(page).content.decode()

    for said in ("Nothing has changed yet", "MUG-BLUE", "£12.50", "It has no code there"):
        assert said in text
    assert not Sku.objects.exists()
    assert "Mug, blue" not in browser.get(f"{page}?show=conflict").content.decode()

    browser.post(f"{page}apply/")
    work_it_off()
    assert Sku.objects.filter(code="MUG-BLUE").exists()
    assert "It was imported" in browser.get(page).content.decode()


def test_places_are_matched_made_and_counted_from_by_page(channel: Channel, shop: ToyShop, browser: Client):
    NodeFactory(code="leeds", name="Leeds")
    shop.branches = [{"id": "b1", "name": "LEEDS"}, {"id": "b2", "name": "York", "country": "GB"}]
    shop.articles = [article(1, "A", available={"b1": 5, "b2": 2})]
    page = _read_by_page(browser, channel)
    assert "Proposed; nobody has confirmed it yet." in browser.get(page).content.decode()
    leeds, york = ChannelPlace.objects.order_by("external_id")
    browser.post(f"/catalog/places/{leeds.pk}/", {"node": "leeds"})
    browser.post(f"/catalog/places/{york.pk}/", {"make": "york"})
    browser.post(f"{page}apply/", {"stock": [leeds.pk, york.pk]})
    work_it_off()

    levels = StockLevel.objects.order_by("node__code").values_list("node__code", "on_hand")
    assert list(levels) == [("leeds", 5), ("york", 2)]
    assert Node.objects.get(code="york").country == "GB"


def test_the_table_of_owners_is_changed_by_page(channel: Channel, browser: Client):
    browser.post("/catalog/fields/save/", {"channel": "toy", "name": "shop", "weight": "first", "price": "nonsense"})

    assert list(FieldRule.objects.values_list("field", "owner")) == [("name", "shop")]
    assert "The shop, unless edited here" in browser.get("/catalog/fields/").content.decode()


def test_owners_are_asked_for_only_where_a_shop_offers_its_catalog(channel: Channel, browser: Client):
    ChannelFactory(code="files", kind="csv", name="Daily file")

    page = browser.get("/catalog/fields/").content.decode()

    assert channel.name in page
    assert "Daily file" not in page


@pytest.mark.parametrize("role", [Role.AGENT, Role.LEAD, Role.MANAGER])
def test_who_may_not_write_the_catalog_takes_none_in(channel: Channel, shop: ToyShop, role: str):
    client = _logged_in(role)

    assert client.get("/catalog/imports/").status_code == 403
    assert client.post("/catalog/imports/start/", {"channel": "toy"}).status_code == 403
    assert not CatalogImport.objects.exists()


def test_a_catalog_is_read_looked_at_and_taken_in_by_api(channel: Channel, shop: ToyShop):
    api = Door(make_key())
    NodeFactory(code="leeds")
    shop.branches = [{"id": "b1", "name": "Leeds"}]
    shop.articles = [article(1, "A", available={"b1": 5}), article(2, "a")]
    started = api.post("/api/v1/catalog-imports", {"channel": channel.public_id}).json()
    work_it_off()
    ref = started["id"]

    seen = api.get(f"/api/v1/catalog-imports/{ref}").json()
    assert (seen["state"], seen["read"], seen["new"], seen["conflict"]) == ("ready", 2, 1, 1)
    rows = api.get(f"/api/v1/catalog-imports/{ref}/rows?verdict=conflict").json()["items"]
    assert [(row["external_id"], row["problems"][0]["code"]) for row in rows] == [("2", "code_twice")]
    place = api.get(f"/api/v1/channels/{channel.public_id}/places").json()["items"][0]
    matched = api.patch(f"/api/v1/channels/{channel.public_id}/places/{place['id']}", {"node": "leeds"})
    assert matched.json()["node"] == "leeds"
    applied = api.post(f"/api/v1/catalog-imports/{ref}/apply", {"stock_from": [place["id"]]})
    assert applied.status_code == 202
    work_it_off()

    assert api.get(f"/api/v1/catalog-imports/{ref}").json()["state"] == "done"
    assert StockLevel.objects.get().on_hand == 5


def test_owners_are_read_and_changed_by_api(channel: Channel):
    api, address = Door(make_key()), f"/api/v1/channels/{channel.public_id}/field-owners"
    assert set(api.get(address).json()["owners"].values()) == {"first"}

    changed = api.patch(address, {"owners": {"price": "here"}}).json()["owners"]
    assert (changed["price"], changed["name"]) == ("here", "first")
    assert api.patch(address, {"owners": {"picture": "here"}}).status_code == 422


def test_a_second_import_is_refused_while_one_is_read(channel: Channel, shop: ToyShop):
    api = Door(make_key())
    assert api.post("/api/v1/catalog-imports", {"channel": channel.public_id}).status_code == 201

    again = api.post("/api/v1/catalog-imports", {"channel": channel.public_id})
    assert (again.status_code, again.json()["code"]) == (409, "catalog_import_under_way")
    assert CatalogImport.objects.count() == 1


def test_a_channel_that_offers_no_catalog_is_not_read(channel: Channel):
    other = ChannelFactory(code="api", kind="api")
    refused = Door(make_key()).post("/api/v1/catalog-imports", {"channel": other.public_id})

    assert (refused.status_code, refused.json()["code"]) == (409, "catalog_not_offered")
    assert not CatalogImport.objects.exists()


def test_stock_is_not_taken_by_a_key_that_may_not_count(channel: Channel, shop: ToyShop):
    NodeFactory(code="leeds")
    shop.branches = [{"id": "b1", "name": "Leeds"}]
    shop.articles = [article(1, "A", available={"b1": 5})]
    narrow = Door(make_key(scopes=["catalog:write", "catalog:read"]))
    ref = narrow.post("/api/v1/catalog-imports", {"channel": channel.public_id}).json()["id"]
    work_it_off()
    refused = narrow.post(f"/api/v1/catalog-imports/{ref}/apply", {"stock_from": [ChannelPlace.objects.get().pk]})

    assert refused.status_code == 403
    assert CatalogImport.objects.get().state == "ready"


def test_a_place_of_another_channel_is_not_found(channel: Channel):
    other = ChannelFactory(code="toy2", kind="toy")
    place = ChannelPlace.objects.create(channel=other, external_id="b1", name="Leeds")
    NodeFactory(code="leeds")
    answer = Door(make_key()).patch(f"/api/v1/channels/{channel.public_id}/places/{place.pk}", {"node": "leeds"})

    assert answer.status_code == 404
    assert ChannelPlace.objects.get().node is None


def test_a_place_in_the_town_of_one_node_is_proposed_to_be_it():
    leeds, york = NodeFactory(code="leeds", name="Leeds"), NodeFactory(code="y1", name="Y", city="York")
    for city, name, node in (("Leeds", "Warehouse 2", leeds), ("york", "Shop", york), ("Hull", "Shop", None)):
        assert proposed_node(ChannelPlace(external_id="7", name=name, city=city), [leeds, york]) == node
    second = NodeFactory(code="y2", name="Z", city="York")
    assert proposed_node(ChannelPlace(external_id="7", name="Shop", city="York"), [leeds, york, second]) is None
