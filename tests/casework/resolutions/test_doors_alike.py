"""A verb on an order's page or over the API has the limits it has in a case, and becomes a proposal beyond them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role
from apps.casework.approvals.errors import SelfApproval
from apps.casework.approvals.selectors import waiting_for
from apps.casework.models import ApprovalRequest, LimitUse, ResolutionRule
from apps.casework.services import ensure_casework
from apps.core import clock
from apps.orders.models import Order
from tests import racing
from tests.api.front_door import Answer, Door
from tests.casework.approvals.people import caller, decide, person
from tests.casework.resolutions.settling import case_of
from tests.driving import again, work_it_off
from tests.factories import UserFactory, make_key, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    """The table of limits as it starts: an agent cancels up to 100.00, a lead up to 500.00."""
    ensure_casework()
    make_policy()
    make_stock(N1={"A": 500})


def order_worth(pounds: int, **changes: object) -> Order:
    order = make_order(lines={"A": pounds // 10}, **changes)
    work_it_off()
    return again(order)


def cancel(order: Order, role: str = Role.AGENT, **changes: object) -> Answer:
    door = Door(make_key(role=role))
    return door.post(f"orders/{order.public_id}/cancel", {"reason": "asked", **changes})


def press_cancel(order: Order, role: str = Role.AGENT) -> str:
    client = Client()
    client.force_login(UserFactory(role=role))
    address = reverse("console:order_cancel", args=[order.public_id])
    return client.post(address, {"reason": "Other"}, follow=True).content.decode()


def test_an_agent_cancels_a_small_order_and_only_proposes_a_large_one_from_every_door():
    small, page, api = order_worth(90), order_worth(300), order_worth(300)

    assert cancel(small).status_code == 200
    text, answer = press_cancel(page), cancel(api)

    assert again(small).state == "cancelled"
    assert [again(order).state for order in (page, api)] == ["released", "released"]
    assert "Nothing is done yet. £300.00 is over the limit of £100.00." in text
    assert answer.status_code == 202
    assert answer.data["approval"]["limits"] == ["£300.00 is over the limit of £100.00."]
    assert ApprovalRequest.objects.filter(state="pending", kind="cancel_after_release").count() == 2


def test_who_approves_it_cancels_the_order_by_the_service_of_the_button():
    order = order_worth(300)
    cancel(order)

    decide(ApprovalRequest.objects.get(), person(Role.LEAD))
    work_it_off()

    assert (again(order).state, again(order).cancel_reason) == ("cancelled", "asked")


def test_exactly_at_the_limit_needs_nobody_else():
    assert cancel(order_worth(100)).status_code == 200


def test_a_role_that_may_not_in_a_case_may_not_by_the_api_either():
    ResolutionRule.objects.filter(resolution="cancel_order", role=Role.AGENT).delete()
    order = order_worth(10)

    answer = cancel(order)

    assert (answer.status_code, answer.data["code"]) == (403, "beyond_limits")
    assert "“Cancel the order” is for" in answer.data["detail"]
    assert again(order).state == "released"


def test_a_machine_cancels_as_the_channels_own_act_until_operations_set_it_a_limit():
    free, limited = order_worth(4_000), order_worth(4_000)

    assert cancel(free, Role.INTEGRATOR).status_code == 200
    ResolutionRule.objects.filter(resolution="cancel_order", role=Role.INTEGRATOR).update(most_minor=100_00)
    assert cancel(limited, Role.INTEGRATOR).status_code == 202

    assert (again(free).state, again(limited).state) == ("cancelled", "released")


def test_an_installation_that_never_set_the_rule_up_goes_by_the_built_in_one():
    ResolutionRule.objects.all().delete()
    ResolutionRule.history.all().delete()

    assert cancel(order_worth(90)).status_code == 200
    assert cancel(order_worth(300)).status_code == 202
    assert cancel(order_worth(300), Role.INTEGRATOR).status_code == 200


def test_a_cancelled_order_is_cancelled_again_by_anybody_and_stays_so():
    order = order_worth(300)
    cancel(order, Role.OPERATIONS)

    assert cancel(order).status_code == 200
    assert not ApprovalRequest.objects.exists()


def test_what_nobody_could_do_any_more_is_refused_and_not_proposed():
    order = order_worth(300)
    Order.objects.filter(pk=order.pk).update(state="shipped")

    answer = cancel(order)

    assert (answer.status_code, answer.data["code"]) == (409, "order_not_cancellable")
    assert not ApprovalRequest.objects.exists()


def test_in_yen_and_in_dinar_the_limit_is_a_hundred_of_the_currency():
    make_stock(N2={"Y": 500})
    yen = make_order(currency="JPY", lines=[line("Y", 1, 100)])
    more_yen = make_order(currency="JPY", lines=[line("Y", 1, 101)])
    dinar = make_order(currency="KWD", lines=[line("Y", 1, 100_000)])
    more_dinar = make_order(currency="KWD", lines=[line("Y", 1, 100_001)])
    work_it_off()

    assert [cancel(one).status_code for one in (yen, dinar)] == [200, 200]
    assert cancel(more_yen).data["approval"]["limits"] == ["¥101 is over the limit of ¥100."]
    assert cancel(more_dinar).data["approval"]["limits"] == ["100.001 KWD is over the limit of 100.000 KWD."]


def line(sku: str, units: int, price: int) -> dict[str, object]:
    return {"line_id": "1", "sku": sku, "quantity": units, "unit_price": price}


def test_a_later_promise_by_the_api_counts_against_the_limit_and_tags_do_not():
    deliver_by = clock.now() + timedelta(days=2)
    order = order_worth(300)
    Order.objects.filter(pk=order.pk).update(deliver_by=deliver_by)
    ResolutionRule.objects.filter(resolution="change_promise", role=Role.INTEGRATOR).update(most_minor=100_00)
    door = Door(make_key(role=Role.INTEGRATOR))
    path, later = f"orders/{order.public_id}", (deliver_by + timedelta(days=9)).isoformat()

    tagged = door.patch(path, {"tags": ["vip"]}, match=f'"{order.version}"')
    moved = door.patch(path, {"deliver_by": later, "tags": ["late"]}, match=tagged.headers["ETag"])

    assert (tagged.status_code, moved.status_code) == (200, 202)
    assert (again(order).deliver_by, again(order).tags) == (deliver_by, ["vip"])
    decide(ApprovalRequest.objects.get(), person(Role.LEAD))
    assert (again(order).deliver_by, again(order).tags) == (deliver_by + timedelta(days=9), ["late"])


def test_of_two_doors_at_once_the_second_sees_what_the_first_has_had():
    order = order_worth(90)
    key = make_key(role=Role.INTEGRATOR)
    ResolutionRule.objects.filter(resolution="change_promise", role=Role.INTEGRATOR).update(most_minor=100_00)
    Order.objects.filter(pk=order.pk).update(ship_by=clock.now(), deliver_by=clock.now())
    moment = (clock.now() + timedelta(days=3)).isoformat()

    def later(name: str) -> int:
        return Door(key).patch(f"orders/{order.public_id}", {name: moment}, match="*").status_code

    found = racing.at_once(lambda: later("ship_by"), lambda: later("deliver_by"))

    assert sorted(found) == [200, 202]
    assert LimitUse.objects.get().amount_minor == 90_00


def test_the_page_says_before_the_click_that_it_becomes_a_proposal():
    order = order_worth(300)
    client = Client()
    client.force_login(UserFactory(role=Role.AGENT))

    text = client.get(reverse("console:order", args=[order.public_id])).content.decode()

    assert "£300.00 is over the limit of £100.00. CS lead or Manager or Operations can approve it." in text
    assert "Ask for approval</button>" in text


def test_the_proposal_made_on_the_page_makes_its_case_wait():
    order = order_worth(300, totals={"total": 200_00})
    press_cancel(order)

    case = case_of(order, "price_mismatch")
    assert (case.state, case.waiting_on) == ("waiting", "approval")
    assert ApprovalRequest.objects.get().case_id == case.pk


def test_a_key_proposes_and_its_owner_can_not_approve():
    order, owner = order_worth(300), person(Role.LEAD)
    Door(make_key(role=Role.AGENT, owner=owner)).post(f"orders/{order.public_id}/cancel", {"reason": "asked"})
    row = ApprovalRequest.objects.get()

    assert not waiting_for(caller(owner)).exists()
    with pytest.raises(SelfApproval):
        decide(row, owner)
    assert again(order).state == "released"
    assert decide(row, person(Role.LEAD)).state == "approved"
