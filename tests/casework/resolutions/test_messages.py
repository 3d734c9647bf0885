"""A message nobody could read is read again from its case."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from apps.accounts.caller import caller_of_user
from apps.accounts.models import Role
from apps.casework.models import ExceptionCase, ResolutionRule
from apps.casework.resolutions import options_for
from apps.casework.resolutions.errors import NotResolvable
from apps.casework.resolutions.facts import Facts
from apps.casework.resolutions.performing import lock_facts
from apps.casework.services.defaults import ensure_casework
from apps.channels.framework.contracts import shipped_contract
from apps.channels.models import InboxMessage
from apps.channels.selectors import lock_message
from apps.channels.services.contracts import publish_contract
from apps.channels.services.replay import replay_message
from apps.core.process_cache import clear_process_cache
from tests.casework.resolutions.settling import agent, fresh, let, settle
from tests.channels.sending import send_shopify, shopify_order, the_order
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, UserFactory, make_policy, make_stock
from tests.racing import Meanwhile

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def case(client: Client) -> ExceptionCase:
    """Of an order whose time the contract looks for in the wrong place."""
    let()
    make_policy()
    make_stock(N1={"A": 100})
    ChannelFactory(shopify=True)
    publish(source=["bought_at"])
    send_shopify(client, shopify_order())
    work_it_off()
    return ExceptionCase.objects.get(type="message_quarantined")


def publish(source: list[str]) -> None:
    document: dict[str, Any] = copy.deepcopy(shipped_contract("shopify.order").raw)
    next(row for row in document["fields"] if row["target"] == "placed_at")["source"] = source
    publish_contract(document, reason="It reads better", actor=AGENT)


def test_it_is_the_first_thing_to_do(case: ExceptionCase):
    best = options_for(case, agent())[0]

    assert (best.code, best.recommended) == ("read_again", True)
    assert best.effect is not None
    assert "closes automatically" in best.effect.sentence


def test_understood_now_the_order_comes_in_and_the_case_closes_itself(case: ExceptionCase):
    publish(source=["created_at"])

    settle(case, "read_again")
    assert fresh(case).state == "open", "not before it was understood"
    work_it_off()

    assert the_order().state == "released"
    assert (fresh(case).state, fresh(case).resolution) == ("resolved", "it was read again")


def test_still_not_understood_the_case_stays_and_counts_it(case: ExceptionCase):
    settle(case, "read_again")
    work_it_off()

    assert InboxMessage.objects.get().verdict == "quarantined"
    assert (fresh(case).state, fresh(case).occurrences) == ("open", 2)


def test_refuses_what_was_read_meanwhile_and_changes_nothing(case: ExceptionCase):
    publish(source=["created_at"])
    replay_message(case.subject_ref, actor=AGENT)
    InboxMessage.objects.update(verdict="accepted")

    with pytest.raises(NotResolvable, match="read meanwhile"):
        settle(case, "read_again")

    assert fresh(case).state == "open"


def test_who_settles_it_waits_for_who_is_just_reading_the_message(case: ExceptionCase):
    with transaction.atomic():
        lock_message(case.subject_ref)
        other = Meanwhile(lambda: lock_facts(case.pk))
        assert other.waits_for_a_lock()

    assert isinstance(other.outcome(), Facts)


@pytest.mark.parametrize(
    ("role", "may"), [(Role.AGENT, False), (Role.LEAD, True), (Role.MANAGER, False), (Role.OPERATIONS, True)]
)
def test_the_table_of_limits_says_who_may(case: ExceptionCase, role: str, may: bool):
    the_table_as_it_starts()

    offered = {option.code: option for option in options_for(case, caller_of_user(UserFactory(role=role)))}

    assert offered["read_again"].allowed is may


def the_table_as_it_starts() -> None:
    ResolutionRule.objects.all().delete()
    ResolutionRule.history.all().delete()
    ensure_casework()
    clear_process_cache()
