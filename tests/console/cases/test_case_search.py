"""What the forms of a case offer while somebody types: SKUs of the catalog, other cases to merge into."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role
from apps.casework.models import CaseAction, ExceptionCase
from apps.casework.services import ensure_casework, set_priority
from apps.catalog.models import Sku
from tests.console.casepages import post
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import AGENT, SkuFactory, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def cases(shop: None) -> list[ExceptionCase]:
    """Three orders with an unknown SKU each."""
    ensure_casework()
    for number in range(3):
        make_order(lines={f"NOBODY-KNOWS-{number}": 2}, external_number=f"#10{number}")
    work_it_off()
    return list(ExceptionCase.objects.order_by("pk"))


def offered(client: Client, case: ExceptionCase, door: str, **query: str) -> str:
    return str(client.get(reverse(f"console:case_{door}", args=[case.public_id]), query).content.decode())


def merge(client: Client, case: ExceptionCase, **fields: str) -> str:
    fields = {"verb": "merge", "version": str(case.version), **fields}
    answer: Any = client.post(reverse("console:case_merge", args=[case.public_id]), fields, follow=True)
    return str(answer.content.decode())


def test_our_skus_are_offered_by_code_and_by_words_of_their_name(log_in: LogIn, cases: list[ExceptionCase]):
    SkuFactory(code="CUP-RED", name="Red cup <big>")
    SkuFactory(code="CUP-OLD", name="Cup of old", active=False)
    client = log_in(Role.AGENT)

    assert '<option value="CUP-RED">Red cup &lt;big&gt;</option>' in offered(
        client, cases[0], "skus", **{"p.sku": "cup-"}
    )
    assert "CUP-RED" in offered(client, cases[0], "skus", **{"p.sku": "red c"})
    assert "CUP-OLD" not in offered(client, cases[0], "skus", **{"p.sku": "cup"})
    assert "option" not in offered(client, cases[0], "skus", **{"p.sku": " \x00"})


def test_the_form_says_what_the_order_says_of_the_goods(log_in: LogIn, cases: list[ExceptionCase]):
    cases[0].order.lines.update(title="Fancy <b>cup</b>")  # type: ignore[union-attr]

    page = log_in(Role.AGENT).get(reverse("console:case", args=[cases[0].public_id]))

    assert "NOBODY-KNOWS-0: “Fancy &lt;b&gt;cup&lt;/b&gt;”, 2 at £10.00 each" in page.content.decode()


@pytest.mark.parametrize("term", ["#101", "101", "nobody-knows-1", "the id"])
def test_another_case_is_found_by_order_number_id_or_words(log_in: LogIn, cases: list[ExceptionCase], term: str):
    text = offered(log_in(Role.AGENT), cases[0], "others", find=cases[1].public_id[:20] if term == "the id" else term)

    assert cases[1].public_id in text
    assert cases[0].public_id not in text


def test_a_case_is_not_found_as_its_own_other_nor_where_the_person_may_not_look(
    log_in: LogIn, cases: list[ExceptionCase]
):
    assert "No other open case is found" in offered(log_in(Role.AGENT), cases[0], "others", find="#100")

    ExceptionCase.objects.filter(pk=cases[0].pk).update(node="york")
    store = log_in(Role.MANAGER, nodes=["york"])
    assert "No other open case is found" in offered(store, cases[0], "others", find="#101")


def test_what_only_one_case_can_mean_is_merged_without_choosing(log_in: LogIn, cases: list[ExceptionCase]):
    merge(log_in(Role.AGENT), cases[0], find="#101")

    assert ExceptionCase.objects.get(pk=cases[0].pk).merged_into == cases[1]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"find": "nobody-knows"}, "Several cases fit; choose one of them."),
        ({"find": "#999"}, "Choose the other case; nothing was merged."),
        ({"into": "cas_nope"}, "There is no other case with that id."),
    ],
)
def test_refuses_to_guess_which_case_is_meant(
    log_in: LogIn, cases: list[ExceptionCase], fields: dict[str, str], said: str
):
    assert said in merge(log_in(Role.AGENT), cases[0], next="/exceptions/", **fields)

    assert not ExceptionCase.objects.exclude(state="open").exists()


def test_a_stale_choice_is_told_in_the_words_of_its_form(log_in: LogIn, case: ExceptionCase):
    client, seen = log_in(Role.AGENT), case.version
    set_priority([case.pk], priority=1, actor=AGENT)

    fields = {"code": "map_sku", "p.code": "NOBODY-KNOWS", "p.sku": "A"}
    answer = post(client, case, "choose", version=str(seen), **fields)

    text = answer.content.decode()
    assert answer.status_code == 412
    assert "Our SKU: A" in text
    assert "Code the channel sends: NOBODY-KNOWS" in text
    assert "p.sku:" not in text


def test_a_sku_is_chosen_by_its_name_where_only_one_has_it(log_in: LogIn, case: ExceptionCase):
    Sku.objects.create(code="MUG-BLU", name="Blue mug")
    Sku.objects.create(code="MUG-RED", name="Red mug")
    client = log_in(Role.AGENT)

    post(
        client, case, "choose", code="map_sku", version=str(case.version), **{"p.code": "NOBODY-KNOWS", "p.sku": "mug"}
    )
    assert not CaseAction.objects.exists()
    post(
        client,
        case,
        "choose",
        code="map_sku",
        version=str(case.version),
        **{"p.code": "NOBODY-KNOWS", "p.sku": "mug red"},
    )

    assert "means MUG-RED (Red mug)" in CaseAction.objects.get().effect["sentence"]
