"""Forms of a case that somebody has filled in before: taken back, or refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.accounts.models import Role
from apps.casework.models import CaseAction, ExceptionCase
from apps.casework.services import ensure_casework
from apps.core import clock
from tests.console.casepages import again, post, text_of
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import make_order

pytestmark = pytest.mark.django_db


def test_what_is_taken_back_stands_in_the_form_as_it_was_typed_in_the_same_list(log_in: LogIn, case: ExceptionCase):
    client, listed = log_in(Role.AGENT), "clock=paused&type=unknown_sku"
    post(client, case, "choose", code="map_sku", list=listed, **{"p.code": "NOBODY-KNOWS", "p.sku": "B"})
    action = CaseAction.objects.get()
    page = client.get(reverse("console:case", args=[case.public_id]) + f"?{listed}")
    assert f'name="list" value="{listed.replace("&", "&amp;")}"' in page.content.decode().partition("undo-toast")[2]

    answer = client.post(reverse("console:case_undo", args=[action.public_id]), {"list": listed, "play": "1"})

    assert answer.url == f"/exceptions/{case.public_id}/?{listed}&play=1&undone={action.public_id}"
    shown = client.get(answer.url).context
    again_shown = next(option for option in shown["page"].options if option.code == "map_sku")
    assert {spec.name: spec.default for spec in again_shown.params} == {"code": "NOBODY-KNOWS", "sku": "B"}
    assert "means B" in again_shown.effect.sentence
    assert "undone" not in shown["query"]
    colleague = log_in(Role.AGENT).get(answer.url).context
    assert colleague["filled"] == ""


def test_taking_back_on_a_list_stays_on_that_list(log_in: LogIn, case: ExceptionCase):
    client = log_in(Role.AGENT)
    post(client, case, "choose", code="map_sku", **{"p.code": "NOBODY-KNOWS", "p.sku": "B"})
    listed = "/exceptions/?type=unknown_sku&sort=newest"
    assert f'value="{listed.replace("&", "&amp;")}"' in client.get(listed).content.decode().partition("undo-toast")[2]

    door = reverse("console:case_undo", args=[CaseAction.objects.get().public_id])
    assert client.post(door, {"next": listed}).url == listed


@pytest.fixture
def misaddressed(shop: None) -> ExceptionCase:
    """An order with a postal code of no place in its country, and no street."""
    ensure_casework()
    address = {"name": "Pat", "city": "Leeds", "postal_code": "NOPE", "country": "GB"}
    make_order(lines={"A": 1}, external_number="#300", shipping_address=address)
    work_it_off()
    return ExceptionCase.objects.get(order__external_number="#300")


def field_of(text: str, name: str) -> str:
    """One field of the address form, with what is said of it."""
    return text.partition(f'name="a.address.{name}"')[2].partition("</div>")[0]


def test_the_field_of_an_address_that_is_wrong_says_so(log_in: LogIn, misaddressed: ExceptionCase):
    text = text_of(log_in(Role.AGENT), misaddressed)

    assert 'aria-invalid="true"' in field_of(text, "postal_code")
    assert "Does not fit the country" in field_of(text, "postal_code")
    assert "Is missing" in field_of(text, "line1")
    assert "aria-invalid" not in field_of(text, "city")


def test_a_refused_address_stands_in_the_form_with_what_is_still_wrong(log_in: LogIn, misaddressed: ExceptionCase):
    typed = {"a.address.line1": "2 Canary Row", "a.address.postal_code": "LS", "a.address.city": "Leeds"}

    answer = post(
        log_in(Role.AGENT), misaddressed, "choose", code="fix_address", **typed, **{"a.address.country": "gb"}
    )

    text = answer.content.decode()
    assert answer.status_code == 422
    assert not CaseAction.objects.exists()
    assert 'value="2 Canary Row"' in field_of(text, "line1")
    assert "aria-invalid" not in field_of(text, "line1")
    assert 'value="LS"' in field_of(text, "postal_code")
    assert 'aria-invalid="true"' in field_of(text, "postal_code")
    assert "the postal code doesn&#39;t fit the country" in text


def test_a_refused_sku_stays_typed(log_in: LogIn, case: ExceptionCase):
    answer = post(
        log_in(Role.AGENT), case, "choose", code="map_sku", **{"p.code": "NOBODY-KNOWS", "p.sku": "NONE-SUCH"}
    )

    assert answer.status_code == 422
    assert 'value="NONE-SUCH"' in answer.content.decode()
    assert "There is no SKU NONE-SUCH that is sold." in answer.content.decode()
    assert again(case).state == "open"


@pytest.mark.parametrize("zone", ["Europe/Berlin", "", "../../etc/passwd", "Nowhere/Here"])
def test_a_moment_is_read_in_the_browsers_time_zone(log_in: LogIn, case: ExceptionCase, zone: str):
    moment = (clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    answer = log_in(Role.AGENT).get(
        reverse("console:case_look_ahead", args=[case.public_id]),
        {"code": "wait", "p.on": "time", "m.until": moment, "zone": zone},
    )
    assert answer.status_code == 200


def test_waiting_asks_for_no_moment_that_is_proposed_already(log_in: LogIn, case: ExceptionCase):
    """A required field that is empty and folded away would keep the browser from sending anything."""
    client = log_in(Role.AGENT)
    field = text_of(client, case).partition('name="m.until"')[2].partition(">")[0]

    post(client, case, "choose", code="wait", version=case.version)

    assert "required" not in field
    assert CaseAction.objects.get(case=case).code == "wait"


def test_a_slip_in_the_merge_dialog_leads_back_to_the_case(log_in: LogIn, case: ExceptionCase):
    client = log_in(Role.AGENT)
    address = reverse("console:case", args=[case.public_id])

    assert f'name="next" value="{address}"' in text_of(client, case)
    assert post(client, case, "merge", into="cas_nope", next=address).url == address
