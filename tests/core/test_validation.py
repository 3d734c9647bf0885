"""What is wrong with a value is said in sentences of ours, in the language of whoever reads them."""

from __future__ import annotations

from typing import Annotated, Any, get_args

import pytest
from annotated_types import Interval
from django import forms
from django.utils import translation
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from pydantic_core import core_schema

from apps.accounts.plainfields import StorableJSONField
from apps.core.strict_json import MalformedJSON, load_strictly, what_is_wrong
from apps.core.translated import translated
from apps.core.validation import SENTENCES, problems_of, refusal_of

OURS = {"value_error", "assertion_error"}


class Anything(dict[str, Any]):
    """The limits of any refusal."""

    def __missing__(self, name: str) -> Any:
        return 2 if name.startswith(("min", "max")) else "'a', 'b' or 'c'"


def test_every_kind_of_refusal_has_a_sentence_in_each_language() -> None:
    kinds = set(get_args(core_schema.ErrorType)) - OURS
    said = {kind: refusal_of({"type": kind, "ctx": Anything()}) for kind in kinds}

    assert kinds - SENTENCES.keys() == set()
    with translation.override("de"):
        assert [kind for kind, text in said.items() if translated(text) == text] == []


class Row(BaseModel):
    quantity: Annotated[int, Interval(gt=0)]
    colors: list[str] = Field(min_length=1)
    name: Annotated[str, Field(max_length=3)]


def test_a_refusal_is_said_in_german_and_never_shows_the_value() -> None:
    with pytest.raises(ValidationError) as refused:
        Row.model_validate({"quantity": 0, "colors": [], "name": "secret"})

    with translation.override("de"):
        said = [translated(one["detail"]) for one in problems_of(refused.value)]

    assert said == ["ist nicht größer als 0", "ist leer", "ist länger als 3 Zeichen"]


MISSPELLED = {
    '{"a": 1 "b": 2}': "a comma is missing",
    '{"a" 1}': "a colon is missing",
    '{"a": 1} x': "something follows after its end",
    '{"a": "\\q"}': "a backslash stands before the wrong character",
    '{a: 1}': "a name in double quotes is missing",
    '[01]': "",
    '[nul]': "",
    '{"a": "x': "",
    '{': "",
    '[1,]': "",
    '"\x01"': "a text holds a control character",
}  # fmt: skip


@pytest.mark.parametrize("text", MISSPELLED)
def test_json_that_is_misspelled_is_described_by_line_and_column_in_words_of_ours(text: str) -> None:
    with pytest.raises(MalformedJSON) as ours:
        load_strictly(text.encode())
    with pytest.raises(ValidationError) as theirs:
        TypeAdapter(Any).validate_json(text)
    said = [str(ours.value), problems_of(theirs.value)[0]["detail"]]

    assert ["in line 1, column " in one for one in said] == [True, True]
    assert [MISSPELLED[text] in one for one in said]
    assert not any(word in one for one in said for word in ("Expecting", "EOF", "(char", "expected", "it is not JSON"))


def test_a_form_says_where_its_json_is_misspelled() -> None:
    with translation.override("de"), pytest.raises(forms.ValidationError) as refused:
        StorableJSONField().clean('{"a": 1,\n "b" 2}')

    assert refused.value.messages == ["Das ist kein gültiges JSON: in Zeile 2, Spalte 6: es fehlt ein Doppelpunkt."]


def test_a_parser_s_sentence_that_nobody_knows_is_no_stranger_s_either() -> None:
    assert what_is_wrong("Gobbledygook: line 3 column 4 (char 9)") == "in line 3, column 4: it is not JSON"
