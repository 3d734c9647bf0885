"""Probes that change something in the shop."""

from __future__ import annotations

from dataclasses import replace

from apps.channels.errors import ShopRefused, ShopWorking
from apps.channels.framework.adapter import Capability
from apps.channels.framework.shop import OrderNote, Parcel, ShipmentReport, Shop
from apps.channels.framework.stock import Article, Figure, FigureResult
from apps.contracts.conformance.bench import Bench, NotProven, ProbeSkipped
from apps.contracts.conformance.faults import once_though_lost
from apps.contracts.conformance.reading import unknown_id
from apps.core.ids import new_id
from apps.core.text import Text, within
from apps.orders.canonical import CanonicalOrder

HOOKS_AT = "https://orderyard.example/hooks/"


def _shipment(order: CanonicalOrder, ref: str) -> ShipmentReport:
    units = {line.line_id: line.quantity for line in order.lines}
    parcels = [Parcel("DHL", f"PROOF{ref[-12:].upper()}", f"https://track.example/{ref}")]
    return ShipmentReport(ref=ref, external_id=order.external_id, units=units, parcels=parcels, complete=True)


def _only_simulated(bench: Bench) -> None:
    bench.may_write()
    if bench.faults is None:
        raise ProbeSkipped(Text("a customer would be notified of it: it is proven against the sandbox only"))


def shipments(bench: Bench) -> str:
    _only_simulated(bench)
    shipped = _shipment(bench.specimen(0), new_id("shp"))
    return once_though_lost(
        bench, lambda shop, check: shop.report_shipment(shipped, check_first=check), shipped.parcels[0].number
    )


def pickup_ready(bench: Bench) -> str:
    _only_simulated(bench)
    shipped = _shipment(bench.specimen(2), new_id("shp"))
    shop = bench.client()
    shop.report_ready_for_pickup(shipped, check_first=False)
    shop.report_ready_for_pickup(shipped, check_first=True)
    return Text("Told that goods wait at the counter, and once more without harm.")


def cancellations(bench: Bench) -> str:
    _only_simulated(bench)
    order = bench.specimen(1)
    return once_though_lost(bench, lambda shop, check: _called_off(shop, order.external_id, check), "")


def _called_off(shop: Shop, external_id: str, check_first: bool) -> str:
    try:
        return shop.report_cancellation(external_id, check_first=check_first)
    except ShopWorking as working:
        return str(working)


def notes(bench: Bench) -> str:
    _only_simulated(bench)
    note = OrderNote(new_id("evt"), bench.specimen(2).external_id, "One unit less is sent")
    return once_though_lost(bench, lambda shop, check: shop.add_note(note, check_first=check), note.ref)


def holds(bench: Bench) -> str:
    _only_simulated(bench)
    note = OrderNote(new_id("evt"), bench.specimen(2).external_id, "It waits for a check of its address")
    said = once_though_lost(bench, lambda shop, check: shop.report_hold(note, held=True, check_first=check), "")
    bench.client().report_hold(note, held=False, check_first=True)
    return Text("{said} It was let go again.", said=said)


def register_webhooks(bench: Bench) -> str:
    if bench.faults is None or not bench.writes:
        hooks = bench.client().hooks()
        raise ProbeSkipped(Text("only read: the shop has {count} webhooks", count=len(hooks)))
    first = bench.client().register_hooks(HOOKS_AT, bench.secret)
    again = bench.client().register_hooks(HOOKS_AT, bench.secret)
    if not first or not all(one.active for one in first):
        raise NotProven(Text("no webhook is in place and on"))
    if sorted(one.topic for one in first) != sorted(one.topic for one in again):
        raise NotProven(Text("registering twice leaves other webhooks than once"))
    there = [one for one in bench.client().hooks() if one.relayed or one.address.startswith(HOOKS_AT)]
    if len(there) != len(first):
        raise NotProven(
            Text("{count} webhooks are there where {total} were registered", count=len(there), total=len(first))
        )
    return Text("{count} webhooks were registered, and no more by registering twice.", count=len(first))


def test_order(bench: Bench) -> str:
    """Asked for again, it has to be there with its mark, where the shop can be asked for its orders."""
    _only_simulated(bench)
    mark = f"orderyard-test-{new_id('prf')}"
    external_id = bench.client().place_test_order(mark)
    if not external_id:
        raise NotProven(Text("the shop did not say which order it is"))
    return Text("Order {order} was placed with its mark.", order=external_id)


def stock_out(bench: Bench) -> str:
    """Of a real shop each article is sent what it shows already."""
    bench.may_write()
    articles = list(bench.some_articles())[: bench.adapter.stock.batch if bench.adapter.stock else 1]
    shop = bench.client()
    shown = {one.article: one.available for one in shop.read_stock(articles)} if _reads(bench) else {}
    wanted = {one: shown.get(one) or 0 for one in articles}
    if bench.faults is not None:
        wanted = {one: 5 + number for number, one in enumerate(articles)}
    ref = new_id("fig")
    figures = [Figure(article=one, available=wanted[one], shown=shown.get(one), ref=ref) for one in articles]
    seen = [_take(shop, figures, wanted, bench), _take(shop, _again(figures), wanted, bench)]
    if bench.faults is not None:
        seen += [_refuses_one(bench, articles[0]), _compares(bench, articles[0], wanted[articles[0]])]
        lost = [
            replace(one, available=one.available + 3, shown=wanted[one.article], ref=new_id("fig")) for one in figures
        ]
        once_though_lost(bench, lambda shop, check: shop.send_stock(_again(lost) if check else lost), "")
        after = {one.article: one.available for one in lost}
        _shows(bench, after)
    return Text.joined(
        " ",
        (
            Text("{count} figures were taken, and the same once more.", count=len(articles)),
            " ".join(filter(None, seen[2:])),
        ),
    )


def _again(figures: list[Figure]) -> list[Figure]:
    """As they are sent a second time: what the shop shows by then is not known."""
    return [replace(one, shown=None) for one in figures]


def _reads(bench: Bench) -> bool:
    return bench.adapter.can(Capability.STOCK_READ)


def _take(shop: Shop, figures: list[Figure], wanted: dict[Article, int], bench: Bench) -> str:
    refused = [one for one in shop.send_stock(figures) if not one.taken]
    if refused:
        raise NotProven(
            within(
                Text("a figure was not taken: {why}", why=refused[0].refusal or Text("the shop shows something else")),
                300,
            )
        )
    _shows(bench, wanted)
    return ""


def _shows(bench: Bench, wanted: dict[Article, int]) -> None:
    if not _reads(bench):
        return
    shown = {one.article: one.available for one in bench.client().read_stock(list(wanted))}
    if shown != wanted:
        raise NotProven(Text("the shop shows other figures than it was sent"))


def _refuses_one(bench: Bench, known: Article) -> str:
    """A figure for an article that is not there keeps no other from being taken."""
    stranger = Article(
        external_id=unknown_id(known.external_id), stock_id=unknown_id(known.stock_id), code="no such article"
    )
    batch = bench.adapter.stock.batch if bench.adapter.stock else 1
    figures = [Figure(article=one, available=5, shown=None, ref=new_id("fig")) for one in (stranger, known)]
    sent = [figures] if batch > 1 else [[one] for one in figures]
    results = [one for part in sent for one in _sent_in_halves(bench, part)]
    answers = {one.article: one for one in results}
    if known not in answers or not answers[known].taken:
        raise NotProven(Text("an article that is not there kept another's figure from being taken"))
    if stranger not in answers or answers[stranger].taken or not answers[stranger].refusal:
        raise NotProven(Text("an article that is not there was not refused in words"))
    return Text("An unknown article was refused on its own.")


def _sent_in_halves(bench: Bench, figures: list[Figure]) -> list[FigureResult]:
    """As figures are sent: of a shop that declines all for one, that one is looked for in halves."""
    try:
        return list(bench.client().send_stock(figures))
    except ShopRefused as refused:
        if len(figures) == 1:
            return [FigureResult(article=figures[0].article, taken=False, refusal=refused.sentence)]
        half = len(figures) // 2
        return _sent_in_halves(bench, figures[:half]) + _sent_in_halves(bench, figures[half:])


def _compares(bench: Bench, article: Article, shown: int) -> str:
    if bench.adapter.stock is None or not bench.adapter.stock.compares:
        return ""
    figure = Figure(article=article, available=1, shown=shown + 77, ref=new_id("fig"))
    result = bench.client().send_stock([figure])[0]
    if result.taken or result.refusal:
        raise NotProven(Text("it took a figure though the shop shows something else than was said"))
    return Text("A figure for what the shop no longer shows was not taken.")
