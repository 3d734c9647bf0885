"""Probes that only read."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from apps.channels.framework.paging import Page, walk
from apps.channels.framework.shop import Shop
from apps.channels.framework.stock import Article
from apps.channels.mapping.facts import external_id_of
from apps.contracts.conformance.bench import Bench, NotProven, ProbeSkipped
from apps.contracts.conformance.faults import refuses_rightly
from apps.core import clock
from apps.core.text import Text

# Of a real shop only the last day is listed.
LATELY = timedelta(days=1)
MOST_PAGES = 50


def polling(bench: Bench) -> str:
    known = {bench.specimen(number).external_id for number in range(len(bench.payloads))}
    since = min((bench.specimen(n).placed_at for n in range(len(bench.payloads))), default=clock.now())
    since = min(since, clock.now()) - LATELY
    seen = _listed(bench, bench.client(), since)
    if missing := known - seen:
        raise NotProven(
            Text("{count} of {total} orders that are there were not listed", count=len(missing), total=len(known))
        )
    _unsettled(bench, since, known)
    first = bench.client().listings[0]
    spoiled = refuses_rightly(bench, lambda shop: shop.changed_orders(first, since, None, ""))
    return Text.joined(
        " ",
        (
            Text(
                "{count} orders were listed, page after page, and with pages out of order and overlapping.",
                count=len(seen),
            ),
            spoiled,
        ),
    )


def _unsettled(bench: Bench, since: datetime, known: set[str]) -> None:
    """As a shop lists while its orders change: newest first, and the last one of a page once more on the next."""
    shop, carried = bench.client(), list[Any]()

    def ask(since: datetime, until: datetime | None, mark: str) -> Page:
        page = shop.changed_orders(shop.listings[-1], since, until, mark)
        shown = [*carried, *zip(reversed(page.orders), reversed(page.moments), strict=True)]
        carried[:] = shown[-1:] if page.next else []
        return replace(page, orders=[one for one, _ in shown], moments=[at for _, at in shown])

    form, seen = bench.adapter.messages, set[str]()
    for number, listed in enumerate(walk(ask, since)):
        seen |= {external_id_of(form, order) for order in listed.page.orders}
        if number >= MOST_PAGES:
            raise NotProven(Text("with overlapping pages there is no end after {most}", most=MOST_PAGES))
    others = (
        {one for listing in shop.listings[:-1] for one in _ids(bench, shop, listing, since)} if known - seen else set()
    )
    if missing := known - seen - others:
        raise NotProven(
            Text("{count} of {total} orders were lost between overlapping pages", count=len(missing), total=len(known))
        )


def _ids(bench: Bench, shop: Shop, listing: str, since: datetime) -> set[str]:
    pages = walk(partial(shop.changed_orders, listing), since)
    return {external_id_of(bench.adapter.messages, order) for listed in pages for order in listed.page.orders}


def _listed(bench: Bench, shop: Shop, since: datetime) -> set[str]:
    seen: set[str] = set()
    for listing in shop.listings:
        for number, listed in enumerate(walk(partial(shop.changed_orders, listing), since)):
            seen |= {external_id_of(bench.adapter.messages, order) for order in listed.page.orders}
            if number >= MOST_PAGES:
                raise NotProven(Text("its pages do not end after {most}", most=MOST_PAGES))
    return seen


def unknown_id(known: str) -> str:
    """An id of the same form of which there is no order."""
    other = "".join("9" if letter.isdigit() else letter for letter in known)
    return f"{known}9" if other == known or known.isdigit() else other


def fetch_orders(bench: Bench) -> str:
    order = bench.specimen(0)
    shop = bench.client()
    whole = shop.whole_order(order.external_id)
    if whole is None:
        raise NotProven(Text("an order that is there was not found by its id"))
    if bench.read(whole).external_id != order.external_id:
        raise NotProven(Text("it fetched another order than was asked for"))
    if shop.whole_order(unknown_id(order.external_id)) is not None:
        raise NotProven(Text("an order that is not there was found"))
    spoiled = refuses_rightly(bench, lambda shop: shop.whole_order(order.external_id))
    return Text.joined(" ", (Text("An order was fetched whole by its id and read by its contract."), spoiled))


def missing_orders(bench: Bench) -> str:
    order = bench.specimen(0)
    gone = unknown_id(order.external_id)
    found = {one.external_id for one in bench.client().missing_orders([order.external_id, gone])}
    if found != {gone}:
        raise NotProven(
            Text("it took one that is there for missing")
            if order.external_id in found
            else Text("a missing one was not noticed")
        )
    spoiled = refuses_rightly(bench, lambda shop: shop.missing_orders([order.external_id]))
    return Text.joined(" ", (Text("One that is there and one that is not were distinguished."), spoiled))


def refund_details(bench: Bench) -> str:
    order = bench.specimen(0)
    shop = bench.client()
    if shop.order_with_refunds(order.external_id) is None:
        raise NotProven(Text("an order that is there was not found"))
    if shop.order_with_refunds(unknown_id(order.external_id)) is not None:
        raise NotProven(Text("an order that is not there was found"))
    spoiled = refuses_rightly(bench, lambda shop: shop.order_with_refunds(order.external_id))
    return Text.joined(" ", (Text("An order was read with its refunds."), spoiled))


def stock_read(bench: Bench) -> str:
    articles = bench.some_articles()
    shown = list(bench.client().read_stock(articles))
    if [one.article for one in shown] != list(articles):
        raise NotProven(Text("it does not say of each article that was asked for what is shown"))
    if all(one.available is None for one in shown):
        raise NotProven(Text("no figure was read"))
    spoiled = refuses_rightly(bench, lambda shop: shop.read_stock(articles))
    return Text.joined(" ", (Text("The figures of {count} articles were read.", count=len(articles)), spoiled))


def catalog(bench: Bench) -> str:
    shop, mark, seen = bench.client(), "", list[Article]()
    for _ in range(MOST_PAGES):
        page = shop.catalog_page(mark)
        seen += [one.article for one in page.items]
        if [one.article for one in bench.client().catalog_page(mark).items] != [one.article for one in page.items]:
            raise NotProven(Text("a page that is asked for again, after a stop, is another one"))
        mark = page.next
        if not mark:
            break
    if len({one.external_id for one in seen}) != len(seen):
        raise NotProven(Text("its pages show an article twice"))
    known = {one.external_id for one in bench.articles}
    if not seen and not known:
        raise ProbeSkipped(Text("the shop's catalog is empty"))
    if not mark and (missing := known - {one.external_id for one in seen}):
        raise NotProven(
            Text("{count} of {total} articles that are there were not listed", count=len(missing), total=len(known))
        )
    spoiled = refuses_rightly(bench, lambda shop: shop.catalog_page(""))
    return Text.joined(
        " ",
        (
            Text(
                "{count} articles were listed, each once, and each page again where it was asked for again.",
                count=len(seen),
            ),
            spoiled,
        ),
    )


def locations(bench: Bench) -> str:
    found = bench.client().locations()
    if not found:
        raise ProbeSkipped(Text("the shop has no location"))
    if not all(one.external_id and one.name for one in found):
        raise NotProven(Text("a location has no id or no name"))
    return Text.joined(
        " ",
        (Text("{count} locations were read.", count=len(found)), refuses_rightly(bench, lambda shop: shop.locations())),
    )


def check(bench: Bench) -> str:
    report = bench.client().check_connection()
    if not (report.account or report.shop_name):
        raise NotProven(Text("it does not say whose shop this is"))
    if report.missing:
        raise NotProven(Text("scopes are missing: {names}", names=", ".join(one.name for one in report.missing)))
    spoiled = refuses_rightly(bench, lambda shop: shop.check_connection())
    return Text.joined(
        " ", (Text("It says whose shop this is: {name}.", name=report.shop_name or report.account), spoiled)
    )
