"""What a timeline and a case's details say: sentences a person would say, each thing once."""

from __future__ import annotations

import pytest

from apps.accounts.models import Role
from apps.casework.events import CaseEscalated, case_fact
from apps.casework.services import Problem, ensure_casework, open_case
from apps.console.cases.details import details_of
from apps.console.orders.sentences import facts_of, sentence_of
from apps.core.actor import SYSTEM
from apps.core.outbox import record
from apps.fulfillment.models import FulfillmentLine
from apps.orders.models import Order
from tests.console.conftest import LogIn

pytestmark = pytest.mark.django_db


def said(event: str, **data: object) -> str:
    return sentence_of(event, facts_of(event, data))[1]


def test_a_hold_keeps_the_capitals_of_its_reason():
    assert said("order.held", reason="unknown_sku") == "Put on hold: Unknown SKU."


def test_a_short_pick_says_how_many_units_wherever_it_is_told():
    assert "2 units" in said("fulfillment.short_picked", missing={"283": 1, "284": 1})


def test_a_case_that_rang_three_times_says_so_once(log_in: LogIn, released: Order):
    ensure_casework()
    case = open_case(Problem("no_stock", released.public_id, "Nothing there.", order_id=released.pk), actor=SYSTEM)
    for _ in range(3):
        record(case_fact(case, CaseEscalated()), actor=SYSTEM)

    client = log_in(Role.AGENT)
    order_page = client.get(f"/orders/{released.public_id}/").content.decode()
    case_page = client.get(f"/exceptions/{case.public_id}/").content.decode()

    for page in (order_page, case_page):
        assert page.count("Exception escalated") == 1
        assert "Escalated 3 times; first " in page


@pytest.mark.parametrize(
    ("kind", "detail", "expected"),
    [
        ("price_mismatch", {"claimed": 100, "recomputed": 57_95}, [("Total claimed", "£1.00"), ("The lines come to", "£57.95")]),
        (
            "message_quarantined",
            {"problems": [{"path": "", "problem": "not recognized as shopify.order", "what_to_do": "Ask the source."}]},
            [("What is wrong", "Not recognized as shopify.order. Ask the source.")],
        ),
        (
            "no_stock",
            {"shortfalls": [{"sku": "MUG-SAG", "code": "not_stocked", "line_ref": "3:2", "quantity": 3}]},
            [("Not served", "3 × MUG-SAG")],
        ),
        ("partner_silent", {"stage": "partner_ack", "due_at": "2026-11-21T09:06:08+00:00"}, [("Was due", "21 Nov 2026, 09:06:08 UTC")]),
        ("address_invalid", {"fields": {"city": "required"}}, [("What is wrong", "city required")]),
        ("no_stock", {"shortfalls": "of an older shape"}, [("Not served", "of an older shape")]),
    ],
)  # fmt: skip
def test_the_details_of_a_case_are_said_in_words(
    released: Order, kind: str, detail: dict[str, object], expected: object
):
    case = open_case(Problem(kind, released.public_id, "It.", order_id=released.pk, detail=detail), actor=SYSTEM)

    assert details_of(case) == expected


def test_the_details_of_a_short_pick_name_the_sku_and_those_of_a_duplicate_the_order(released: Order):
    line = FulfillmentLine.objects.select_related("sku").first()
    assert line is not None
    short = Problem("short_pick", "a", "It.", order_id=released.pk, detail={"missing": {str(line.pk): 1}})
    twin = Problem("duplicate_suspected", "b", "It.", order_id=released.pk, detail={"orders": [released.public_id]})

    assert details_of(open_case(short, actor=SYSTEM)) == [("Not found", f"1 × {line.sku.code}")]
    assert details_of(open_case(twin, actor=SYSTEM)) == [("The other orders", released.number)]
