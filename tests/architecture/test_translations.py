"""Every text a person can read can be read in their language: it is marked where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines
from jinja2 import nodes

PAGES = sorted((settings.BASE_DIR / "templates" / "pages").rglob("*.html"))
# Read by people as they are, in every language.
AS_THEY_ARE = {"Orderyard", "GB", "MUG-BLU 12 THR-MOS -1 3", "Ctrl", "Esc", "UTC", "ms", "km", "v"}
READ_ATTRIBUTES = {"aria-label", "title", "placeholder", "alt", "label", "summary"}
# What stands in these is code, data or a key of the keyboard.
NOT_READ = {"script", "style", "kbd"}
# Function → which of its arguments a person reads.
READ_ARGUMENTS = {"icon": 1, "copy_button": 1, "tag": 0}
WORD = re.compile(r"[^\W\d_]{2,}")
GONE = "\N{MIDDLE DOT}"


def unmarked(source: str) -> list[str]:
    """Texts of a page that a person would read, and that are not given to gettext."""
    page = _Page()
    page.feed("".join(_outside_of_jinja(source)))
    return [text for text in [*page.texts, *_constants(source)] if _is_words(text)]


def _outside_of_jinja(source: str) -> Iterator[str]:
    """The HTML alone, without what is marked for translation; where Jinja writes something stands a dot."""
    environment = engines["jinja2"].env  # type: ignore[attr-defined]
    marked, begun = False, False
    for _line, kind, value in environment.lex(source):
        if kind == "data" and not marked:
            yield value
        elif kind in ("variable_begin", "block_begin"):
            begun = True
            yield GONE
        elif begun and kind == "name":
            marked = value in ("trans", "pluralize") or (marked and value != "endtrans")
            begun = False


def _constants(source: str) -> Iterator[str]:
    """Texts in expressions, such as ``{% with title="Each line" %}`` and ``{{ name or "none" }}``."""
    tree = engines["jinja2"].env.parse(source)  # type: ignore[attr-defined]
    given = {id(const) for call in tree.find_all(nodes.Call) for const in _known(call)}
    given |= {id(const) for compared in tree.find_all(nodes.Compare) for const in compared.find_all(nodes.Const)}
    for call in tree.find_all(nodes.Call):
        place = READ_ARGUMENTS.get(getattr(call.node, "name", ""))
        if place is not None:
            yield from (word.value for word in call.args[place : place + 1] if isinstance(word, nodes.Const))
    for const in tree.find_all(nodes.Const):
        if isinstance(const.value, str) and id(const) not in given and re.search(r"^[A-Z]|\w \w", const.value):
            yield const.value


def _known(call: nodes.Call) -> Iterator[nodes.Node]:
    """Constants that gettext gets, and patterns of moments, which are none to translate."""
    if getattr(call.node, "name", "") in ("_", "gettext", "ngettext", "plural", "at"):
        yield from call.find_all(nodes.Const)
    if getattr(call.node, "attr", "") == "strftime":
        yield from call.find_all(nodes.Const)


def _is_words(text: str) -> bool:
    left = " ".join(text.replace(GONE, " ").split())
    return bool(WORD.search(left)) and left not in AS_THEY_ARE


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.texts += [value for name, value in attrs if value and name in READ_ATTRIBUTES]
        if tag in NOT_READ:
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and tag == self._inside[-1]:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.texts.append(data)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(settings.BASE_DIR)))
def test_every_text_of_a_page_is_marked_for_translation(page: Path):
    assert unmarked(page.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Release hold</p>",
        "<p>{% trans %}Release{% endtrans %} hold</p>",
        '<button aria-label="Release hold"></button>',
        '<input placeholder="{% if late %}Late{% endif %}">',
        '{% with title="Release hold" %}{{ title }}{% endwith %}',
        '{{ icon("x", "none") }}',
        '{{ name or "Nobody" }}',
        '{{ "are" if two else "No one is" }}',
        "<p>{{ name }} decides</p>",
    ],
)
def test_a_text_that_is_not_marked_is_found(source: str):
    assert unmarked(source)


@pytest.mark.parametrize(
    "source",
    [
        "<p>{% trans %}Release hold{% endtrans %}</p>",
        "{% trans n=count %}{{ n }} order{% pluralize %}{{ n }} orders{% endtrans %}",
        '<a href="/orders/" class="btn is-late">{{ _("Orders") }}</a>',
        '{{ plural(n, "late order") }} {{ at(moment, "%d %b at %H:%M") }}',
        "<kbd>Enter</kbd> <strong>Orderyard</strong>",
    ],
)
def test_a_text_that_is_marked_or_no_text_is_left_alone(source: str):
    assert unmarked(source) == []
