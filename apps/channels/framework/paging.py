"""Going through all that changed in a shop, whatever its pages hold and whatever changes meanwhile. Pure: it only asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from apps.channels.errors import ShopUnreachable
from apps.channels.framework.json_values import dicts

# An order's id, and when it changed.
Version = tuple[str, datetime | None]
SECOND = timedelta(seconds=1)
JUST_NOW = timedelta(minutes=1)
# A shop in which a second changes faster than it can be read is read on from that second the next time.
MOST_PASSES = 20


@dataclass(frozen=True, slots=True)
class Page:
    """Orders as the shop shows them. ``moments``: when each changed; ``next``: a mark for the next page, empty on the last one;
    ``by_time``: oldest change first, as was asked. ``total``: of all pages, and ``shop_time``, where the shop says them. ``id_key``:
    what an order's id is called."""

    orders: Sequence[Any]
    moments: Sequence[datetime | None]
    next: str
    by_time: bool = True
    total: int | None = None
    shop_time: datetime | None = None
    id_key: str = "id"

    @property
    def newest(self) -> datetime | None:
        """The last change, if the orders do stand in order of time. A shop finds first what to list and reads it then: one that
        changed in between stands where it stood, with a time of just now."""
        known = [at for at in self.moments if at is not None]
        if not known or not self.by_time or len(known) < len(self.moments) or known != sorted(known):
            return None
        just_now = self.shop_time is not None and known[-1] > self.shop_time - JUST_NOW
        return None if just_now else known[-1]

    @property
    def versions(self) -> set[Version]:
        ids = [str(one.get(self.id_key)) if isinstance(one, dict) else repr(one) for one in self.orders]
        return set(zip(ids, self.moments, strict=True))


@dataclass(frozen=True, slots=True)
class Listed:
    """A page, and until when everything that changed has been given with it."""

    page: Page
    reached: datetime


class Ask(Protocol):
    def __call__(self, since: datetime, until: datetime | None, mark: str, /) -> Page:
        """What changed in the second ``since`` or later, oldest change first; or the page named by the last one's mark, of
        which nothing from ``until`` on is needed."""


def walk(ask: Ask, since: datetime) -> Iterator[Listed]:
    """All pages. By time, not by page number: orders that change meanwhile move to the end, and page by page one would slip
    through. Only where one second fills a page, or the shop does not list by time, the shop's own pages are gone through."""
    while True:
        page = ask(since, None, "")
        newest = page.newest
        if page.next and newest is not None and newest - SECOND > since:
            since = newest - SECOND
            yield Listed(page, since)
            continue
        yield Listed(page, since)
        # One that shows what is older than asked for does not list by time.
        until = since + 2 * SECOND if newest and newest >= since - SECOND else None
        if page.next:
            yield from _through(ask, since, until, page)
        if not page.next or until is None:
            return
        since = until


def _through(ask: Ask, since: datetime, until: datetime | None, first: Page) -> Iterator[Listed]:
    """Page after page, from the start again until a pass finds nothing new and was as long as it had to be."""
    seen: set[Version] = set()
    for _ in range(MOST_PASSES):
        before, page, turned, total = len(seen), first, set[Version](), None
        seen |= first.versions
        while page.next and not (until and page.newest and page.newest >= until):
            page = ask(since, until, page.next)
            yield Listed(page, since)
            total = page.total if not turned else total
            if turned and page.versions <= turned:
                # A shop that returns the same page forever.
                break
            turned |= page.versions
        whole = turned if _restarts(first, turned) else turned | first.versions
        if not turned or (turned <= seen and before and total in (None, len(whole))):
            return
        seen |= turned
        first = ask(since, None, "")
        yield Listed(first, since)


def _restarts(first: Page, turned: set[Version]) -> bool:
    """Whether the pages after the first begin with the same orders again, as where they go by another order; elsewhere they go on."""
    return bool({version[0] for version in first.versions} & {version[0] for version in turned})


def all_rows(ask: Callable[[str], tuple[Any, str]]) -> Iterator[dict[str, Any]]:
    """All rows of a list that is small or changes little. ``ask`` gives the rows of the page that a mark names, empty for the first, and
    the mark of the next; empty, or one that was there before, is the end. Raises ShopUnreachable."""
    mark, seen = "", {""}
    while True:
        rows, mark = ask(mark)
        if not isinstance(rows, list):
            raise ShopUnreachable("no list")
        yield from dicts(rows)
        if mark in seen:
            return
        seen.add(mark)
