"""Words to words: constants, conditions, tables, service levels, yes and no, the channel's defaults."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from apps.channels.mapping.conditions import Condition, all_hold
from apps.channels.mapping.paths import PathField
from apps.channels.mapping.scope import CannotConvert, Scope, code_text, is_empty
from apps.channels.mapping.service_levels import find_level
from apps.channels.mapping.transforms.registry import transform
from apps.channels.mapping.transforms.text import identifier_text, plain_text
from apps.core.text import Text

_YES = {"true", "yes", "y", "1", "on"}
_NO = {"false", "no", "n", "0", "off"}


class Choice(BaseModel):
    """If all of these hold, then this value, or the value found at this path."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    when: tuple[Condition, ...]
    then: Any = None
    then_from: PathField | None = None

    @model_validator(mode="after")
    def _one_answer(self) -> Choice:
        if (self.then is None) == (self.then_from is None):
            raise ValueError(Text("a choice has either then or then_from"))
        return self


@transform(accepts_empty=True, reduces=True)
def constant(value: Any, scope: Scope, *, to: str | int | bool) -> Any:
    """Always this value."""
    del value, scope
    return to


@transform(accepts_empty=True, reduces=True)
def first_match(value: Any, scope: Scope, *, rules: tuple[Choice, ...]) -> Any:
    """The answer of the first rule whose conditions all hold; where none does, the value stays as it is."""
    for rule in rules:
        if all_hold(rule.when, scope):
            return rule.then if rule.then_from is None else scope.look(rule.then_from)
    return value


@transform()
def nothing_if(value: Any, scope: Scope, *, words: tuple[str, ...]) -> Any:
    """Take these words for silence: 0 for a guest, "N/A"."""
    del scope
    return None if identifier_text(value).casefold() in {word.casefold() for word in words} else value


@transform()
def lookup(value: Any, scope: Scope, *, table: str) -> str:
    """A word by a table: the channel's own first, then the document's. A word in neither is refused."""
    word = identifier_text(value)
    found = scope.word(table, word.casefold())
    if found is None:
        raise CannotConvert(
            Text("{word} is not in the table {table}", word=code_text(word), table=repr(table)),
            Text(
                "Add {word} to the table {table} of this channel or contract, then replay the message.",
                word=code_text(word),
                table=repr(table),
            ),
        )
    return found


@transform()
def service_level(value: Any, scope: Scope) -> str | None:
    """The service level of a shipping method's name, by patterns: the channel's, then the document's."""
    name = plain_text(value)
    level = find_level(name[:255], scope.context.method_globs, scope.globs)
    if level is None:
        scope.warn(
            Text("the shipping method {name} matches no pattern; add one to the channel's table", name=code_text(name))
        )
        return None
    return level.value


@transform()
def boolean(value: Any, scope: Scope) -> bool:
    """Yes or no, however it is written: true, "yes", 1, "0"."""
    del scope
    if isinstance(value, bool):
        return value
    word = str(value).casefold().strip() if isinstance(value, (str, int)) and value not in ("",) else ""
    if word in _YES or word in _NO:
        return word in _YES
    raise CannotConvert(Text("is neither yes nor no"), Text("Ask the source to send true or false."))


@transform(accepts_empty=True)
def currency_code(value: Any, scope: Scope) -> str:
    """An ISO 4217 code in upper case; where the message names none, the channel's default, with a warning."""
    if not is_empty(value):
        return plain_text(value).upper()
    if scope.context.default_currency:
        scope.warn(
            Text(
                "no currency in the message; the channel's default {currency} was taken",
                currency=scope.context.default_currency,
            )
        )
    return scope.context.default_currency


@transform(accepts_empty=True)
def default_country(value: Any, scope: Scope, *, beside: PathField) -> Any:
    """The channel's default country where the address, present at the path ``beside``, names none."""
    if not is_empty(value) or is_empty(scope.look(beside)) or not scope.context.default_country:
        return value
    scope.warn(
        Text(
            "no country in the address; the channel's default {country} was taken",
            country=scope.context.default_country,
        )
    )
    return scope.context.default_country
