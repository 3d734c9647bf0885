"""Undoing at a partner is stuck: somebody calls them and says so, at the API or on the case's page, once."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role
from apps.casework.models import ExceptionCase
from apps.casework.services import Problem, ensure_casework, open_case
from apps.compensation.models import ExternalEffect
from apps.compensation.services import compensate_effects, give_up_compensation
from apps.core.models import Event
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import call_off_order, reject_fulfillment_order
from apps.inventory.models import StockLevel
from apps.orders.models import Order
from orchestrator.sandbox import Sandbox
from tests.api.front_door import Answer
from tests.api.staff_door import StaffDoor
from tests.console.casepages import again as case_again
from tests.console.casepages import post, text_of
from tests.driving import again, work_it_off
from tests.factories import AGENT, UserFactory
from tests.invariants import assert_invariants
from tests.partnering import fresh, in_a_while, keep, later, make_partner, operations, submitted_order, taken

pytestmark = pytest.mark.django_db(transaction=True)

NOTE = "Spoke to their night shift: it is stopped."


@pytest.fixture(autouse=True)
def _built_in_limits(transactional_db: None) -> None:
    ensure_casework()


@pytest.fixture
def order(sandbox: Sandbox) -> Order:
    """An order that was called off while its partner can't be asked to stop."""
    make_partner(sandbox)
    order, _ = submitted_order()
    sandbox.misbehave("acme", "fail", only="cancel")
    call_off_order(order.pk, reason="changed my mind", actor=AGENT)
    fail_often()
    return order


def fail_often() -> None:
    for minute in range(5):
        later(60 * minute)


def stuck() -> ExceptionCase:
    case = ExceptionCase.objects.get(type="compensation_stuck")
    assert (case.state, effect().state) == ("open", "stuck")
    return case


def effect() -> ExternalEffect:
    return ExternalEffect.objects.get()


def row_of(order: Order) -> FulfillmentOrder:
    return FulfillmentOrder.objects.get(order=order)


def say_so(door: StaffDoor, case: ExceptionCase, **params: str) -> Answer:
    version = case_again(case).version
    return door.post(
        f"exceptions/{case.public_id}/resolutions/undone_by_hand", {"params": params}, match=f'"{version}"'
    )


def standing(order: Order) -> dict[str, Any]:
    """All that settling it changes."""
    row, [case] = row_of(order), ExceptionCase.objects.filter(type="compensation_stuck")
    found = effect()
    return {
        "fulfillment": (row.state, row.request_state),
        "effect": (found.state, found.note, found.settled_at, found.history.count()),
        "case": (case.state, case.resolution, case.version),
        "events": Event.objects.count(),
        "stock": list(StockLevel.objects.order_by("pk").values_list("on_hand", "reserved")),
    }


def assert_all_is_well() -> None:
    work_it_off()
    assert_invariants()
    call_command("doctor")


def test_at_the_api_it_is_settled_once_and_the_partner_is_not_asked_again(order: Order, sandbox: Sandbox):
    case, door = stuck(), StaffDoor(role="agent")

    done = say_so(door, case, note=NOTE)
    assert (done.status_code, done.data["action"]["state"]) == (200, "done")
    settled = effect()
    assert (settled.state, settled.note) == ("compensated", NOTE)
    assert settled.history.order_by("history_id").last().history_actor == f"staff:{door.user.public_id}"

    once, asked = standing(order), len(operations(sandbox))
    second = say_so(door, case, note="Called them again.")
    assert (second.status_code, second.data["code"]) == (409, "case_closed")
    assert standing(order) == once

    in_a_while()
    assert len(operations(sandbox)) == asked
    assert (row_of(order).state, row_of(order).request_state) == ("cancelled", "cancel_accepted")
    assert again(order).state == "cancelled"
    assert StockLevel.objects.get().reserved == 0
    assert case_again(case).resolution_code == "undone_by_hand"
    assert effect().note == NOTE
    assert_all_is_well()


def test_on_the_page_it_is_settled_once_and_the_page_says_how(order: Order):
    case, browser = stuck(), Client()
    browser.force_login(UserFactory(role=Role.AGENT))
    fields = {"code": "undone_by_hand", "p.note": NOTE, "version": str(case.version)}
    assert "Undone by hand" in text_of(browser, case)

    post(browser, case, "choose", **fields)
    later(90)
    assert (effect().state, effect().note, case_again(case).state) == ("compensated", NOTE, "resolved")
    assert NOTE in text_of(browser, case)

    once = standing(order)
    post(browser, case, "choose", **{**fields, "p.note": "Again.", "version": str(case_again(case).version)})
    later(90)
    assert standing(order) == once
    assert row_of(order).state == "cancelled"
    assert_all_is_well()


def test_what_was_taken_away_and_routed_elsewhere_stays_there(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = submitted_order()
    keep("OWN", {"A": 5})
    sandbox.misbehave("acme", "fail", only="cancel")
    reject_fulfillment_order(row.pk, reason="other", note="too slow", actor=AGENT)
    fail_often()

    assert say_so(StaffDoor(role="agent"), stuck(), note=NOTE).status_code == 200
    in_a_while()

    assert (fresh(row).state, effect().state) == ("rejected", "compensated")
    assert FulfillmentOrder.objects.filter(order=order, state="accepted").count() == 1
    assert taken(sandbox, row)[0].state != "cancelled"
    assert_all_is_well()


STILL = "Undoing it is still stuck"


def at_the_api(case: ExceptionCase, verb: str, **body: Any) -> Answer:
    return StaffDoor(role="lead").post(f"exceptions/{case.public_id}/{verb}", body, match=f'"{case.version}"')


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("resolutions/handled_outside", {"params": {"what": "called them"}}),
        ("resolve", {"resolution": "called them"}),
        ("resolve", {"resolution": "no problem", "dismiss": True}),
    ],
)
def test_while_it_is_stuck_no_words_at_the_api_end_the_case(order: Order, verb: str, body: dict[str, Any]):
    case, before = stuck(), standing(order)

    refused = at_the_api(case, verb, **body)

    assert refused.status_code in (409, 422), refused.data
    assert STILL in refused.data["detail"]
    assert standing(order) == before


def test_while_it_is_stuck_the_case_goes_into_no_other(order: Order):
    case = stuck()
    other = open_case(
        Problem("partner_silent", row_of(order).public_id, "They say nothing.", order_id=order.pk), actor=AGENT
    )
    before = standing(order)

    into_another = at_the_api(case, "resolutions/merge", params={"into": other.public_id})
    others_into = at_the_api(other, "merge", others=[case.public_id])

    for refused in (into_another, others_into):
        assert refused.status_code in (409, 422), refused.data
        assert STILL in refused.data["detail"]
    assert standing(order) == before


@pytest.mark.parametrize(
    ("door", "fields"),
    [
        ("choose", {"code": "handled_outside", "p.what": "called them"}),
        ("resolve", {"verb": "resolve", "resolution": "called them"}),
        ("resolve", {"verb": "dismiss", "resolution": "no problem"}),
    ],
)
def test_while_it_is_stuck_no_words_on_the_page_end_the_case(order: Order, door: str, fields: dict[str, str]):
    case, browser, before = stuck(), Client(), standing(order)
    browser.force_login(UserFactory(role=Role.LEAD))

    said = browser.post(
        reverse(f"console:case_{door}", args=[case.public_id]), fields | {"version": str(case.version)}, follow=True
    )
    later(90)

    assert STILL in said.content.decode()
    after = standing(order)
    assert {key: after[key] for key in ("case", "effect", "fulfillment")} == {
        key: before[key] for key in ("case", "effect", "fulfillment")
    }


def test_while_it_is_stuck_it_is_not_closed_with_several_at_once(order: Order):
    case, browser, before = stuck(), Client(), standing(order)
    browser.force_login(UserFactory(role=Role.LEAD))

    said = browser.post(
        "/exceptions/bulk/", {"case": [case.public_id], "verb": "close", "resolution": "called them"}, follow=True
    )

    assert STILL in said.content.decode()
    assert standing(order) == before


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [(compensate_effects, "It was undone meanwhile."), (give_up_compensation, "it is in effect")],
)
def test_what_is_not_stuck_any_more_is_refused_and_stays_as_it_is(order: Order, meanwhile: Any, why: str):
    case, door = stuck(), StaffDoor(role="agent")
    meanwhile(effect().kind, [effect().subject_ref], actor=AGENT)
    before = standing(order)

    refused = say_so(door, case, note=NOTE)

    assert (refused.status_code, refused.data["code"]) == (409, "resolution_not_possible")
    assert why in refused.data["detail"]
    assert standing(order) == before


def test_undone_in_the_very_moment_is_refused_and_stays_as_it_is(order: Order, monkeypatch: pytest.MonkeyPatch):
    case, door, before = stuck(), StaffDoor(role="agent"), standing(order)

    def undone(kind: str, refs: list[str]) -> list[ExternalEffect]:
        return [ExternalEffect(kind=kind, subject_ref=refs[0], state="compensated")]

    monkeypatch.setattr("apps.casework.resolutions.kinds.compensation.lock_effects", undone)
    refused = say_so(door, case, note=NOTE)

    assert (refused.status_code, refused.data["code"]) == (409, "resolution_not_possible")
    assert standing(order) == before


def test_without_a_note_it_is_refused(order: Order):
    case, before = stuck(), standing(order)

    assert say_so(StaffDoor(role="agent"), case).status_code == 422
    assert standing(order) == before


def test_the_case_shows_how_far_undoing_has_come(order: Order):
    case, browser = stuck(), Client()
    browser.force_login(UserFactory(role=Role.AGENT))

    text = text_of(browser, case)
    for part in ("Undoing is stuck", 'Failures to undo it</dt><dd><span class="breaks">5<', "Last error"):
        assert part in text
    shown = StaffDoor(role="agent").get(f"exceptions/{case.public_id}").data["undoing"]
    assert (shown["state"], shown["attempts"], shown["settled_at"]) == ("stuck", 5, None)
    assert shown["last_error"] == effect().last_error != ""


def test_the_case_is_read_in_the_language_of_the_reader(order: Order):
    case, browser = stuck(), Client()
    browser.force_login(UserFactory(role=Role.AGENT, language="de"))

    text = text_of(browser, case)
    for part in ("Von Hand rückgängig gemacht", "Ein Anruf dort klärt es", "Rückgängigmachen hängt", "Letzter Fehler"):
        assert part in text
    assert "One call to them" not in text
