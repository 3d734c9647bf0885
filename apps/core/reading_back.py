"""From an English sentence back to how it was made.

Outcomes, notes, refusals and event sentences are kept in the one language of the record: English, which machines compare. Whoever
reads them in another is shown them in that one: the sentence is recognized by the templates of the catalog, its details
are taken out, and it is drawn as the ``Text`` that it was. What no template fits, people wrote themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from string import Formatter

from babel.messages.mofile import read_mo
from django.conf import settings

from apps.core.money import read_amount
from apps.core.text import Moment, Text

# A template of fewer letters than this outside of its details fits too much of what people write.
LEAST_LETTERS = 8
_COUNTED = re.compile(r"-?\d+")
# Pattern → how Python reads it, with a year that has every day.
_MOMENTS = {
    "%-d %b %Y, %H:%M": "%d %b %Y, %H:%M",
    "%-d %b %Y": "%d %b %Y",
    "%-d %b %H:%M": "%d %b %H:%M %Y",
}
# A place in a message, the kind of value there, and what is wrong with it: ``line_items[0].price (text) is missing``.
_PLACED = re.compile(r"(?P<place>[a-z$][\w.\[\]$-]*)(?: \((?P<kind>[a-z ]+)\))?(?P<between>:? )(?P<rest>.+)", re.DOTALL)
_ENDS = re.compile(r"(?<=[.!?]) ")


@dataclass(frozen=True, slots=True)
class _Template:
    """``many``: of a plural, the other form. ``letters``: how much of it is said whatever the details; ``piece``: of that, the
    longest part, which whatever it fits contains."""

    template: str
    many: str
    pattern: re.Pattern[str]
    letters: int
    piece: str


@lru_cache(maxsize=4096)
def read_back(text: str, language: str) -> Text | None:
    """How it was made, as far as the catalog of that language knows; several sentences each by itself."""
    found = _whole(text, language) or _labeled(text, language)
    if found is not None or len(parts := _ENDS.split(text)) == 1:
        return found
    known = [_whole(part, language) for part in parts]
    if all(known):
        return _joined(parts, known)
    # A name may hold what looks like the end of a sentence.
    found = _whole(text, language, across=True)
    return found or (_joined(parts, known) if any(known) else None)


def _joined(parts: Sequence[str], known: Sequence[Text | None]) -> Text:
    return Text.joined(" ", [part if one is None else one for part, one in zip(parts, known, strict=True)])


def _labeled(text: str, language: str) -> Text | None:
    """What was proposed: the name of a resolution, and its effect; or a reason out of a list, and what was written beside it."""
    label, _, rest = text.partition(": ")
    if not rest or label not in _known(language)[1]:
        return _placed(text, language)
    return Text.made(text, "{label}: {rest}", {"label": Text.literal(label), "rest": read_back(rest, language) or rest})


def _placed(text: str, language: str) -> Text | None:
    """What is wrong with a field of a message; None where nothing that can be is said of it."""
    match = _PLACED.fullmatch(text)
    said = match and (_whole(match["rest"], language) or _placed(match["rest"], language))
    if match is None or said is None:
        return None
    kind = Text.joined("", (" (", _detail(match["kind"], language), ")")) if match["kind"] else ""
    return Text.joined("", (match["place"], kind, match["between"], said))


def _whole(text: str, language: str, *, across: bool = False) -> Text | None:
    """``across``: a detail may hold the end of a sentence."""
    templates, exact = _known(language)
    if text in exact:
        return Text.literal(text)
    for one in templates:
        match = one.pattern.fullmatch(text) if one.piece in text else None
        if match and (across or not any(map(_ENDS.search, match.groups()))):
            return _made(text, one, match, language)
    return None


def _made(text: str, one: _Template, match: re.Match[str], language: str) -> Text:
    details = {name: _detail(value, language) for name, value in match.groupdict().items()}
    count = str(details.get("count", details.get("n", "")))
    number = int(count.replace(",", "")) if one.many and _COUNTED.fullmatch(count.replace(",", "")) else 1
    return Text.made(text, one.template, details, many=one.many, number=number)


def _detail(value: str, language: str) -> str:
    if not any(map(str.isalpha, value)) and not any(map(str.isdigit, value)):
        return value
    return read_amount(value) or _read_moment(value) or _whole(value, language) or _labeled(value, language) or value


def _read_moment(value: str) -> Moment | None:
    """As the English of a ``Moment`` has it; a day without its year is drawn without one."""
    for pattern, as_read in _MOMENTS.items() if value[:1].isdigit() else ():
        try:
            at = datetime.strptime(f"{value}{'' if '%Y' in pattern else ' 2000'} +0000", f"{as_read} %z")
        except ValueError:
            continue
        return Moment(at, pattern)
    return None


@lru_cache(maxsize=8)
def _known(language: str) -> tuple[list[_Template], frozenset[str]]:
    """Templates with what they say most in front, and the sentences that have no details."""
    templates, exact = [], set()
    for message in _messages(language):
        one, many = message if isinstance(message, tuple) else (message, "")
        if "{" not in one:
            exact.add(one)
            continue
        templates += [made for form in {one, many} if form and (made := _template(form, one, many))]
    return sorted(templates, key=lambda one: -one.letters), frozenset(exact)


def _messages(language: str) -> Iterator[str | tuple[str, str]]:
    for folder in settings.LOCALE_PATHS:
        path = Path(folder) / language / "LC_MESSAGES" / "django.mo"
        if path.exists():
            with path.open("rb") as file:
                for message in read_mo(file):
                    if message.id:
                        one = message.id
                        yield one if isinstance(one, str) else (one[0], one[1])


def _template(form: str, one: str, many: str) -> _Template | None:
    """None: it says too little by itself to be recognized, or is none of ``str.format``."""
    try:
        pieces = list(Formatter().parse(form))
    except ValueError:
        return None
    pattern, said, names = "", [], set()
    for literal, name, spec, conversion in pieces:
        pattern += re.escape(literal)
        said.append(literal)
        if name is None:
            continue
        if not name.isidentifier() or spec or conversion:
            return None
        pattern += f"(?P={name})" if name in names else f"(?P<{name}>{_fits(name, bool(many))})"
        names.add(name)
    letters = sum(map(str.isalpha, "".join(said)))
    counts = bool(many) and bool({"count", "n"} & names)
    if letters < LEAST_LETTERS and not counts:
        return None
    return _Template(one, many, re.compile(pattern, re.DOTALL), letters, max(said, key=len))


def _fits(name: str, counted: bool) -> str:
    return r"-?[\d,]+" if counted and name in ("count", "n") else ".+?"
