"""Questions a document may ask of a message: "status is one of …", "cancelled_at is present"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError

from apps.channels.mapping.moments import read_moment
from apps.channels.mapping.numbers import decimal_or_none
from apps.channels.mapping.paths import Path, PathField
from apps.channels.mapping.patterns import matches, safe_pattern
from apps.channels.mapping.scope import CannotConvert, Scope, is_empty
from apps.core.text import Text
from apps.core.validation import first_refusal

Test = Literal[
    "present", "missing", "equals", "one_of", "not_one_of", "matches", "is_true", "is_false", "is_zero", "is_negative",
    "is_positive", "is_moment",
]  # fmt: skip
_WITHOUT_VALUE = {"present", "missing", "is_true", "is_false", "is_zero", "is_negative", "is_positive", "is_moment"}
_YES, _NO = ("true", "yes", "1"), ("false", "no", "0")
_ZERO = Decimal(0)


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid")

    path: PathField
    test: Test
    value: Any = None


@dataclass(frozen=True, slots=True)
class Question:
    """One question, ready to be asked. Text is compared without its outer spaces and ignoring case; a list of values
    holds if any item does."""

    path: Path
    test: Test
    pattern: re.Pattern[str] | None
    words: frozenset[str]

    def holds(self, scope: Scope) -> bool:
        """The answer for this message. Never raises."""
        value = scope.look(self.path)
        if self.test == "missing":
            return is_empty(value)
        if self.test == "present":
            return not is_empty(value)
        if self.test == "not_one_of":
            return _word(value) not in self.words
        values = value if isinstance(value, list) else [value]
        return any(self._answer(item) for item in values)

    def _answer(self, value: Any) -> bool:
        match self.test:
            case "matches":
                return self.pattern is not None and matches(self.pattern, value)
            case "is_true":
                return value is True or _word(value) in _YES
            case "is_false":
                return value is False or _word(value) in _NO
            case "is_zero":
                return decimal_or_none(value) == _ZERO
            case "is_negative":
                number = decimal_or_none(value)
                return number is not None and number < _ZERO
            case "is_positive":
                number = decimal_or_none(value)
                return number is not None and number > _ZERO
            case "is_moment":
                return is_moment(value)
            case _:
                return _word(value) in self.words


def parse_condition(raw: Any) -> Question:
    """Read a condition as written, ``{"path": …, "test": …, "value": …}``; ``ValueError`` with a sentence otherwise."""
    if isinstance(raw, Question):
        return raw
    try:
        spec = _Spec.model_validate(raw)
    except ValidationError as error:
        at, problem = first_refusal(error)
        raise ValueError(Text("bad condition: {problem}", problem=Text.joined(": ", (at, problem)))) from error
    if spec.test in _WITHOUT_VALUE and spec.value is not None:
        raise ValueError(Text("{test} takes no value", test=repr(spec.test)))
    pattern = safe_pattern(spec.value) if spec.test == "matches" else None
    return Question(spec.path, spec.test, pattern, _words_of(spec))


def _words_of(spec: _Spec) -> frozenset[str]:
    if spec.test == "equals":
        return frozenset({_word(spec.value)})
    if spec.test not in ("one_of", "not_one_of"):
        return frozenset()
    if not isinstance(spec.value, list) or not spec.value:
        raise ValueError(Text("{test} takes a list of values", test=repr(spec.test)))
    return frozenset(_word(item) for item in spec.value)


Condition = Annotated[Question, PlainValidator(parse_condition)]


def all_hold(conditions: tuple[Question, ...], scope: Scope) -> bool:
    """Whether every one of them holds; none at all holds always."""
    return all(condition.holds(scope) for condition in conditions)


def is_moment(value: Any) -> bool:
    """Whether it is a date and time in text; one without a zone will do."""
    if is_empty(value):
        return False
    try:
        read_moment(value, "UTC", ())
    except CannotConvert:
        return False
    return True


def is_yes_or_no(value: Any) -> bool:
    """Whether it says yes or no, however it is written."""
    return isinstance(value, bool) or _word(value) in (*_YES, *_NO)


def is_word_of(value: Any, words: frozenset[str]) -> bool:
    """Whether it is one of these words, which are folded."""
    return _word(value) in words


def _word(value: Any) -> str:
    if isinstance(value, str):
        return value.strip().casefold()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) < 10**18:
        return str(value)
    # Floats, objects and lists have no word; a NUL can't be written into a document's list.
    return "\x00"
