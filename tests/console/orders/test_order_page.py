"""The page of one order: what it says, and what its buttons do."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role, User
from apps.casework.models import ExceptionCase
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.context import acting_as
from apps.core.models import Event
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel, reject_fulfillment_order, ship_fulfillment_order
from apps.inventory.models import StockLevel
from apps.orders.models import Hold, Order, OrderContact
from apps.orders.services import place_hold
from apps.routing.models import RoutingDecision
from tests.console.conftest import LogIn
from tests.driving import again, work_it_off
from tests.factories import AGENT, UserFactory, make_carrier, make_order

pytestmark = pytest.mark.django_db


def page_of(client: Client, order: Order, **params: str) -> str:
    answer = client.get(reverse("console:order", args=[order.public_id]), params)
    assert answer.status_code == 200
    return answer.content.decode()


def test_says_where_the_order_stands_where_its_goods_are_and_why(log_in: LogIn, released: Order):
    text = page_of(log_in(), released)

    assert 'aria-current="step"' in text
    assert RoutingDecision.objects.get().sentence in text
    assert "Leeds" in text
    assert "Locations are chosen and the stock is reserved." in text
    assert "Pat Canary" in text


def test_the_page_and_the_list_say_whom_the_order_waits_for(log_in: LogIn, released: Order):
    client = log_in()
    said = "Waiting for: a person"

    assert said in page_of(client, released)
    assert said in client.get("/orders/").content.decode()
    row = FulfillmentOrder.objects.get()
    ship_fulfillment_order(row.pk, external_id="S", parcels=[Parcel(tracking_number="T-1")], actor=AGENT)
    work_it_off()
    assert "Waiting for: a partner or carrier" in page_of(client, released)


def test_tells_a_hold_and_its_exception_as_one_concern(log_in: LogIn, shop: None):
    order = make_order(shipping_address={"name": "Pat", "city": "Leeds", "country": "GB", "postal_code": "nonsense"})
    work_it_off()

    text = page_of(log_in(), order)

    concerns = text.split('id="cases"')[1].split("</section>")[0]
    assert concerns.count('class="notice ') == 1
    assert "Release" in concerns
    assert ExceptionCase.objects.get().public_id in concerns


def test_asked_again_with_the_pulse_it_gave_answers_with_nothing(log_in: LogIn, released: Order):
    client = log_in()
    pulse = page_of(client, released).split('data-pulse="')[1].split('"')[0]
    address = reverse("console:order", args=[released.public_id])

    assert client.get(address, {"seen": pulse}).status_code == 204
    place_hold(released.pk, reason="manual", actor=AGENT)
    changed = client.get(address, {"seen": pulse})

    assert changed.status_code == 200
    assert changed.content.decode().strip().startswith('<div id="order-live"')


def test_an_ended_order_is_not_followed_any_more(log_in: LogIn, released: Order):
    client = log_in()
    client.post(reverse("console:order_cancel", args=[released.public_id]), {"reason": "Other"})

    assert "data-live" not in page_of(client, released)


def test_holding_and_releasing_are_done_by_whoever_pressed_the_button(released: Order):
    user = UserFactory(role=Role.AGENT, first_name="Dana", last_name="Whitfield")
    client = Client()
    client.force_login(user)

    client.post(
        reverse("console:order_hold", args=[released.public_id]), {"reason": "manual", "note": "Wait for the call"}
    )
    hold = Hold.objects.get()
    assert (hold.reason, hold.note, hold.placed_by) == ("manual", "Wait for the call", f"staff:{user.public_id}")
    assert "Dana Whitfield" in page_of(client, released, show="people")

    client.post(reverse("console:order_release", args=[released.public_id]), {"reason": "manual", "note": "She called"})
    hold = Hold.objects.get()
    assert hold.released_at is not None
    assert hold.release_note == "She called"


def test_a_cancelled_order_shows_no_hold_to_release(log_in: LogIn, released: Order):
    place_hold(released.pk, reason="manual", actor=AGENT)
    client, address = log_in(), reverse("console:order", args=[released.public_id])
    assert 'data-dialog="release-dialog"' in client.get(address).content.decode()

    client.post(reverse("console:order_cancel", args=[released.public_id]), {"reason": "Other", "note": "By phone"})

    text = client.get(address).content.decode()
    assert again(released).state == "cancelled"
    assert 'data-dialog="release-dialog"' not in text
    assert "The order has no standing hold." in text


def test_cancelling_gives_the_stock_back_and_keeps_the_reason(log_in: LogIn, released: Order):
    log_in().post(
        reverse("console:order_cancel", args=[released.public_id]),
        {"reason": "Customer changed their mind", "note": "By phone"},
    )
    work_it_off()

    order = again(released)
    assert (order.state, order.cancel_reason) == ("cancelled", "Customer changed their mind: By phone")
    assert sum(StockLevel.objects.values_list("reserved", flat=True)) == 0


def test_a_refusal_is_told_on_the_page_and_changes_nothing(log_in: LogIn, released: Order):
    fulfillment_order = FulfillmentOrder.objects.get()
    ship_fulfillment_order(fulfillment_order.pk, external_id="S", parcels=[Parcel()], actor=AGENT)
    client = log_in()

    answer = client.post(reverse("console:order_cancel", args=[released.public_id]), {"reason": "Other"}, follow=True)

    assert "can&#39;t be cancelled any more" in answer.content.decode()
    assert again(released).state == "released"


@pytest.mark.parametrize("verb", ["hold", "release"])
def test_a_reason_that_is_none_is_refused(log_in: LogIn, released: Order, verb: str):
    answer = log_in().post(
        reverse(f"console:order_{verb}", args=[released.public_id]), {"reason": "because"}, follow=True
    )

    assert "toast-error" in answer.content.decode()
    assert not Hold.objects.exists()


def test_a_button_that_can_not_be_pressed_says_why(log_in: LogIn, released: Order):
    text = page_of(log_in(Role.INTEGRATOR, is_superuser=False), released)
    assert "The order has no standing hold." in text

    ship_fulfillment_order(FulfillmentOrder.objects.get().pk, external_id="S", parcels=[Parcel()], actor=AGENT)
    work_it_off()
    text = page_of(log_in(), released)
    assert "The order is shipped; it can&#39;t be cancelled any more." in text
    assert 'id="cancel-dialog"' not in text


def test_replaying_a_decision_gives_the_same_answer_and_changes_nothing(log_in: LogIn, released: Order):
    decision, before = RoutingDecision.objects.get(), Event.objects.count()

    answer = log_in().post(reverse("console:decision_replay", args=[released.public_id, decision.public_id]))

    assert "Same answer" in answer.content.decode()
    assert (RoutingDecision.objects.count(), Event.objects.count()) == (1, before)


def test_a_tampered_decision_is_found_out(log_in: LogIn, released: Order):
    decision = RoutingDecision.objects.get()
    decision.plan["cost_milli"] += 1
    decision.save()

    answer = log_in().post(reverse("console:decision_replay", args=[released.public_id, decision.public_id]))

    assert "Another answer: cost_milli" in answer.content.decode()


def test_a_decision_of_another_order_is_not_there(log_in: LogIn, released: Order):
    other = make_order()
    decision = RoutingDecision.objects.get()

    answer = log_in().post(reverse("console:decision_replay", args=[other.public_id, decision.public_id]))

    assert answer.status_code == 404


def test_every_decision_can_be_chosen_and_the_last_is_shown_first(log_in: LogIn, released: Order):
    reject_fulfillment_order(FulfillmentOrder.objects.get().pk, reason="damaged", actor=AGENT)
    work_it_off()
    first, second = RoutingDecision.objects.order_by("pk")
    client = log_in()

    assert f'<p class="why-sentence">{second.sentence}' in page_of(client, released)
    text = page_of(client, released, decision=first.public_id)
    assert f'<p class="why-sentence">{first.sentence}' in text
    assert "Could not ship it before" not in text
    assert "Could not ship it before" in page_of(client, released, decision=second.public_id)


def test_a_decision_of_a_forgotten_form_is_told_by_its_sentence(log_in: LogIn, released: Order):
    decision = RoutingDecision.objects.get()
    decision.question = {"written": "by another age"}
    decision.save()

    text = page_of(log_in(), released)

    assert decision.sentence in text
    assert "a form this version does not read" in text


def test_the_cost_of_each_candidate_is_taken_apart(log_in: LogIn, shop: None):
    make_carrier()
    order = make_order(lines={"A": 2})
    work_it_off()

    text = page_of(log_in(), order)

    assert "Base rate" in text
    assert 'class="cost-row is-chosen"' in text


def test_parcels_show_their_tracking_numbers_and_only_safe_links(log_in: LogIn, released: Order):
    parcels = [Parcel(tracking_number="TRACK1", tracking_url="javascript:alert(1)")]
    ship_fulfillment_order(FulfillmentOrder.objects.get().pk, external_id="S", parcels=parcels, actor=AGENT)
    work_it_off()

    text = page_of(log_in(), released)

    assert "TRACK1" in text
    assert "javascript:" not in text


@pytest.mark.parametrize("show", ["event", "decision", "call", "message", "people", "nonsense"])
def test_the_timeline_can_be_narrowed(log_in: LogIn, released: Order, show: str):
    text = page_of(log_in(), released, show=show)

    assert ('order.accepted"' in text or "order.accepted<" in text) is (show in ("event", "people", "nonsense"))


def test_the_page_says_what_changed_by_whom_before_and_after(log_in: LogIn, released: Order):
    browser = log_in(Role.LEAD, first_name="Dana", last_name="Lead")
    assert "Nothing has been changed since the order came." in page_of(browser, released)

    contact = OrderContact.objects.get(order=released, role="ship_to")
    contact.city = "York"
    with acting_as(Actor("staff", User.objects.get(first_name="Dana").public_id), "the customer called"):
        update_rows([contact], ["city"])

    text = page_of(browser, released)
    card = text[text.index('id="changes"') :]
    assert "Delivery, city" in card
    assert "Leeds" in card
    assert "York" in card
    assert "Dana Lead" in card
    assert "the customer called" in card
