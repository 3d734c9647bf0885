"""Exception cases and the inbox."""

from __future__ import annotations

import pytest

from apps.casework.models import ExceptionCase
from apps.casework.services import Problem, open_case
from tests.api.front_door import order_body
from tests.factories import AGENT, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]


def make_case() -> ExceptionCase:
    order = make_order()
    return open_case(
        Problem(type="no_stock", subject_ref=order.public_id, sentence="Nothing left.", order_id=order.pk),
        actor=AGENT,
    )


def test_a_case_is_read_listed_and_resolved(api):
    case = make_case()

    assert api.get("exceptions?state=open&type=no_stock&severity=high").data["items"][0]["id"] == case.public_id
    assert api.get(f"exceptions?order={case.subject_ref}").data["items"][0]["order"] == case.subject_ref
    answer = api.post(f"exceptions/{case.public_id}/resolve", {"resolution": "stock was found"})

    assert (answer.status_code, answer.data["state"]) == (200, "resolved")
    assert api.get(f"exceptions/{case.public_id}").data["resolution"] == "stock was found"
    assert api.get("exceptions?state=open").data["items"] == []


def test_a_case_can_be_dismissed(api):
    case = make_case()

    answer = api.post(f"exceptions/{case.public_id}/resolve", {"resolution": "no problem", "dismiss": True})

    assert answer.data["state"] == "dismissed"


def test_bad_input_25_a_case_is_closed_once(api):
    case = make_case()
    api.post(f"exceptions/{case.public_id}/resolve", {"resolution": "first"})

    answer = api.post(f"exceptions/{case.public_id}/resolve", {"resolution": "second"})

    assert (answer.status_code, answer.data["code"], answer.data["allowed_transitions"]) == (409, "case_closed", [])
    assert ExceptionCase.objects.get().resolution == "first"


def test_resolving_without_saying_how_is_422(api):
    case = make_case()

    assert api.post(f"exceptions/{case.public_id}/resolve", {"resolution": ""}).status_code == 422
    assert ExceptionCase.objects.get().state == "open"


def test_a_message_is_read_with_its_body_only_where_the_key_may(api, door):
    api.post("orders", order_body(external_id="E-1"))
    listed = api.get("inbox?channel=api&verdict=accepted&external_id=E-1").data["items"]
    assert len(listed) == 1
    assert "body" not in listed[0]

    whole = api.get(f"inbox/{listed[0]['id']}").data
    assert "E-1" in whole["body"]
    bare = door(role="agent").get(f"inbox/{listed[0]['id']}").data
    assert bare["body"] is None
    assert bare["order"] == whole["order"]
