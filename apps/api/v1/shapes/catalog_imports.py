"""Catalogs of shops coming in, from outside."""

from __future__ import annotations

from datetime import datetime

from apps.api.v1.base import PageOf, Shape
from apps.listings.importing.words import kept_words, problem_sentence
from apps.listings.models import CatalogImport, ChannelPlace, ImportRow


class ImportOut(Shape):
    """``read``: variants read, of ``expected`` where the shop says how many there are. ``new`` to ``conflict``: rows by verdict;
    ``problems``: rows with something against them; ``kept``: fields that stay as they are here though the shop says otherwise;
    ``gone``: listings the shop no longer has. ``trouble``: in the shop's words."""

    id: str
    channel: str
    state: str
    read: int
    expected: int | None
    new: int
    changed: int
    same: int
    conflict: int
    problems: int
    kept: int
    gone: int
    trouble: str
    started_at: datetime
    changed_at: datetime


class ImportPage(PageOf[ImportOut]):
    """Imports of catalogs."""


class FieldChangeOut(Shape):
    """``taken`` false: it stays as it is here, ``why`` in words."""

    field: str
    before: str
    after: str
    taken: bool
    why: str


class ProblemOut(Shape):
    code: str
    detail: str


class ImportRowOut(Shape):
    """One variant of the shop and what taking it in does. ``sku`` null: it is new, or nobody can say which one it is."""

    external_id: str
    code: str
    title: str
    verdict: str
    sku: str | None
    changes: list[FieldChangeOut]
    problems: list[ProblemOut]


class ImportRowPage(PageOf[ImportRowOut]):
    """Variants of an import."""


class PlaceOut(Shape):
    """A place of a shop; ``node``: the code of the node it is, null: nobody has said."""

    id: int
    external_id: str
    name: str
    city: str
    country: str
    active: bool
    node: str | None


class PlacePage(PageOf[PlaceOut]):
    """Places of a shop."""


class FieldOwnersOut(Shape):
    """Whose word counts, by field: ``first`` (the shop's, unless edited here), ``shop``, ``here``."""

    owners: dict[str, str]


def catalog_import(row: CatalogImport) -> ImportOut:
    """Needs the channel at hand."""
    counted = ("new", "changed", "same", "conflict", "problems", "kept", "gone")
    return ImportOut(
        id=row.public_id,
        channel=row.channel.public_id,
        state=row.state,
        read=row.read,
        expected=row.expected,
        trouble=row.trouble,
        started_at=row.started_at,
        changed_at=row.changed_at,
        **{name: int(row.counts.get(name, 0)) for name in counted},
    )


def import_row(row: ImportRow) -> ImportRowOut:
    """Needs the SKU at hand."""
    changes = [
        FieldChangeOut(
            field=one["field"],
            before=str(one["before"]),
            after=str(one["after"]),
            taken=one["taken"],
            why=str(kept_words(one)),
        )
        for one in row.changes
    ]
    problems = [ProblemOut(code=one["code"], detail=str(problem_sentence(one))) for one in row.problems]
    return ImportRowOut(
        external_id=row.external_id,
        code=row.code,
        title=row.title,
        verdict=row.verdict,
        sku=row.sku.code if row.sku else None,
        changes=changes,
        problems=problems,
    )


def place(row: ChannelPlace) -> PlaceOut:
    """Needs the node at hand."""
    return PlaceOut(
        id=row.pk,
        external_id=row.external_id,
        name=row.name,
        city=row.city,
        country=row.country,
        active=row.active,
        node=row.node.code if row.node else None,
    )
