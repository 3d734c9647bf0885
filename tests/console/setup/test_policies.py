"""Routing policies without a shell: tried on past decisions, published, rolled back."""

from typing import Any

import pytest
from django.urls import reverse

from apps.accounts.models import Role
from apps.console.setup.policy_form import MONEY, NUMBERS
from apps.routing.models import RoutingDecision, RoutingPolicyVersion
from apps.routing.services import DEFAULT_POLICY
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import ChannelFactory, make_order

pytestmark = pytest.mark.django_db


def filled(**changes: Any) -> dict[str, Any]:
    """The form as it is shown, with changes."""
    form: dict[str, Any] = {name: DEFAULT_POLICY[name] for name in NUMBERS}
    form |= {name: f"{DEFAULT_POLICY[name] / 100:.2f}" for name in MONEY}
    form |= {name: DEFAULT_POLICY[name] for name in ("partial", "untracked", "unknown_distance", "criteria")}
    form |= {"require_in_shipping_zone": "1", "channel": "", "seen": "1", "note": "Fewer parcels", "do": "publish"}
    return form | changes


def active() -> RoutingPolicyVersion:
    return RoutingPolicyVersion.objects.get(state="active", channel="")


def test_the_form_sent_as_it_stands_publishes_the_same_rules(log_in: LogIn, shop: None):
    client, before = log_in(Role.OPERATIONS), active()
    assert client.get(reverse("console:policy_edit")).status_code == 200

    client.post(reverse("console:policy_save"), filled())

    now = active()
    assert (now.number, now.content, now.note) == (before.number + 1, before.content, "Fewer parcels")
    assert now.created_by.startswith("staff:")
    assert "Fewer parcels" in client.get(reverse("console:policy", args=[now.pk])).content.decode()


def test_rules_are_tried_on_the_last_decisions_and_nothing_is_published(log_in: LogIn, shop: None):
    make_order(lines={"A": 53}, external_number="#split")
    work_it_off()
    assert len(RoutingDecision.objects.get().plan["costs"]) == 2

    answer = log_in(Role.OPERATIONS).post(reverse("console:policy_save"), filled(max_splits=1, do="try"))

    text = answer.content.decode()
    assert "1 of the last 300 decisions would have been another" in text
    assert "#split" in text
    assert 'name="max_splits" min="1" max="20" value="1"' in text
    assert active().content["max_splits"] == DEFAULT_POLICY["max_splits"]


def test_an_earlier_version_is_rolled_back_to_with_one_button(log_in: LogIn, shop: None):
    client, first = log_in(Role.OPERATIONS), active()
    client.post(reverse("console:policy_save"), filled(max_splits=1))
    assert active().content["max_splits"] == 1

    client.post(reverse("console:policy_restore", args=[first.pk]))

    assert (active().number, active().content) == (3, first.content)
    client.post(reverse("console:policy_restore", args=[active().pk]))
    assert active().number == 3, "the active one is not rolled back to"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"criteria": []}, "names nothing by which locations are compared"),
        ({"criteria": ["given_order"]}, "a given order of locations and names none"),
        ({"criteria": ["made_up"]}, "unknown criterion"),
        ({"max_splits": "0"}, "Parcels at most: a whole number from 1 to 20."),
        ({"max_splits": "many"}, "Parcels at most"),
        ({"split_penalty_minor": "1,5"}, "an amount such as 1.50"),
        ({"partial": "shrug"}, "can&#39;t be used"),
        ({"note": " "}, "Say why"),
        ({"seen": "0"}, "Somebody has published a version meanwhile"),
        ({"channel": "nowhere"}, "for which channel"),
    ],
)
def test_what_makes_no_policy_is_refused_in_words(log_in: LogIn, shop: None, changes: dict[str, Any], said: str):
    answer = log_in(Role.OPERATIONS).post(reverse("console:policy_save"), filled(**changes), follow=True)

    assert said in answer.content.decode()
    assert RoutingPolicyVersion.objects.count() == 1


def test_rules_that_make_no_policy_stay_on_the_form_as_they_were_filled_in(log_in: LogIn, shop: None):
    changes = {"criteria": [], "max_splits": 7, "split_penalty_minor": "9.75", "seen": "none"}

    answer = log_in(Role.OPERATIONS).post(reverse("console:policy_save"), filled(**changes))

    assert answer.status_code == 422
    assert 'name="max_splits" min="1" max="20" value="7"' in answer.content.decode()
    assert 'value="9.75"' in answer.content.decode()
    assert active().number == 1


def test_a_channel_gets_rules_of_its_own(log_in: LogIn, shop: None):
    ChannelFactory(code="trade", name="Trade")

    log_in(Role.OPERATIONS).post(
        reverse("console:policy_save"),
        filled(channel="trade", seen="0", criteria=["given_order", "least_cost"], node_order=["york", "leeds", ""]),
    )

    row = RoutingPolicyVersion.objects.get(channel="trade")
    assert (row.number, row.content["node_order"]) == (1, ["york", "leeds"])
    assert active().number == 1


@pytest.mark.parametrize(("role", "nodes"), [(Role.AGENT, []), (Role.LEAD, []), (Role.OPERATIONS, ["york"])])
def test_refuses_who_may_not_change_rules_for_everybody(log_in: LogIn, shop: None, role: str, nodes: list[str]):
    client, first = log_in(role, nodes=nodes), active()

    assert client.get(reverse("console:policy_edit")).status_code == 403
    assert client.post(reverse("console:policy_save"), filled()).status_code == 403
    assert client.post(reverse("console:policy_restore", args=[first.pk])).status_code == 403
    assert RoutingPolicyVersion.objects.count() == 1
