"""Routing rules are published, and tried on the orders of the last days, from the command line."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.routing.models import RoutingPolicyVersion
from tests.driving import work_it_off
from tests.factories import make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db


def publish(*arguments: str) -> str:
    said = StringIO()
    call_command("publish_policy", *arguments, stdout=said)
    return said.getvalue()


def test_without_a_file_the_rules_orderyard_comes_with_hold_for_every_channel() -> None:
    said = publish()

    active = RoutingPolicyVersion.objects.get(channel="", state="active")
    assert f"Version {active.number} holds for every channel" in said
    assert active.content["max_splits"] == 3


def test_a_file_says_only_what_differs(tmp_path: Path) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"max_splits": 1}))

    publish(str(rules), "--channel", "partners")

    content = RoutingPolicyVersion.objects.get(channel="partners", state="active").content
    assert (content["max_splits"], content["partial"]) == (1, "ship_available")


def test_wrong_rules_are_refused_and_nothing_is_published(tmp_path: Path) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"max_splitz": 1}))
    before = RoutingPolicyVersion.objects.count()

    with pytest.raises(CommandError, match="max_splitz"):
        publish(str(rules))

    assert RoutingPolicyVersion.objects.count() == before


def test_trying_rules_says_which_orders_would_have_gone_otherwise_and_publishes_nothing(tmp_path: Path) -> None:
    make_policy()
    make_stock(N1={"A": 5}, N2={"B": 5})
    order = make_order(lines={"A": 1, "B": 1})
    work_it_off()
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"max_splits": 1, "partial": "hold"}))

    said = publish(str(rules), "--try", "10")

    assert f"{order.number}: routed N1 N2 -> unroutable" in said
    assert "1 of the last 10 decisions would have been others; nothing was published." in said
    assert RoutingPolicyVersion.objects.get(state="active").content["max_splits"] == 3
