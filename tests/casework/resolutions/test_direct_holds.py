"""A hold is let go on its order's page and over the API by the limits that count in its case."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role
from apps.casework.models import ApprovalRequest, ExceptionCase, ResolutionRule
from apps.casework.services import ensure_casework
from apps.orders.models import Hold, Order
from apps.orders.services import place_hold
from tests.api.front_door import Door
from tests.casework.approvals.people import decide, person
from tests.casework.resolutions.settling import case_of, fresh
from tests.driving import again, work_it_off
from tests.factories import AGENT, UserFactory, make_key, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)
WITHIN, BEYOND = 9_70, 1_00


@pytest.fixture(autouse=True)
def _shop() -> None:
    """The table of limits as it starts: an agent accepts a price up to 5.00 off."""
    ensure_casework()
    make_policy()
    make_stock(N1={"A": 50})


def held(**changes: object) -> Order:
    order = make_order(**changes)
    work_it_off()
    assert Hold.objects.filter(order=order, released_at__isnull=True).exists()
    return order


def off_by_price(claimed: int) -> Order:
    return held(totals={"total": claimed})


def post(order: Order, role: str, reason: str = "price_mismatch"):
    """Over the API, with a key of that role."""
    door = Door(make_key(role=role))
    return door.post(f"orders/{order.public_id}/holds/release", {"reason": reason})


def press(order: Order, role: str, reason: str = "price_mismatch") -> str:
    """The button on the order's page; answers the page that follows."""
    client = Client()
    client.force_login(UserFactory(role=role))
    address = reverse("console:order_release", args=[order.public_id])
    return client.post(address, {"reason": reason}, follow=True).content.decode()


def stands(order: Order) -> bool:
    return Hold.objects.filter(order=order, released_at__isnull=True).exists()


def test_beyond_the_limit_the_api_answers_with_a_proposal_that_says_why_and_nothing_changes():
    order = off_by_price(BEYOND)
    case = case_of(order, "price_mismatch")

    answer = post(order, Role.AGENT)

    approval = answer.data["approval"]
    assert (answer.status_code, approval["kind"], approval["state"]) == (202, "price_override", "pending")
    assert approval["limits"] == [
        "£9.00 is over the limit of £5.00.",
        "It costs £9.00 of margin; the limit is £5.00.",
    ]
    assert approval["case"] == case.public_id
    assert stands(order)
    assert again(order).state == "received"
    assert fresh(case).waiting_on == "approval"


def test_beyond_the_limit_the_page_says_so_and_links_the_proposal():
    order = off_by_price(BEYOND)

    text = press(order, Role.AGENT)

    proposal = ApprovalRequest.objects.get(order=order)
    assert f'<a href="/approvals/{proposal.public_id}/">Your proposal</a> waits for CS lead or Manager' in text
    assert stands(order)


def test_who_approves_it_lets_the_hold_go_and_the_case_with_it():
    order = off_by_price(BEYOND)
    post(order, Role.AGENT)

    decide(ApprovalRequest.objects.get(order=order), person(Role.LEAD))
    work_it_off()

    assert again(order).state == "released"
    assert not ExceptionCase.objects.exclude(state="resolved").exists()


def test_who_is_within_the_limit_lets_it_go():
    small, large = off_by_price(WITHIN), off_by_price(BEYOND)

    assert post(small, Role.AGENT).status_code == 200
    press(large, Role.LEAD)
    work_it_off()

    assert [again(order).state for order in (small, large)] == ["released", "released"]
    assert not ExceptionCase.objects.filter(state="open").exists()


def test_an_unpaid_order_goes_only_with_anothers_agreement():
    order = held(payment={"state": "pending"})

    assert post(order, Role.AGENT, "payment_problem").status_code == 202
    for role in (Role.LEAD, Role.INTEGRATOR):
        answer = post(order, role, "payment_problem")
        assert (answer.status_code, answer.data["code"]) == (409, "already_proposed")

    assert stands(order)


@pytest.mark.parametrize("role", [Role.AGENT, Role.INTEGRATOR])
def test_a_hold_of_which_nothing_is_at_stake_is_released_as_ever(role: str):
    order = held(lines={"A": 10_000})

    assert post(order, role, "quantity_unusual").status_code == 200


def test_a_machine_may_not_accept_a_price():
    order = off_by_price(WITHIN)

    answer = post(order, Role.INTEGRATOR)

    assert (answer.status_code, answer.data["code"]) == (403, "beyond_limits")
    assert "CS agent or CS lead" in answer.data["detail"]
    assert stands(order)


def test_who_may_release_no_hold_in_a_case_may_not_beside_it():
    ResolutionRule.objects.filter(resolution="release_hold", role=Role.AGENT).delete()
    order = held(lines={"A": 10_000})

    assert post(order, Role.AGENT, "quantity_unusual").status_code == 403
    assert stands(order)


def test_what_was_held_by_hand_has_no_limit():
    order = make_order()
    door = Door(make_key(role=Role.AGENT))
    door.post(f"orders/{order.public_id}/holds", {"reason": "manual"})

    assert post(order, Role.AGENT, "manual").status_code == 200


def test_without_a_standing_case_the_limit_counts_all_the_same():
    order = off_by_price(BEYOND)
    ExceptionCase.objects.all().delete()

    answer = post(order, Role.AGENT)

    assert (answer.status_code, answer.data["approval"]["case"]) == (202, None)
    assert stands(order)


def page_as(role: str, order: Order) -> str:
    client = Client()
    client.force_login(UserFactory(role=role))
    return client.get(reverse("console:order", args=[order.public_id])).content.decode()


def test_the_page_says_before_the_click_that_it_is_beyond_the_limit():
    order = off_by_price(BEYOND)
    hold = Hold.objects.get(order=order)

    agents, leads = page_as(Role.AGENT, order), page_as(Role.LEAD, order)

    assert "It costs £9.00 of margin; the limit is £5.00. CS lead or Manager or Operations can approve it." in agents
    assert f'id="release-{hold.public_id}"' in agents
    assert "the limit is" not in leads
    assert f'id="release-{hold.public_id}"' in leads


def test_of_two_holds_only_the_one_that_is_theirs_to_release_is_offered():
    ResolutionRule.objects.filter(resolution="accept_price", role=Role.AGENT).delete()
    order = off_by_price(BEYOND)
    place_hold(order.pk, reason="manual", note="by hand", actor=AGENT)

    offered = page_as(Role.AGENT, order).split('id="release-reason"')[1].split("</select>")[0]

    assert '<option value="manual">' in offered
    assert "price_mismatch" not in offered
