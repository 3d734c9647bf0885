"""The configuration screens: who may see and change them, and what they never show."""

import json
import re
from pathlib import Path

import pytest
from django.contrib import admin
from django.urls import reverse

from apps.accounts.models import ApiKey, Role, User
from apps.catalog.models import Sku, SkuAlias
from apps.channels.models import Channel, ContractVersion
from apps.network.linting import lacking
from apps.network.models import Calendar, Carrier, Node, NodeGroup
from apps.orders.models import Order
from apps.sla.services import ensure_sla
from tests.console.conftest import LogIn
from tests.factories import ChannelFactory, NodeFactory, UserFactory, make_carrier, make_policy

pytestmark = pytest.mark.django_db
CONTRACTS = Path(__file__).resolve().parents[3] / "apps/channels/adapters"


def screens() -> list[str]:
    return [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
        if model.__module__.startswith("apps.")
    ]


def test_an_administrator_opens_every_screen_and_every_form(log_in: LogIn, released: Order):
    client = log_in(Role.ADMIN)

    assert len(screens()) >= 12
    for address in screens():
        assert client.get(address).status_code == 200, address
        assert client.get(f"{address}add/").status_code in (200, 403), address


@pytest.mark.parametrize("role", [Role.MANAGER, Role.OPERATIONS, Role.INTEGRATOR])
def test_everybody_opens_whatever_their_lists_lead_to(log_in: LogIn, released: Order, role: str):
    client = log_in(role)

    for address in screens():
        listed = client.get(address)
        assert listed.status_code in (200, 403), address
        for row in set(re.findall(rf'href="({address}\d+/change/)', listed.content.decode())):
            assert client.get(row, follow=True).status_code == 200, row


def test_who_only_looks_reads_the_prices_of_a_carrier_as_money(log_in: LogIn):
    make_carrier()
    carrier = Carrier.objects.get()

    text = log_in(Role.MANAGER).get(reverse("admin:network_carrier_change", args=[carrier.pk])).content.decode()

    assert "3.00" in text


@pytest.mark.parametrize("role", [Role.AGENT, Role.LEAD, Role.MANAGER])
def test_people_who_only_look_can_not_change_the_network(log_in: LogIn, role: str):
    node = NodeFactory(code="leeds", name="Leeds")
    client = log_in(role)
    address = reverse("admin:network_node_change", args=[node.pk])

    assert client.get(address).status_code == 200
    assert client.post(address, {"name": "Mine now"}).status_code == 403
    assert client.get(reverse("admin:network_node_add")).status_code == 403
    assert Node.objects.get().name == "Leeds"


@pytest.mark.parametrize("role", [Role.AGENT, Role.LEAD, Role.MANAGER, Role.OPERATIONS])
def test_only_administrators_see_people_and_keys(log_in: LogIn, role: str):
    client = log_in(role)

    assert client.get(reverse("admin:accounts_user_changelist")).status_code == 403
    assert client.get(reverse("admin:accounts_apikey_changelist")).status_code == 403


def test_a_key_is_shown_once_and_only_its_fingerprint_is_kept(log_in: LogIn):
    client = log_in(Role.ADMIN)
    NodeFactory(code="leeds")
    NodeFactory(code="york")
    owner = UserFactory()

    answer = client.post(
        reverse("admin:accounts_apikey_add"),
        {"name": "floor", "owner": owner.pk, "role": "integrator", "scopes": ["orders:read"], "nodes": ["leeds", "york"],
         "quota_per_minute": "60", "expires_at_0": "", "expires_at_1": ""},
    )  # fmt: skip

    key = ApiKey.objects.get()
    text = answer.content.decode().split("<code")[1].split(">")[1].split("<")[0]
    assert text.startswith("oy_")
    assert "no-store" in answer["Cache-Control"]
    assert (key.scopes, key.nodes, key.owner) == (["orders:read"], ["leeds", "york"], owner)
    later = client.get(reverse("admin:accounts_apikey_change", args=[key.pk])).content.decode()
    assert text not in later
    assert key.hash not in later
    assert all(text not in cookie.value for cookie in answer.cookies.values())


def test_a_key_can_be_revoked_but_not_widened(log_in: LogIn):
    client = log_in(Role.ADMIN)
    key = ApiKey.objects.create(name="floor", hash="h")
    change = reverse("admin:accounts_apikey_change", args=[key.pk])

    assert client.post(change, {"role": "admin"}).status_code == 403
    client.post(reverse("admin:accounts_apikey_revoke", args=[key.pk]), {"why": "no longer used"})

    assert ApiKey.objects.get().revoked_at is not None
    assert ApiKey.objects.get().role == "integrator"


def test_secrets_are_typed_in_never_shown_and_kept_when_left_empty(log_in: LogIn):
    channel = ChannelFactory(secret="hush-hush")
    client = log_in(Role.OPERATIONS)
    address = reverse("admin:channels_channel_change", args=[channel.pk])
    page = client.get(address)
    assert "hush-hush" not in page.content.decode()

    fields = {
        "code": "api", "name": "New name", "kind": "api", "active": "on", "currencies": ["EUR", "GBP"],
        "default_currency": "GBP", "price_tolerance_minor": "0.02", "unusual_times": "10", "priority": "100", "secret": "",
    }  # fmt: skip
    assert client.post(address, fields).status_code == 302

    changed = Channel.objects.get()
    assert (changed.name, changed.secret, changed.currencies) == ("New name", "hush-hush", ["EUR", "GBP"])
    assert changed.history.first().history_user is not None


def test_an_administrator_of_accounts_does_not_reach_above_itself(log_in: LogIn):
    above = UserFactory(username="root", is_superuser=True, role=Role.ADMIN)

    answer = log_in(Role.ADMIN).post(reverse("admin:accounts_user_change", args=[above.pk]), {"is_active": ""})

    assert answer.status_code == 403
    assert User.objects.get(username="root").is_active


@pytest.mark.parametrize("path", sorted(CONTRACTS.glob("*/*.json")), ids=lambda path: f"{path.parent.name}_{path.stem}")
def test_a_contract_is_shown_field_by_field(log_in: LogIn, path: Path):
    document = json.loads(path.read_text())
    row = ContractVersion.objects.create(
        contract=document["contract"], number=document["version"], document=document, active=True, created_by="x"
    )
    client = log_in(Role.OPERATIONS)

    moved = client.get(reverse("admin:channels_contractversion_change", args=[row.pk]))
    text = client.get(moved["Location"]).content.decode()

    for rule in document["fields"] + document["lines"]["fields"]:
        assert f'<span class="mono">{rule["target"]}</span>' in text
    assert log_in(Role.AGENT).get(moved["Location"]).status_code == 403


def test_a_contract_that_can_not_be_read_says_why(log_in: LogIn):
    row = ContractVersion.objects.create(contract="x.y", number=1, document={"contract": "x.y"}, created_by="x")

    answer = log_in(Role.OPERATIONS).get(reverse("console:contract", args=[row.pk]))

    assert answer.status_code == 200
    assert "problems" in answer.content.decode()


def test_a_policy_is_told_in_sentences_with_what_it_changed(log_in: LogIn):
    make_policy()
    make_policy(max_splits=5)
    from apps.routing.models import RoutingPolicyVersion

    latest = RoutingPolicyVersion.objects.get(state="active")

    text = log_in(Role.AGENT).get(reverse("console:policy", args=[latest.pk])).content.decode()

    assert "5 at most" in text
    assert "Max splits" in text


def test_a_place_that_lacks_coordinates_a_group_or_working_days_says_so(log_in: LogIn, shop: None):
    NodeGroup.objects.create(code="stores", name="Stores")
    client, node = log_in(Role.OPERATIONS), Node.objects.get(code="york")
    Node.objects.filter(pk=node.pk).update(latitude=None, longitude=None)

    text = client.get(reverse("admin:network_node_change", args=[node.pk])).content.decode()
    rows = client.get(reverse("admin:network_node_changelist")).content.decode()

    for sentence in ("Without coordinates", "It is in no group", "Without a shipping calendar"):
        assert sentence in text
        assert sentence in rows
    Node.objects.filter(pk=node.pk).update(
        latitude=53.9, longitude=-1.1, calendar=Calendar.objects.create(name="Shops", weekdays=[0])
    )
    again = Node.objects.get(pk=node.pk)
    again.groups.add(NodeGroup.objects.get())
    assert lacking(again) == []


def test_a_place_is_closed_on_single_days_without_a_shell(log_in: LogIn, shop: None):
    fields = {"name": "Shops", "weekdays": ["0", "1"], "closed_on": "2026-12-24, 2026-12-31"}

    answer = log_in(Role.OPERATIONS).post(reverse("admin:network_calendar_add"), fields)

    assert answer.status_code == 302
    assert [str(day) for day in Calendar.objects.get().closed_on] == ["2026-12-24", "2026-12-31"]


@pytest.mark.parametrize("written", [" 2026-12-31 , 2026-12-24;2026-12-24 ", "2026-12-24\n2026-12-31\n"])
def test_closing_days_are_kept_in_order_and_once_however_they_are_parted(log_in: LogIn, shop: None, written: str):
    fields = {"name": "Shops", "weekdays": ["0", "1"], "closed_on": written}

    log_in(Role.OPERATIONS).post(reverse("admin:network_calendar_add"), fields)

    assert [str(day) for day in Calendar.objects.get().closed_on] == ["2026-12-24", "2026-12-31"]


@pytest.mark.parametrize("written", ["24.12.2026", "2026-13-40", "2026-12-24, Christmas"])
def test_refuses_a_closing_day_that_is_none_and_names_it(log_in: LogIn, shop: None, written: str):
    fields = {"name": "Shops", "weekdays": ["0", "1"], "closed_on": written}

    answer = log_in(Role.OPERATIONS).post(reverse("admin:network_calendar_add"), fields)

    assert f"{written.rsplit(maxsplit=1)[-1]} is no day: write it like 2026-12-24." in answer.content.decode()
    assert written in answer.content.decode(), "what was typed stays"
    assert not Calendar.objects.exists()


def test_a_channels_own_words_are_fields_of_a_form_and_no_json(log_in: LogIn, shop: None):
    node = Node.objects.get(code="york")
    Channel.objects.update(
        kind="shopify", settings={"kept": 1, "locations": ["9"], "tables": {"payment_state": {"owed": "pending"}}}
    )
    channel = Channel.objects.get()
    client, address = log_in(Role.OPERATIONS), reverse("admin:channels_channel_change", args=[channel.pk])
    text = client.get(address).content.decode()
    assert "payment_state.owed = pending" in text
    assert "{&quot;" not in text
    fields = {
        "code": channel.code, "name": channel.name, "kind": channel.kind, "active": "on", "default_currency": "GBP",
        "price_tolerance_minor": "0.02", "unusual_times": "10", "priority": "100", "notify_customer": "on",
        "shipping_methods": "van tomorrow = next_day\n*click*collect* = pickup", "pickup_locations": f"Counter = {node.code}",
        "tables": "payment_state.on_account = authorized", "fulfillment_services": "manual, us", "wait_for_order_s": "60",
    }  # fmt: skip

    answer = client.post(address, fields)
    assert answer.status_code == 302, answer.context["adminform"].form.errors

    assert Channel.objects.get().settings == {
        "kept": 1,
        "shipping_methods": {"van tomorrow": "next_day", "*click*collect*": "pickup"},
        "pickup_locations": {"Counter": "york"},
        "tables": {"payment_state": {"on_account": "authorized"}},
        "fulfillment_services": ["manual", "us"],
        "wait_for_order_s": 60,
        "restock_cancelled": False,
    }
    for wrong in ({"shipping_methods": "van = soon"}, {"pickup_locations": "x = nowhere"}, {"tables": "a = b"}):
        assert client.post(address, fields | wrong).status_code == 200
    assert client.post(address, fields | {"notify_customer": "", "ship_completed": "on"}).status_code == 302
    settings = Channel.objects.get().settings
    assert (settings["notify_customer"], settings["completed_orders"]) == (False, "take")


def test_what_a_shop_calls_things_is_matched_by_picking_row_by_row(log_in: LogIn, shop: None):
    Channel.objects.update(kind="shopify")
    channel = Channel.objects.get()
    Channel.objects.update(settings={"pickup_locations": {"Counter": "york"}})
    client, address = log_in(Role.OPERATIONS), reverse("admin:channels_channel_change", args=[channel.pk])
    text = client.get(address).content.decode()
    assert re.search(r'<option value="york" selected>\s*York', text)
    fields = {
        "code": channel.code, "name": channel.name, "kind": channel.kind, "active": "on", "default_currency": "GBP",
        "price_tolerance_minor": "0.02", "unusual_times": "10", "priority": "100", "notify_customer": "on",
        "shipping_methods-name": ["van = tomorrow", "", ""], "shipping_methods-meaning": ["next_day", "", ""],
        "pickup_locations-name": ["Counter", "Desk"], "pickup_locations-meaning": ["york", "leeds"],
    }  # fmt: skip

    assert client.post(address, fields).status_code == 302

    kept = Channel.objects.get().settings
    assert kept["shipping_methods"] == {"van = tomorrow": "next_day"}
    assert kept["pickup_locations"] == {"Counter": "york", "Desk": "leeds"}
    half = client.post(address, fields | {"pickup_locations-name": ["", "Desk"]})
    assert half.status_code == 200
    assert "Line 1: write it as name = meaning." in half.content.decode()


def test_categories_attributes_and_countries_are_chosen_by_what_there_is(log_in: LogIn, shop: None):
    Sku.objects.filter(code="A").update(category="mugs", shipping_category="fragile", attributes={"size": "M"})
    client, sku = log_in(Role.ADMIN), Sku.objects.get(code="A")
    ensure_sla()
    client.post("/sla/policy/draft/start/")

    rule = client.get(reverse("admin:catalog_substituterule_add")).content.decode()
    form = client.get(reverse("admin:catalog_sku_change", args=[sku.pk])).content.decode()
    stage = client.get(reverse("console:sla_rule", args=["new"]), {"stage": "ship"}).content.decode()

    assert rule.count('<option value="mugs">') == 2
    assert '<option value="size">' in rule
    assert 'list="id_category-offered"' in form
    assert '<option value="fragile">' in form
    assert '<option value="GB">United Kingdom</option>' in stage


def test_lists_name_what_codes_stand_for(log_in: LogIn, released: Order):
    Channel.objects.update(name="Outlet shop")
    SkuAlias.objects.create(sku=Sku.objects.get(code="A"), alias="old-a", channel="api")
    SkuAlias.objects.create(sku=Sku.objects.get(code="A"), alias="older-a")
    Calendar.objects.create(name="Shops", weekdays=[0], holiday_country="GB")
    client = log_in(Role.ADMIN)

    aliases = client.get(reverse("admin:catalog_skualias_changelist")).content.decode()

    assert "Outlet shop" in aliases
    assert "every channel" in aliases
    assert "United Kingdom" in client.get(reverse("admin:network_calendar_changelist")).content.decode()
    assert "Outlet shop" in client.get("/orders/").content.decode()


@pytest.mark.parametrize(
    ("kind", "other"), [("network_calendar", "sla_slacalendar"), ("sla_slacalendar", "network_calendar")]
)
def test_each_kind_of_calendar_says_what_it_is_for_and_leads_to_the_other(log_in: LogIn, kind: str, other: str):
    client = log_in(Role.ADMIN)

    for page in ("changelist", "add"):
        text = client.get(reverse(f"admin:{kind}_{page}")).content.decode()
        assert f'<a href="{reverse(f"admin:{other}_changelist")}">' in text
        assert "SLA clocks run" in text
        assert "days parcels leave" in text or "days on which parcels leave" in text


def test_a_history_says_in_words_who_and_why_and_a_refusal_what_can_not_be_done(log_in: LogIn):
    node, client = NodeFactory(code="leeds", name="Leeds"), log_in(Role.ADMIN)

    history = client.get(reverse("admin:network_node_history", args=[node.pk])).content.decode()
    refused = client.get(reverse("admin:network_node_delete", args=[node.pk]))

    assert "the system" in history
    assert not re.search(r">\s*None\s*<", history)
    assert refused.status_code == 403
    assert "This can’t be added, changed or deleted here." in refused.content.decode()


def test_a_channel_shows_only_settings_that_mean_something_to_its_kind_and_keeps_the_others(log_in: LogIn, shop: None):
    channel = Channel.objects.get()
    Channel.objects.update(kind="api", settings={"notify_customer": False, "locations": ["9"]})
    client, address = log_in(Role.OPERATIONS), reverse("admin:channels_channel_change", args=[channel.pk])
    text = client.get(address).content.decode()
    assert "Fulfillment services that are us" not in text
    assert "Offers a stock feed" in text
    fields = {
        "code": channel.code, "name": channel.name, "kind": "api", "active": "on", "default_currency": "GBP",
        "price_tolerance_minor": "0.02", "unusual_times": "10", "priority": "100",
    }  # fmt: skip

    assert client.post(address, fields).status_code == 302

    assert Channel.objects.get().settings == {"notify_customer": False, "locations": ["9"], "stock_feed": False}
