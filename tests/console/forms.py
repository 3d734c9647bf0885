"""A page's form as a browser without JavaScript reads it."""

from __future__ import annotations

from html.parser import HTMLParser

Fields = dict[str, list[str]]


class _Form(HTMLParser):
    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id, self.inside = form_id, False
        self.fields: Fields = {}
        self._area = self._select = ""
        self._chosen: str | None = None
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("id") == self.form_id
        if not self.inside:
            return
        name = given.get("name", "")
        if tag == "input" and name and given.get("type") != "file":
            self._add(name, given.get("value", ""))
        elif tag == "textarea":
            self._area, self._text = name, []
        elif tag == "select":
            self._select, self._chosen = name, None
        elif tag == "option" and self._select and (self._chosen is None or "selected" in given):
            self._chosen = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._area:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea" and self._area:
            self._add(self._area, "".join(self._text).removeprefix("\n"))
            self._area = ""
        elif tag == "select" and self._select:
            self._add(self._select, self._chosen or "")
            self._select = ""

    def _add(self, name: str, value: str) -> None:
        if name != "csrfmiddlewaretoken":
            self.fields.setdefault(name, []).append(value)


def fields_of(page: str, form_id: str) -> Fields:
    """What the form with this id would send if nothing was typed, by name."""
    reading = _Form(form_id)
    reading.feed(page)
    return reading.fields
