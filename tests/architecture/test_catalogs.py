"""Every text in use is translated into every language there is, whole and with what has to stay in it."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from babel.messages.catalog import Catalog
from django.utils import translation

from apps.console.translating.catalogs import catalog_path, compiled, load, translations
from apps.console.translating.collecting import Message, messages
from apps.ui.language import translated

MESSAGES = messages()
# What a translation keeps: placeholders and tags.
KEPT = re.compile(r"%\(\w+\)s|(?<!%)%[a-zA-Z]|\{\w*\}|<[^>]*>")

pytestmark = pytest.mark.parametrize("language", translations())


def test_every_text_is_translated(language: str):
    catalog = load(language)

    assert [message for message in MESSAGES if not all(_translated(catalog, message))] == []


def test_a_plural_has_both_forms(language: str):
    plurals = [message for message in load(language) if message.pluralizable]

    assert plurals
    assert [message.id for message in plurals if len(message.string) != 2] == []


def test_a_translation_keeps_placeholders_and_tags(language: str):
    catalog = load(language)
    others = [
        (message, form)
        for message in MESSAGES
        for form in _translated(catalog, message)
        if _kept(form) not in map(_kept, _forms(message))
    ]

    assert others == []


def test_a_translation_has_no_quote_of_html_that_its_text_has_not(language: str):
    """It would end the attribute that the text stands in."""
    catalog = load(language)
    quoting = [message for message in MESSAGES if any('"' in form for form in _translated(catalog, message))]

    assert [message for message in quoting if '"' not in "".join(_forms(message))] == []


def test_every_text_is_found_by_itself_though_it_may_be_counted_elsewhere(language: str):
    """gettext keeps one entry for "order" and "1 order, 2 orders"."""
    catalog = load(language)
    with translation.override(language):
        missed = [
            text for text in MESSAGES if isinstance(text, str) and translated(text) not in _translated(catalog, text)
        ]

    assert missed == []


def test_a_catalog_holds_the_texts_in_use_and_no_others(language: str):
    """``manage.py translations`` puts it right."""
    known = {_forms(message.id)[0] for message in load(language) if message.id}

    assert known == {_forms(message)[0] for message in MESSAGES}


def test_the_compiled_catalog_says_what_the_readable_one_says(language: str):
    assert catalog_path(language).with_suffix(".mo").read_bytes() == compiled(load(language))


# What is called otherwise everywhere else: the clock of an SLA is a "Frist", a policy a "Richtlinie", a stage an "Abschnitt".
STRAY_WORDS = re.compile(
    r"\brollbar|SLA-(Regeln|Uhr)|\bUhren\b|(?<!E-)\bMails?\b|Mailadresse|Journal|\w…$|Lieferservice"
)


def test_one_thing_is_called_by_one_word(language: str):
    forms = [form for message in load(language) for form in _forms(message.string or "")]

    assert [form for form in forms if language == "de" and STRAY_WORDS.search(form)] == []


def _translated(catalog: Catalog, message: Message) -> list[str]:
    found = catalog.get(_forms(message)[0])
    return [""] if found is None else _forms(found.string)


def _forms(text: str | tuple[str, ...] | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def _kept(text: str) -> Counter[str]:
    return Counter(KEPT.findall(text))
