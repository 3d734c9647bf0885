"""What a case's page computes is read in the reader's own language; what is kept and compared is the same for all."""

from __future__ import annotations

import json
import pickle
from html import unescape
from typing import Any

import orjson
import pytest
from django.urls import reverse
from django.utils import translation

from apps.accounts.models import Role
from apps.casework.models import ApprovalRequest, ExceptionCase, ResolutionRule
from apps.casework.redaction import redaction_for
from apps.casework.services import Problem, open_case
from apps.core.actor import SYSTEM
from apps.core.process_cache import clear_process_cache
from apps.core.text import Text
from apps.inventory.models import StockLevel
from apps.ui.language import translated
from tests.casework.resolutions.settling import let
from tests.console.casepages import again, post, text_of
from tests.console.conftest import LogIn

pytestmark = pytest.mark.django_db


def read(client: Any, case: ExceptionCase) -> str:
    return unescape(text_of(client, case))


@pytest.mark.parametrize(
    ("german", "english"),
    [
        # Why it is recommended, in half a sentence that begins this one.
        ("Dieser Code ist keinem Produkt zugeordnet.", "This code isn't matched to a product."),
        # What would come of it.
        ("NOBODY-KNOWS im Wert von", "NOBODY-KNOWS is cancelled, worth"),
        # Why it can't be done.
        ("Die Bestellung ist deswegen noch gesperrt: Heben", "The order is still on hold for this: release"),
        # Why this person may not.
        (") darf dies nicht; fragen Sie jemanden", ") may not do this; ask someone who may."),
        # What is to be filled in, and the help beside it.
        ("Zu stornierende Stückzahl", "Units to cancel"),
        ("In der Bestellung: NOBODY-KNOWS", "In the order, NOBODY-KNOWS"),
    ],
)
def test_options_are_read_in_the_language_of_the_reader(log_in: LogIn, case: ExceptionCase, german: str, english: str):
    ResolutionRule.objects.filter(resolution="cancel_order", role=Role.AGENT).delete()
    clear_process_cache()
    in_german, in_english = read(log_in(Role.AGENT, language="de"), case), read(log_in(Role.AGENT), case)

    assert german in in_german
    assert english not in in_german
    assert english in in_english
    assert german not in in_english


def test_the_sentence_of_a_case_is_read_in_the_language_of_the_reader_and_kept_in_english(
    log_in: LogIn, case: ExceptionCase
):
    german, english = "NOBODY-KNOWS ist keine SKU, die wir kennen.", "NOBODY-KNOWS is not a SKU we know."

    for address in (reverse("console:case", args=[case.public_id]), reverse("console:cases")):
        in_german = log_in(Role.LEAD, language="de").get(address).content.decode()
        in_english = log_in(Role.LEAD).get(address).content.decode()
        assert german in in_german
        assert english not in in_german.replace("The order is on hold", "")
        assert english in in_english

    assert ExceptionCase.objects.get(pk=case.pk).sentence == english
    assert case.facts == {"skus": ["NOBODY-KNOWS"]}


def test_a_sentence_that_was_changed_since_is_read_as_it_stands(log_in: LogIn, case: ExceptionCase):
    ExceptionCase.objects.filter(pk=case.pk).update(sentence="Something else.")

    assert "Something else." in read(log_in(Role.AGENT, language="de"), case)


def test_another_place_is_not_named_in_any_language(log_in: LogIn, shop: None):
    level = StockLevel.objects.get(node__code="leeds", sku__code="A")
    said = Text("{name} has {count} of {sku} but promised {promised}.", name="leeds", count=7, sku="A", promised=9)
    row = open_case(Problem("oversold", f"level:{level.pk}", said), actor=SYSTEM)

    text = read(log_in(Role.LEAD, language="de"), row)
    narrowed = redaction_for(["york"]).page(text)

    assert "leeds hat 7 von A, hat aber 9 zugesagt." in text
    assert "hat 7 von A" not in narrowed


def test_a_proposal_and_its_hash_are_the_same_in_whatever_language_it_was_made(log_in: LogIn, case: ExceptionCase):
    let("cancel_lines", most_minor=0, own_nodes_only=False)
    made = []
    for language in ("de", "en"):
        ApprovalRequest.objects.all().delete()
        post(
            log_in(Role.AGENT, language=language),
            case,
            "choose",
            code="cancel_lines",
            version=str(again(case).version),
            **{f"u.units.{case.order.lines.get(sku__isnull=True).line_id}": "1"},  # type: ignore[union-attr]
        )
        made.append(ApprovalRequest.objects.get())

    german, english = made
    assert german.payload_hash == english.payload_hash
    assert german.effect["sentence"] == english.effect["sentence"]
    assert "is cancelled, worth" in german.effect["sentence"]
    assert german.limits == english.limits
    assert "over the limit" in german.limits[0]


def test_a_refusal_is_said_in_the_language_of_who_is_refused_and_changes_nothing(log_in: LogIn, case: ExceptionCase):
    let("map_sku")
    typed = {"p.code": "NOBODY-KNOWS", "p.sku": "NONE-SUCH"}

    german = post(log_in(Role.AGENT, language="de"), case, "choose", code="map_sku", **typed).content.decode()
    english = post(log_in(Role.AGENT), case, "choose", code="map_sku", **typed).content.decode()

    assert "Eine SKU NONE-SUCH, die verkauft wird, gibt es nicht." in german
    assert "There is no SKU NONE-SUCH that is sold." in english
    assert ExceptionCase.objects.get(pk=case.pk).version == case.version


def test_a_text_is_its_english_wherever_it_is_not_drawn():
    units = Text.counted("{count} unit", "{count} units", 3)
    text = Text("{name} has {units}; {code} too.", name="Leeds", units=units, code="{A}")

    assert text == "Leeds has 3 units; {A} too."
    assert json.dumps([text]) == json.dumps([str(text)])
    assert orjson.dumps([text]) == orjson.dumps([str(text)])
    assert type(pickle.loads(pickle.dumps(text))) is str
    with translation.override("de"):
        assert translated(Text("{units}.", units=units)) == "3 Stück."
        assert translated(Text.joined(" ", [Text("{count} unit", count=1), "", "x"])) == "1 Stück x"
