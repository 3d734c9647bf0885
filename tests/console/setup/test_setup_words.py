"""What a shop owner reads and types on the setup screens: words and money, not columns and minor units."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.test import RequestFactory
from django.urls import reverse

from apps.accounts.models import Role, User
from apps.casework.models import ApprovalPolicy, Queue, QueueRule
from apps.casework.services import ensure_casework
from apps.network.models import Node
from tests.console.conftest import LogIn
from tests.factories import ChannelFactory, NodeFactory, UserFactory

pytestmark = pytest.mark.django_db
RAW = re.compile(r"\b(minor|milli|url|tracked|auto|built in|weight g)\b|\bat$|_")


def fields() -> list[Any]:
    """Every field of every form an administrator can open."""
    request = RequestFactory().get("/")
    request.user = UserFactory(is_superuser=True, role=Role.ADMIN)
    screens = [one for model, one in admin.site._registry.items() if model.__module__.startswith("apps.")]
    forms = [screen.get_form(request) for screen in screens if screen.has_add_permission(request)]
    return [(form.__name__, name, field) for form in forms for name, field in form.base_fields.items()]


def test_no_field_is_called_what_its_column_is_called():
    labels = {(form, name): str(field.label or "").lower() for form, name, field in fields()}

    assert not {key: label for key, label in labels.items() if not label or RAW.search(label)}


def test_a_code_an_amount_and_a_list_say_what_they_are_for():
    unexplained = {
        (form, name)
        for form, name, field in fields()
        if not field.help_text and (name == "code" or name.endswith(("_minor", "_minutes", "_hours", "_percent")))
    }

    assert unexplained == set()


def node_form(node: Node, **changes: Any) -> dict[str, Any]:
    form = {
        "code": node.code, "name": node.name, "kind": "store", "active": "on", "country": "GB", "currency": "GBP",
        "time_zone": "Europe/London", "priority": "100", "handling_minor": "1.40", "pick_minor": "0.30",
        "downtimes-TOTAL_FORMS": "0", "downtimes-INITIAL_FORMS": "0",
    }  # fmt: skip
    return {**form, **changes}


def test_the_costs_of_a_place_are_typed_and_read_as_money(log_in: LogIn):
    node = NodeFactory(code="hull", handling_minor=12_50)
    client, address = log_in(Role.OPERATIONS), reverse("admin:network_node_change", args=[node.pk])
    text = client.get(address).content.decode()
    assert 'value="12.50"' in text
    assert "Cost of handling a shipment" in text

    assert client.post(address, node_form(node)).status_code == 302

    node.refresh_from_db()
    assert (node.handling_minor, node.pick_minor) == (140, 30)


def test_an_amount_follows_the_currency_typed_beside_it(log_in: LogIn):
    node = NodeFactory(code="kyoto")
    form = node_form(node, currency="JPY", handling_minor="140", pick_minor="30")

    log_in(Role.OPERATIONS).post(reverse("admin:network_node_change", args=[node.pk]), form)

    assert Node.objects.get().handling_minor == 140


@pytest.mark.parametrize("typed", ["1.405", "lots", "-1", "1e40", "NaN"])
def test_what_is_no_amount_is_said_and_nothing_is_saved(log_in: LogIn, typed: str):
    node = NodeFactory(code="hull", handling_minor=12_50)
    address = reverse("admin:network_node_change", args=[node.pk])

    answer = log_in(Role.OPERATIONS).post(address, node_form(node, handling_minor=typed))

    assert "Write an amount like 500.00" in answer.content.decode()
    assert Node.objects.get().handling_minor == 12_50


def test_who_only_looks_reads_money_too(log_in: LogIn):
    node = NodeFactory(code="hull", handling_minor=12_50)

    text = log_in(Role.AGENT).get(reverse("admin:network_node_change", args=[node.pk])).content.decode()

    assert "£12.50" in text
    assert "1250" not in text


def test_the_list_of_approval_policies_reads_500_and_no_rather_than_50000_and_a_red_cross(log_in: LogIn):
    ensure_casework()
    ApprovalPolicy.objects.update_or_create(kind="refund", from_minor=500_00, defaults={"roles": ["manager"]})

    text = log_in(Role.OPERATIONS).get(reverse("admin:casework_approvalpolicy_changelist")).content.decode()

    assert "500.00" in text
    assert "50000" not in text
    assert "close_small" not in text


def test_a_queue_rule_is_put_together_from_lists(log_in: LogIn):
    ensure_casework()
    ChannelFactory(code="web", name="Web shop")
    NodeFactory(code="hull", name="Hull")
    client, address = log_in(Role.OPERATIONS), reverse("admin:casework_queuerule_add")
    offered = client.get(address).content.decode()
    assert '<option value="web">Web shop</option>' in offered
    assert '<option value="GB">United Kingdom</option>' in offered

    client.post(
        address,
        {"name": "Hull", "position": "10", "active": "on", "queue": Queue.objects.all()[0].pk, "owner_rule": "nobody",
         "types": ["no_stock"], "channels": ["web"], "countries": ["GB"], "nodes": ["hull"], "least_value_minor": "200.00"},
    )  # fmt: skip

    rule = QueueRule.objects.get()
    assert (rule.types, rule.channels, rule.nodes, rule.least_value_minor) == (["no_stock"], ["web"], ["hull"], 200_00)


def test_a_code_that_is_gone_from_its_list_stays_to_be_taken_away(log_in: LogIn):
    ensure_casework()
    rule = QueueRule.objects.create(name="Old", nodes=["shut-down"], queue=Queue.objects.all()[0])

    text = log_in(Role.OPERATIONS).get(reverse("admin:casework_queuerule_change", args=[rule.pk])).content.decode()

    assert '<option value="shut-down" selected>' in text


def test_an_empty_list_says_what_the_thing_is_for_and_what_to_do_first(log_in: LogIn):
    client = log_in(Role.ADMIN)

    calendars = client.get(reverse("admin:sla_slacalendar_changelist")).content.decode()
    asked = client.get(reverse("admin:sla_slacalendar_changelist"), {"q": "nowhere"}).content.decode()

    assert "No business calendars yet" in calendars
    assert "Make one for your stores, one for your warehouse and one for your desk" in calendars
    assert "Nothing fits what you asked for" in asked
    assert "Make one for your stores" not in asked


def test_every_list_that_can_be_empty_teaches():
    silent = [
        type(screen).__name__
        for model, screen in admin.site._registry.items()
        if model.__module__.startswith("apps.") and model is not User and not getattr(screen, "purpose", "")
    ]

    assert silent == []
