"""Pydantic's findings as a caller can use them: a pointer into what was sent (RFC 6901), a sentence, a stable code.

The sentences are ours, so that a page can say them in the language of its reader; they continue the name of a field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from pydantic import ValidationError

from apps.core.strict_json import what_is_wrong
from apps.core.text import Text

MOST_PROBLEMS = 100
_QUOTED = re.compile(r"'([^']*)'")


def problems_of(error: ValidationError, *, read_only: Collection[str] = ()) -> list[dict[str, str]]:
    """``{"pointer", "detail", "code"}`` for each finding; ``read_only``: top-level fields that may be seen, not sent."""
    found = error.errors(include_url=False, include_input=False)[:MOST_PROBLEMS]
    return [_problem(one, read_only) for one in found]


def _problem(item: Any, read_only: Collection[str]) -> dict[str, str]:
    at, code = item["loc"], item["type"]
    pointer = "".join(f"/{_escaped(part)}" for part in at)
    if code == "extra_forbidden":
        if len(at) == 1 and at[0] in read_only:
            return {"pointer": pointer, "detail": Text("is read-only"), "code": "read_only"}
        code = "unknown_field"
    return {"pointer": pointer, "detail": refusal_of(item), "code": code}


def _escaped(part: int | str) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def refusal_of(item: Any) -> Text:
    """What is wrong with the value, from one of ``error.errors()`` with its context; never the value itself."""
    kind, limits = item["type"], item.get("ctx", {})
    if kind in ("value_error", "assertion_error"):
        # As a validator of ours raised it.
        said = limits["error"].args[0] if limits["error"].args else _MISFIT
        return said if isinstance(said, Text) else Text.literal(str(said))
    found = SENTENCES.get(kind, _MISFIT)
    return found if isinstance(found, Text) else found(limits)


def first_refusal(error: ValidationError) -> tuple[str, Text]:
    """Where the first thing that is wrong stands, with dots, and what it is."""
    first = error.errors(include_url=False, include_input=False)[0]
    return ".".join(map(str, first["loc"])), refusal_of(first)


def _words(expected: Any) -> str:
    """``'a', 'b' or 'c'`` without the quotes and the word between."""
    return ", ".join(_QUOTED.findall(str(expected))) or str(expected)


Limits = Mapping[str, Any]
Sentence = Text | Callable[[Limits], Text]


def _most(limits: Limits) -> Text:
    return Text("is longer than {most} characters", most=limits["max_length"])


def _least(limits: Limits) -> Text:
    least = limits["min_length"]
    return _EMPTY if least == 1 else Text("is shorter than {least} characters", least=least)


def _fewest(limits: Limits) -> Text:
    least = limits["min_length"]
    return _EMPTY if least == 1 else Text("has fewer than {least} entries", least=least)


_MISFIT, _EMPTY = Text("does not fit here"), Text("is empty")
_MISSING, _UNKNOWN, _FIXED = Text("is missing"), Text("is not a field here"), Text("can’t be changed")
_TEXT, _OBJECT, _LIST = Text("is not text"), Text("is not an object"), Text("is not a list")
_YES_NO, _WHOLE, _NUMBER = Text("is neither yes nor no"), Text("is not a whole number"), Text("is not a number")
_DATE, _TIME, _MOMENT = Text("is not a date"), Text("is not a time of day"), Text("is not a date and time")
_PAST, _FUTURE, _DURATION = Text("is not in the past"), Text("is not in the future"), Text("is not a duration")
_ADDRESS, _DEEP = Text("is not a web address"), Text("is nested too deeply")

# Every kind of refusal that pydantic knows, by its name for it.
SENTENCES: dict[str, Sentence] = {
    **dict.fromkeys(
        ("missing", "missing_argument", "missing_keyword_only_argument", "missing_positional_only_argument"), _MISSING
    ),
    **dict.fromkeys(("extra_forbidden", "unexpected_keyword_argument", "unexpected_positional_argument"), _UNKNOWN),
    **dict.fromkeys(("frozen_field", "frozen_instance"), _FIXED),
    **dict.fromkeys(("recursion_loop", "recursion_depth_exceeded"), _DEEP),
    **dict.fromkeys(("string_type", "string_sub_type", "string_unicode", "bytes_type", "bytes_invalid_encoding"), _TEXT),
    **dict.fromkeys(
        ("model_type", "model_attributes_type", "dataclass_type", "dataclass_exact_type", "named_tuple_type",
         "dict_type", "frozen_dict_type", "ordered_dict_type", "counter_type", "mapping_type", "arguments_type"),
        _OBJECT,
    ),
    **dict.fromkeys(
        ("list_type", "tuple_type", "set_type", "frozen_set_type", "deque_type", "iterable_type", "iteration_error",
         "set_item_not_hashable"),
        _LIST,
    ),
    **dict.fromkeys(("bool_type", "bool_parsing"), _YES_NO),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), _WHOLE),
    **dict.fromkeys(
        ("float_type", "float_parsing", "decimal_type", "decimal_parsing", "fraction_type", "fraction_parsing",
         "complex_type", "complex_str_parsing", "finite_number"),
        _NUMBER,
    ),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"), _DATE),
    **dict.fromkeys(("time_type", "time_parsing"), _TIME),
    **dict.fromkeys(
        ("datetime_type", "datetime_parsing", "datetime_object_invalid", "datetime_from_date_parsing"), _MOMENT
    ),
    **dict.fromkeys(("date_past", "datetime_past"), _PAST),
    **dict.fromkeys(("date_future", "datetime_future"), _FUTURE),
    **dict.fromkeys(("time_delta_type", "time_delta_parsing"), _DURATION),
    **dict.fromkeys(("url_type", "url_parsing", "url_syntax_violation"), _ADDRESS),
    **dict.fromkeys(("uuid_type", "uuid_parsing", "uuid_version"), Text("is not a UUID")),
    **dict.fromkeys(("enum", "literal_error"), lambda of: Text("is not one of {values}", values=_words(of["expected"]))),
    **dict.fromkeys(("string_too_long", "url_too_long"), _most),
    # What a program does to a value, and nobody can send.
    **dict.fromkeys(
        ("no_such_attribute", "get_attribute_error", "needs_python_object", "default_factory_not_called",
         "is_instance_of", "is_subclass_of", "callable_type", "missing_sentinel_error", "ellipsis_error",
         "multiple_argument_values"),
        _MISFIT,
    ),
    "json_invalid": lambda of: Text("is not valid JSON: {problem}", problem=what_is_wrong(str(of["error"]))),
    "json_type": _TEXT,
    "invalid_key": Text("has a key that is not text"),
    "none_required": Text("has to be empty"),
    "string_too_short": _least,
    "string_not_ascii": Text("holds characters beyond ASCII"),
    "string_pattern_mismatch": lambda of: Text("is not written like {pattern}", pattern=of["pattern"]),
    "too_long": lambda of: Text("has more than {most} entries", most=of["max_length"]),
    "too_short": _fewest,
    "bytes_too_long": lambda of: Text("is longer than {most} bytes", most=of["max_length"]),
    "bytes_too_short": lambda of: Text("is shorter than {least} bytes", least=of["min_length"]),
    "greater_than": lambda of: Text("is not more than {least}", least=of["gt"]),
    "greater_than_equal": lambda of: Text("is less than {least}", least=of["ge"]),
    "less_than": lambda of: Text("is not less than {most}", most=of["lt"]),
    "less_than_equal": lambda of: Text("is more than {most}", most=of["le"]),
    "multiple_of": lambda of: Text("is not a multiple of {step}", step=of["multiple_of"]),
    "int_parsing_size": Text("has too many digits"),
    "decimal_max_digits": lambda of: Text("has more than {most} digits", most=of["max_digits"]),
    "decimal_max_places": lambda of: Text("has more than {most} decimal places", most=of["decimal_places"]),
    "decimal_whole_digits": lambda of: Text(
        "has more than {most} digits before the decimal point", most=of["whole_digits"]
    ),
    "timezone_aware": Text("has no time zone"),
    "timezone_naive": Text("must have no time zone"),
    "timezone_offset": Text("is in the wrong time zone"),
    "url_scheme": lambda of: Text("has to begin with {schemes}", schemes=_words(of["expected_schemes"])),
    "union_tag_invalid": lambda of: Text(
        "has a {field} that is not one of {values}", field=_words(of["discriminator"]), values=_words(of["expected_tags"])
    ),
    "union_tag_not_found": lambda of: Text("does not say its {field}", field=_words(of["discriminator"])),
}  # fmt: skip
