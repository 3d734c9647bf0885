"""A sentence that is plain English and remembers how it was made, so that a page can say it in another language.

It is stored, compared, hashed and sent as the English string it is; only a page looks at its template and details.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self


class Text(str):
    """``Text("{name} has all of it.", name="Leeds") == "Leeds has all of it."``; details may be Texts themselves.

    ``many``: the template for any number but one, which ``number`` is (``counted``). ``begins``: drawn with a capital.
    """

    __slots__ = ("begins", "details", "many", "number", "template")
    template: str
    many: str
    number: int
    details: Mapping[str, Any]
    begins: bool

    def __new__(cls, template: str, /, **details: Any) -> Self:
        return cls._made(template.format(**details), template, details)

    @classmethod
    def counted(cls, one: str, many: str, count: int, /, **details: Any) -> Self:
        """The first for one, the second for any other number; both may name ``{count}``."""
        details = {"count": count, **details}
        return cls._made((one if count == 1 else many).format(**details), one, details, many=many, number=count)

    @classmethod
    def lowered(cls, label: str) -> Self:
        """A label as it stands inside an English sentence; others write it as the label is translated."""
        return cls._made(label.lower(), label, {})

    @classmethod
    def joined(cls, between: str, parts: Iterable[str]) -> Self:
        """Several sentences, or the items of a list; empty ones are left out."""
        said = [one for one in parts if one]
        template = between.join(f"{{_{place}}}" for place in range(len(said)))
        return cls._made(between.join(said), template, {f"_{place}": one for place, one in enumerate(said)})

    @classmethod
    def opening(cls, half: str) -> Self:
        """What begins a sentence with a capital, in whatever language."""
        english = half[:1].upper() + half[1:]
        if isinstance(half, Text):
            return cls._made(english, half.template, half.details, many=half.many, number=half.number, begins=True)
        return cls._made(english, "{said}", {"said": half}, begins=True)

    @classmethod
    def _made(
        cls,
        english: str,
        template: str,
        details: Mapping[str, Any],
        *,
        many: str = "",
        number: int = 1,
        begins: bool = False,
    ) -> Self:
        made = super().__new__(cls, english)
        made.template, made.many, made.number, made.details, made.begins = template, many, number, details, begins
        return made

    def to_json(self) -> dict[str, Any]:
        """To be kept beside the English, where a page may want it in another language later."""
        details = {name: one.to_json() if isinstance(one, Text) else one for name, one in self.details.items()}
        return {
            "text": str.__str__(self),
            "said": [self.template, self.many, self.number, self.begins],
            "details": details,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        template, many, number, begins = kept["said"]
        details = {name: cls.from_json(one) if isinstance(one, dict) else one for name, one in kept["details"].items()}
        return cls._made(kept["text"], template, details, many=many, number=number, begins=begins)

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __copy__(self) -> Self:
        return self

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """What leaves this process is the English alone."""
        return str, (str.__str__(self),)
