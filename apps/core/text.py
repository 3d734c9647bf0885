"""A sentence that is plain English and remembers how it was made, so that a page can say it in another language.

It is stored, compared, hashed and sent as the English string it is; only a page looks at its template and details.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Self

from apps.core.money import MoneyText


class Moment(str):
    """A day or a time of day inside a sentence: plain English that knows when it is. ``pattern``: as ``strftime`` has it."""

    __slots__ = ("at", "pattern")
    at: datetime
    pattern: str

    def __new__(cls, at: datetime, pattern: str = "%-d %b %Y, %H:%M") -> Self:
        made = super().__new__(cls, at.strftime(pattern))
        made.at, made.pattern = at, pattern
        return made

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str.__str__(self),)


class Text(str):
    """``Text("{name} has all of it.", name="Leeds") == "Leeds has all of it."``; details may be Texts themselves,
    amounts (``money.show``) and moments (``Moment``), which are drawn as the reader writes them.

    ``many``: the template for any number but one, which ``number`` is (``counted``). ``begins``: drawn with a capital.
    """

    __slots__ = ("begins", "details", "many", "number", "template")
    template: str
    many: str
    number: int
    details: Mapping[str, Any]
    begins: bool

    def __new__(cls, template: str, /, **details: Any) -> Self:
        return cls.made(template.format(**details), template, details)

    @classmethod
    def counted(cls, one: str, many: str, count: int, /, **details: Any) -> Self:
        """The first for one, the second for any other number; both may name ``{count}``."""
        details = {"count": count, **details}
        return cls.made((one if count == 1 else many).format(**details), one, details, many=many, number=count)

    @classmethod
    def lowered(cls, label: str) -> Self:
        """A label as it stands inside an English sentence; others write it as the label is translated."""
        return cls.made(label.lower(), label, {})

    @classmethod
    def literal(cls, sentence: str) -> Self:
        """A sentence without details that stands in a table, or was read back."""
        return cls.made(sentence, sentence, {})

    @classmethod
    def joined(cls, between: str, parts: Iterable[str]) -> Self:
        """Several sentences, or the items of a list; empty ones are left out."""
        parts_given = [one for one in parts if one]
        template = between.join(f"{{_{place}}}" for place in range(len(parts_given)))
        return cls.made(
            between.join(parts_given), template, {f"_{place}": one for place, one in enumerate(parts_given)}
        )

    @classmethod
    def listed(cls, words: Iterable[str]) -> Self:
        """``A, B and C``."""
        *firsts, last = words
        return (
            cls("{first} and {last}", first=cls.joined(", ", firsts), last=last) if firsts else cls.joined("", [last])
        )

    @classmethod
    def opening(cls, half: str) -> Self:
        """What begins a sentence with a capital, in whatever language."""
        english = half[:1].upper() + half[1:]
        if isinstance(half, Text):
            return cls.made(english, half.template, half.details, many=half.many, number=half.number, begins=True)
        return cls.made(english, "{said}", {"said": half}, begins=True)

    @classmethod
    def made(
        cls,
        english: str,
        template: str,
        details: Mapping[str, Any],
        *,
        many: str = "",
        number: int = 1,
        begins: bool = False,
    ) -> Self:
        """From its parts, where the English stands already."""
        made = super().__new__(cls, english)
        made.template, made.many, made.number, made.details, made.begins = template, many, number, details, begins
        return made

    def to_json(self) -> dict[str, Any]:
        """To be kept beside the English, where a page may want it in another language later."""
        return {
            "text": str.__str__(self),
            "said": [self.template, self.many, self.number, self.begins],
            "details": {name: _kept(one) for name, one in self.details.items()},
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        template, many, number, begins = kept["said"]
        details = {name: _read(one) for name, one in kept["details"].items()}
        return cls.made(kept["text"], template, details, many=many, number=number, begins=begins)

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __copy__(self) -> Self:
        return self

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """What leaves this process is the English alone."""
        return str, (str.__str__(self),)


def within(text: str, most: int) -> str:
    """No more than so many characters of it; what fits stays the ``Text`` it is."""
    return text if len(text) <= most else text[:most]


def _kept(detail: Any) -> Any:
    if isinstance(detail, Text):
        return detail.to_json()
    if isinstance(detail, MoneyText):
        return {"minor": detail.minor, "currency": detail.currency}
    if isinstance(detail, Moment):
        return {"at": detail.at.isoformat(), "pattern": detail.pattern}
    return detail


def _read(kept: Any) -> Any:
    if not isinstance(kept, dict):
        return kept
    if "minor" in kept:
        return MoneyText(kept["minor"], kept["currency"])
    if "at" in kept:
        return Moment(datetime.fromisoformat(kept["at"]), kept["pattern"])
    return Text.from_json(kept)
