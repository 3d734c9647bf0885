"""The catalogs of translations under ``locale/``: brought up to date with the texts in use, and compiled for gettext."""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings

from apps.console.translating.collecting import messages

ABOUT = "# The console's texts in another language; docs/how-to/translate.md says how they are kept."


def catalog_path(language: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.po"


def translations() -> list[str]:
    """Every language there is a catalog for; English is what the texts are written in."""
    return [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def load(language: str) -> Catalog:
    """What has been translated so far; empty where nothing has."""
    path = catalog_path(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def renewed(language: str) -> Catalog:
    """The texts in use with the translations there are. A text that is not used any more is dropped, one that is new is empty.

    Nothing is guessed from a text that is alike: a sentence with the wrong meaning is worse than an English one.
    """
    known = load(language)
    catalog = Catalog(locale=language, project="Orderyard", charset="utf-8", header_comment=ABOUT, fuzzy=False)
    # The moments of the first one: a run that changes no text changes no file.
    catalog.creation_date, catalog.revision_date = known.creation_date, known.revision_date
    for message, places in sorted(messages().items(), key=lambda item: (min(item[1]), str(item[0]))):
        there = known.get(message if isinstance(message, str) else message[0])
        catalog.add(message, there.string if there else None, locations=[(place, 0) for place in sorted(places)])
    return catalog


def write(catalog: Catalog, language: str) -> None:
    """The catalog for people to translate, and compiled beside it."""
    path = catalog_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_as_po(catalog))
    path.with_suffix(".mo").write_bytes(compiled(catalog))


def compiled(catalog: Catalog) -> bytes:
    made = io.BytesIO()
    write_mo(made, catalog)
    return made.getvalue()


def _as_po(catalog: Catalog) -> bytes:
    made = io.BytesIO()
    write_po(made, catalog, width=120, include_lineno=False)
    return made.getvalue()
