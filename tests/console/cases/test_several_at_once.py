"""Several cases at once: the action, how many and what it comes to are named before, and one undo takes all of it back."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.accounts.models import Role
from apps.casework.models import ApprovalRequest, CaseAction, ExceptionCase, ResolutionRule
from apps.casework.services import ensure_casework
from apps.core.money import show
from apps.orders.models import Order
from tests.driving import again, work_it_off
from tests.factories import UserFactory, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def cases() -> list[ExceptionCase]:
    """Orders in pounds and one in euros whose price is off by one unit of the currency."""
    ensure_casework()
    make_policy()
    make_stock(N1={"A": 50})
    for currency in ("GBP", "GBP", "EUR"):
        make_order(totals={"total": 900}, currency=currency)
    work_it_off()
    return list(ExceptionCase.objects.order_by("pk"))


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(UserFactory(role=Role.LEAD))
    return client


def plan(client: Client, cases: list[ExceptionCase]) -> str:
    return client.get("/exceptions/bulk/plan/", {"case": [case.public_id for case in cases]}).content.decode()


def press(client: Client, cases: list[ExceptionCase], verb: str) -> str:
    form = {"verb": verb, "case": [case.public_id for case in cases]}
    return client.post("/exceptions/bulk/", form, follow=True).content.decode()


def verb_of(text: str) -> str:
    return text.split('name="verb" value="')[1].split('"', maxsplit=1)[0]


def test_the_action_how_many_and_the_total_of_each_currency_are_named_before_the_click(client: Client, cases):
    assert f"Accept the price of 3 orders, {show(100, 'EUR')} + {show(200, 'GBP')}" in plan(client, cases)
    assert not CaseAction.objects.exists()


def test_they_are_chosen_together_and_one_undo_takes_all_of_them_back(client: Client, cases):
    text = press(client, cases, verb_of(plan(client, cases)))

    assert "Accept the price of 3 orders, €1.00 + £2.00: about to be done" in text
    actions = list(CaseAction.objects.all())
    assert [one.state for one in actions] == ["chosen"] * 3
    batch = actions[0].batch
    assert f'action="/exceptions/batches/{batch}/undo/"' in text
    assert "3 cases" in text.split('id="undo-place"')[1].split("</form>")[0]

    said = client.post(f"/exceptions/batches/{batch}/undo/", follow=True).content.decode()

    assert "3 cases taken back; nothing was done." in said
    assert set(CaseAction.objects.values_list("state", flat=True)) == {"undone"}
    work_it_off()
    assert {again(order).state for order in Order.objects.all()} == {"received"}


def test_what_has_changed_since_it_was_shown_is_not_done(client: Client, cases):
    verb = verb_of(plan(client, cases))
    Order.objects.filter(pk=cases[0].order_id).update(total_minor=5_000)

    text = press(client, cases, verb)

    assert "What is recommended has changed since it was shown; look again." in text
    assert not CaseAction.objects.exists()


def test_nobody_takes_back_what_a_colleague_chose(client: Client, cases):
    press(client, cases, "recommended")
    other = Client()
    other.force_login(UserFactory(role=Role.LEAD))

    other.post(f"/exceptions/batches/{CaseAction.objects.first().batch}/undo/")

    assert set(CaseAction.objects.values_list("state", flat=True)) == {"chosen"}


def test_beyond_the_limits_the_group_says_that_it_is_proposed(cases):
    client = Client()
    client.force_login(UserFactory(role=Role.LEAD))
    ResolutionRule.objects.filter(resolution="accept_price").update(most_minor=50, most_margin_loss_minor=50)

    text = plan(client, cases)
    assert "Propose: Accept the price of 3 orders" in text
    press(client, cases, verb_of(text))

    assert ApprovalRequest.objects.filter(state="pending").count() == 3
    assert not CaseAction.objects.exists()


def test_two_cases_of_one_order_count_once(client: Client, cases):
    order = Order.objects.get(pk=cases[0].order_id)
    second = ExceptionCase.objects.create(
        type="price_mismatch", subject_ref="again", sentence="Off again.", order=order, currency="GBP"
    )

    assert "Accept the price of 3 orders" in plan(client, [*cases, second])
