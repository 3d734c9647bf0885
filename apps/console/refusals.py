"""What a person reads who was refused, in their own language; ``DomainError.sentence`` says the same in English."""

from __future__ import annotations

from apps.core.errors import DomainError
from apps.core.money import MoneyText
from apps.core.text import Moment, Text
from apps.ui.chips import WORDS
from apps.ui.language import ENGLISH, language, translated

# Details that are codes of ours: a sentence in another language names them as its pages do.
_CODED = frozenset({"what", "state", "verb", "verdict", "reason"})
# Sentences, or parts of some.
_SAID = frozenset({"why", "problem", "problems"})
# Of these the word stands inside the sentence as an adjective or a verb does.
_SMALL = frozenset({"state", "verb", "verdict"})
_LABELS = {code: str(label) for words in reversed(WORDS.values()) for code, label in words.items()}


def refusal_text(refusal: DomainError) -> str:
    message, details = translated(refusal.message), refusal.details
    if language() != ENGLISH:
        details = {name: _named(name, value) for name, value in details.items()}
    try:
        return message.format(**details)
    except (KeyError, IndexError):
        return message


def _named(name: str, value: object) -> object:
    if isinstance(value, Text | MoneyText | Moment) or (name in _SAID and isinstance(value, str)):
        return translated(value)
    if name not in _CODED:
        return value
    code = str(value)
    label = translated(_LABELS.get(code) or code.replace("_", " ").capitalize())
    return label[:1].lower() + label[1:] if name in _SMALL else label
