"""Setting right what the order came with."""

from datetime import timedelta

import pytest

from apps.casework.resolutions import options_for, preview
from apps.casework.resolutions.errors import BeyondLimits, WrongParameters
from apps.catalog.models import SkuAlias
from apps.orders.errors import AddressNotDeliverable
from apps.orders.selectors import ship_to
from apps.orders.services import revise_order
from tests.casework.resolutions.settling import agent, case_of, fresh, let, settle, told
from tests.driving import again, work_it_off
from tests.factories import AGENT, canonical, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db

BAD = {"name": "Pat Canary", "line1": "1 Canary Row", "city": "Leeds", "postal_code": "NOPE", "country": "GB"}


@pytest.fixture(autouse=True)
def _shop():
    make_policy()
    make_stock(N1={"A": 5})


def test_a_corrected_address_lets_the_order_go_all_the_way_to_its_node():
    let()
    order = make_order(shipping_address=BAD)
    work_it_off()
    case = case_of(order, "address_invalid")

    settle(case, "fix_address", address={"postal_code": "LS1 1AA"})
    work_it_off()

    assert (fresh(case).state, fresh(case).resolution_code) == ("resolved", "fix_address")
    assert again(order).state == "released"
    assert ship_to([order.pk])[order.pk].postal_code == "LS1 1AA"


def test_an_address_that_is_still_wrong_is_refused_and_nothing_has_changed():
    let()
    order = make_order(shipping_address=BAD)
    work_it_off()
    case, before = case_of(order, "address_invalid"), told(order)

    with pytest.raises(AddressNotDeliverable):
        settle(case, "fix_address", address={"postal_code": "ALSO NOPE"})

    assert fresh(case).state == "open"
    assert not case.actions.exists()
    assert ship_to([order.pk])[order.pk].postal_code == "NOPE"
    assert told(order) == before


def test_fields_that_no_address_has_are_refused_by_name():
    let()
    order = make_order(shipping_address=BAD)
    work_it_off()

    with pytest.raises(WrongParameters) as refused:
        settle(case_of(order, "address_invalid"), "fix_address", address={"planet": "Mars"})

    assert refused.value.details["errors"][0]["pointer"] == "/address"


@pytest.mark.parametrize(("name", "said"), [("line1", "Street and number"), ("postal_code", "Postal code")])
def test_a_field_that_is_too_long_is_named_as_on_the_form(name: str, said: str):
    let()
    order = make_order(shipping_address=BAD)
    work_it_off()

    with pytest.raises(WrongParameters) as refused:
        settle(case_of(order, "address_invalid"), "fix_address", address={name: "x" * 256})

    assert f"{said} is too long" in str(refused.value.details)
    assert ship_to([order.pk])[order.pk].postal_code == "NOPE"


def test_correcting_the_address_is_recommended_before_it_is_filled_in():
    let()
    order = make_order(shipping_address=BAD)
    work_it_off()

    best = options_for(case_of(order, "address_invalid"), agent())[0]

    assert (best.code, best.recommended, best.effect) == ("fix_address", True, None)
    assert best.because == "The address is all that keeps the order back."
    assert "postal code" in best.params[0].help


def test_a_mapped_code_frees_every_order_of_the_channel_that_waits_for_it():
    let()
    orders = [make_order(lines={"a-a": 1}), make_order(lines={"a-a": 2})]
    make_stock(N2={"AA": 9})
    work_it_off()
    case = case_of(orders[0], "unknown_sku")
    best = options_for(case, agent())[0]
    assert (best.code, best.recommended) == ("map_sku", True)
    assert best.effect is not None
    assert "1 other order" in best.effect.sentence

    settle(case, "map_sku")
    work_it_off()

    assert SkuAlias.objects.get().alias == "a-a"
    assert [again(order).state for order in orders] == ["released", "released"]
    assert fresh(case_of(orders[1], "unknown_sku")).state == "resolved"


def test_an_accepted_price_lets_the_order_go_and_stays_accepted():
    let()
    order = make_order(totals={"total": 900})
    work_it_off()
    case = case_of(order, "price_mismatch")
    assert preview(case, "accept_price", {}, agent()).cost_minor == 100

    settle(case, "accept_price")
    work_it_off()

    assert again(order).price_accepted
    assert again(order).state == "released"


def test_a_price_beyond_the_limit_is_refused_where_nobody_is_set_up_to_approve():
    let("accept_price", most_minor=50)
    order = make_order(totals={"total": 900})
    work_it_off()
    case = case_of(order, "price_mismatch")

    with pytest.raises(BeyondLimits, match="over the limit"):
        settle(case, "accept_price")

    assert not again(order).price_accepted
    assert fresh(case).state == "open"


def test_a_released_hold_is_not_placed_again_for_the_same_finding():
    let()
    order = make_order(risk={"level": "high"})
    work_it_off()
    case = case_of(order, "fraud_review")

    settle(case, "release_hold", note="called the customer")
    work_it_off()

    assert again(order).state == "released"
    assert fresh(case).resolution_code == "release_hold"


def test_a_preview_changes_nothing():
    order = make_order(totals={"total": 900})
    work_it_off()
    case, before = case_of(order, "price_mismatch"), told(order)

    options_for(case, agent())
    preview(case, "accept_price", {}, agent())

    assert told(order) == before
    assert fresh(case).version == case.version


def said_again(order, **changes):
    """The channel's next message about the order, a minute later."""
    later = (order.placed_at + timedelta(minutes=1)).isoformat()
    body = {"placed_at": order.placed_at.isoformat(), "updated_at": later, **changes}
    return canonical(external_id=order.external_id, **body)


def test_the_channel_s_next_message_does_not_bring_the_mistake_back():
    let()
    order = make_order(shipping_address=BAD, payment={"state": "pending"})
    work_it_off()
    settle(case_of(order, "address_invalid"), "fix_address", address={"postal_code": "LS1 1AA"})

    revise_order(order.pk, said_again(order, shipping_address=BAD), actor=AGENT)
    work_it_off()

    assert ship_to([order.pk])[order.pk].postal_code == "LS1 1AA"
    assert again(order).state == "released"


def test_a_new_address_from_the_channel_counts_more_than_our_correction():
    let()
    order = make_order(shipping_address=BAD, payment={"state": "pending"})
    work_it_off()
    settle(case_of(order, "address_invalid"), "fix_address", address={"postal_code": "LS1 1AA"})

    revise_order(order.pk, said_again(order, shipping_address={**BAD, "postal_code": "YO1 7HH"}), actor=AGENT)
    work_it_off()

    assert ship_to([order.pk])[order.pk].postal_code == "YO1 7HH"
    assert again(order).state == "released"


def test_cancelled_units_stay_cancelled_when_the_channel_says_it_is_paid():
    let()
    order = make_order(lines={"A": 1, "NOPE": 1}, payment={"state": "pending"})
    work_it_off()
    settle(case_of(order, "unknown_sku"), "cancel_lines", units={"2": 1})

    revise_order(order.pk, said_again(order, lines={"A": 1, "NOPE": 1}), actor=AGENT)
    work_it_off()

    assert [line.open_quantity for line in order.lines.all()] == [1, 0]
    assert again(order).state == "released"
