"""Regular expressions that people may write into a document: compiled only when they cannot run away.

Python's engine backtracks, so ``(a+)+$`` against forty letters outlives the worker. What is refused here is refused
by shape, before it ever meets a message: a repeat inside a repeat, alternatives inside an open repeat, references back,
looking around, more than three open repeats in a row of text, and so many choices (``a?a?a?…``) that trying all of them takes
seconds. The more open repeats there are, the less of a text is looked at.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Annotated, Any

from pydantic import PlainValidator

from apps.core.text import Text

LONGEST = 200
LONGEST_SUBJECT = 1_000
_LEAST_SUBJECT = 60
_MOST_OPEN_REPEATS = 3
# About a tenth of a second of trying in vain.
_MOST_TRIES = 10_000_000
_MOST_NESTED = 100
_REPEATS = {_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT}
_LOOKING = {_constants.ASSERT, _constants.ASSERT_NOT}
_REFERRING = {_constants.GROUPREF, _constants.GROUPREF_EXISTS, _constants.GROUPREF_IGNORE}


def safe_pattern(text: Any) -> re.Pattern[str]:
    """Compile a pattern; ``ValueError`` with a sentence where it is malformed or could run away."""
    if isinstance(text, re.Pattern):
        return text
    if not isinstance(text, str) or len(text) > LONGEST:
        raise ValueError(Text("a pattern is text of at most {most} characters", most=LONGEST))
    try:
        parsed = _parser.parse(text)
        compiled = re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(Text("not a regular expression: {problem}", problem=str(error))) from error
    if _judge(parsed, times=1) > _MOST_OPEN_REPEATS:
        raise ValueError(Text("catastrophic pattern: more than {most} open repeats", most=_MOST_OPEN_REPEATS))
    if _reach(text) < _LEAST_SUBJECT:
        raise ValueError(Text("catastrophic pattern: too many optional parts, repeats or alternatives"))
    return compiled


def matches(pattern: re.Pattern[str], value: Any) -> bool:
    """Whether the text holds the pattern anywhere; only its first 1,000 characters are looked at, of a pattern with several open
    repeats fewer."""
    return isinstance(value, str) and pattern.search(value[: _reach(pattern.pattern)]) is not None


@lru_cache(maxsize=1_000)
def _reach(text: str) -> int:
    """How many characters the pattern may be tried on: from each of them on, every open repeat can end at each of the others,
    and every choice be made either way."""
    open_repeats, choices = _effort(_parser.parse(text), times=1)
    budget = math.log(_MOST_TRIES) - choices + math.lgamma(open_repeats + 2)
    return min(LONGEST_SUBJECT, int(math.exp(max(budget, 0) / (open_repeats + 1))))


def _effort(items: Any, *, times: int) -> tuple[int, float]:
    """(open repeats, logarithm of how many ways through all other choices there are)."""
    open_repeats, choices = 0, 0.0
    for operation, argument in items:
        inner: list[Any] = []
        if operation in _REPEATS:
            least, most = int(argument[0]), int(argument[1])
            if most > _MOST_NESTED:
                open_repeats += times
            else:
                choices += times * math.log(most - least + 1)
            inner, each = [argument[2]], times * min(max(most, 1), _MOST_NESTED)
        elif operation is _constants.BRANCH:
            inner, each = argument[1], times
            choices += times * math.log(len(inner))
        else:
            inner, each = _inside(argument), times
        found = [_effort(part, times=each) for part in inner]
        open_repeats, choices = open_repeats + sum(one for one, _ in found), choices + sum(one for _, one in found)
    return open_repeats, choices


def _judge(items: Any, *, times: int) -> int:
    """Count open repeats; raise at a shape that backtracks exponentially. ``times`` is how often we repeat already."""
    open_repeats = 0
    for operation, argument in items:
        if operation in _LOOKING or operation in _REFERRING:
            raise ValueError(Text("catastrophic pattern: looking around and referring back are not allowed"))
        if operation in _REPEATS:
            open_repeats += _judge_repeat(argument, times)
        elif operation is _constants.BRANCH:
            if times > _MOST_NESTED:
                raise ValueError(Text("catastrophic pattern: alternatives inside an open repeat"))
            open_repeats += sum(_judge(branch, times=times) for branch in argument[1])
        else:
            open_repeats += sum(_judge(inner, times=times) for inner in _inside(argument))
    return open_repeats


def _judge_repeat(argument: Any, times: int) -> int:
    least, most, body = argument
    least, most = int(least), int(most)
    if times > 1 and most != least and times * most > _MOST_NESTED:
        raise ValueError(Text("catastrophic pattern: a repeat inside a repeat"))
    return _judge(body, times=times * max(most, 1)) + (1 if most > _MOST_NESTED else 0)


def _inside(argument: Any) -> list[Any]:
    """The sub-patterns an operation carries (a group, an atomic group), whatever else stands beside them."""
    candidates = argument if isinstance(argument, tuple) else (argument,)
    return [part for part in candidates if isinstance(part, _parser.SubPattern)]


SafePattern = Annotated[re.Pattern[str], PlainValidator(safe_pattern)]
