"""The conformance kit finds adapters that do not do what they declare, and says what they did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pytest_django import Settings

from apps.accounts.models import Role
from apps.channels.errors import ShopBusy, ShopNotReached, ShopRefused, ShopUnreachable
from apps.channels.framework.adapter import Capability
from apps.channels.framework.catalog import CatalogPage
from apps.channels.framework.paging import Page
from apps.channels.framework.registry import adapter_of
from apps.channels.framework.shop import ShipmentReport, Shop
from apps.channels.framework.stock import Article, Figure, FigureResult
from apps.channels.mapping.message_form import paths
from apps.channels.models import Channel
from apps.contracts.conformance.bench import Bench
from apps.contracts.conformance.kit import Proof, prove
from apps.contracts.models import Proof as ProofRow
from apps.contracts.selectors import proofs_of
from apps.core import clock
from apps.core.translated import translated
from apps.outbound.models import Breaker, CallLog
from orchestrator.sandbox.shops.shopify import Shopify
from tests.channels.sending import shopify_order
from tests.channels.simulated import Simulated, simulated
from tests.conformance.bench import bench_of
from tests.driving import work_it_off
from tests.factories import ChannelFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Iterator[Simulated[Shopify]]:
    with simulated(Shopify) as running:
        running.shop.strict = True
        running.shop.restores = running.shop.most_in_bucket = running.shop.bucket = 1e6
        yield running


@pytest.fixture
def orders(shop: Simulated[Shopify]) -> list[dict[str, Any]]:
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    made = [shopify_order(number, created_at=now, updated_at=now) for number in (1, 2, 3)]
    for one in made:
        shop.shop.put(one)
    return made


@pytest.fixture
def channel(shop: Simulated[Shopify]) -> Channel:
    made: Channel = ChannelFactory(shopify=True, base_url=shop.url, api_key="k")
    return made


@pytest.fixture
def bench(channel: Channel, shop: Simulated[Shopify], orders: list[dict[str, Any]]) -> Bench:
    put = [shop.shop.stock.put({"sku": sku, "title": sku, "available": 3}) for sku in "AB"]
    articles = [Article(external_id=str(one["id"]), stock_id=str(one["item"]), code=one["sku"]) for one in put]
    return bench_of(channel, shop, orders, articles, "s3cret")


def with_client(bench: Bench, **methods: Any) -> Bench:
    """The same adapter, of which these methods are other ones; each is given the right one first."""
    right = bench.client

    def client() -> Shop:
        made = right()
        for name, method in methods.items():
            known = getattr(made, name)
            setattr(made, name, lambda *given, _known=known, _method=method, **named: _method(_known, *given, **named))
        return made

    return replace(bench, client=client)


def found(bench: Bench, capability: Capability) -> Proof:
    return next(one for one in prove(bench, [capability]) if one.capability == capability)


def test_an_adapter_that_tells_twice_after_a_lost_answer_is_found(bench: Bench, shop: Simulated[Shopify]):
    def tells_again(known: Any, shipped: ShipmentReport, *, check_first: bool) -> str:
        if check_first:
            shop.shop.desk.received.append(shop.shop.desk.received[-1])
        return str(known(shipped, check_first=check_first))

    proof = found(with_client(bench, report_shipment=tells_again), Capability.SHIPMENTS)

    assert (proof.proven, proof.sentence) == (False, "after a lost answer the shop got it twice")


def test_an_adapter_that_takes_a_failure_for_an_empty_list_is_found(bench: Bench):
    def swallows(known: Any, *given: Any) -> Page:
        try:
            page: Page = known(*given)
        except Exception:
            return Page([], [], "")
        return page

    proof = found(with_client(bench, changed_orders=swallows), Capability.POLLING)

    assert (proof.proven, proof.sentence) == (False, "an answer of 429 was taken for an answer")


def test_an_adapter_whose_pages_skip_an_order_is_found(bench: Bench):
    def skips(known: Any, *given: Any) -> Page:
        page: Page = known(*given)
        return replace(page, orders=page.orders[1:], moments=page.moments[1:])

    proof = found(with_client(bench, changed_orders=skips), Capability.POLLING)

    assert (proof.proven, proof.sentence) == (False, "1 of 3 orders that are there were not listed")


def test_an_adapter_whose_pages_lose_orders_where_they_overlap_is_found(bench: Bench, shop: Simulated[Shopify]):
    """It takes an order that stands on two pages for the end of the list."""
    shop.page_size = 1
    seen: list[str] = []

    def stops_at_a_repeat(known: Any, listing: str, since: datetime, until: datetime | None, mark: str) -> Page:
        page: Page = known(listing, since, until, mark)
        ids = [str(one["id"]) for one in page.orders]
        again = bool(set(ids) & set(seen)) and not mark
        seen.extend(ids)
        return replace(page, orders=[], moments=[], next="") if again else page

    proof = found(with_client(bench, changed_orders=stops_at_a_repeat), Capability.POLLING)

    assert proof.proven is False
    assert "orders" in proof.sentence


def test_an_adapter_that_reads_half_an_answer_is_found(bench: Bench):
    def swallows(known: Any) -> list[Any]:
        try:
            return list(known())
        except ShopUnreachable as error:
            if "unreadable" not in str(error):
                raise
            return []

    proof = found(with_client(bench, locations=swallows), Capability.LOCATIONS)

    assert (proof.proven, proof.sentence) == (False, "an answer cut short was taken for an answer")


def test_an_adapter_whose_catalog_can_not_go_on_where_it_was_is_found(bench: Bench):
    """It remembers where it was, instead of saying so in the mark."""
    calls: list[str] = []

    def forgets(known: Any, mark: str) -> CatalogPage:
        calls.append(mark)
        page: CatalogPage = known(mark)
        return replace(page, items=page.items[:1]) if calls.count(mark) > 1 else page

    proof = found(with_client(bench, catalog_page=forgets), Capability.CATALOG)

    assert (proof.proven, proof.sentence) == (False, "a page that is asked for again, after a stop, is another one")


def test_an_adapter_whose_messages_do_not_say_when_is_found(bench: Bench):
    form = replace(adapter_of("shopify").messages, updated=paths("nowhere"))
    proof = found(replace(bench, adapter=replace(adapter_of("shopify"), messages=form)), Capability.WEBHOOKS)

    assert proof.proven is False
    assert "does not say when its order changed" in proof.sentence


def test_an_adapter_that_says_a_figure_was_taken_which_was_not_is_found(bench: Bench):
    def lies(known: Any, figures: Sequence[Figure]) -> list[FigureResult]:
        return [FigureResult(article=one.article, taken=True) for one in figures]

    proof = found(with_client(bench, send_stock=lies), Capability.STOCK_OUT)

    assert (proof.proven, proof.sentence) == (False, "the shop shows other figures than it was sent")


def test_an_adapter_that_lets_one_refused_article_stop_all_is_found(bench: Bench):
    def all_or_none(known: Any, figures: Sequence[Figure]) -> list[FigureResult]:
        results: list[FigureResult] = list(known(figures))
        refused = any(one.refusal for one in results)
        return [replace(one, taken=False, refusal="no") if refused else one for one in results]

    proof = found(with_client(bench, send_stock=all_or_none), Capability.STOCK_OUT)

    assert (proof.proven, proof.sentence) == (
        False,
        "an article that is not there kept another's figure from being taken",
    )


def test_an_adapter_that_breaks_is_found_and_the_others_are_tried_all_the_same(bench: Bench):
    def breaks(known: Any) -> None:
        raise KeyError("shop")

    proofs = {one.capability: one for one in prove(with_client(bench, check_connection=breaks))}

    assert proofs[Capability.CHECK].sentence == "it broke: KeyError: 'shop'"
    assert proofs[Capability.CATALOG].proven is True


def test_a_shop_that_declines_is_told_from_an_adapter_that_breaks(bench: Bench):
    def declines(known: Any) -> None:
        raise ShopRefused(channel="shop", answer=403, operation="GET shop")

    assert "declined" in found(with_client(bench, locations=declines), Capability.LOCATIONS).sentence


def test_what_is_not_declared_is_not_tried(bench: Bench):
    less = replace(bench, adapter=replace(adapter_of("shopify"), capabilities=frozenset({Capability.POLLING})))

    assert [one.capability for one in prove(less) if one.claimed] == [Capability.POLLING]


def test_a_real_shop_is_only_read(bench: Bench, shop: Simulated[Shopify]):
    before = shop.told()

    proofs = prove(replace(bench, faults=None, writes=False))

    assert {one.capability for one in proofs if one.claimed and one.proven is None} == {
        Capability.SHIPMENTS, Capability.CANCELLATIONS, Capability.PARTIAL_CANCELLATIONS, Capability.SUBSTITUTIONS,
        Capability.HOLDS, Capability.PICKUP_READY, Capability.STOCK_OUT, Capability.REGISTER_WEBHOOKS, Capability.TEST_ORDER,
    }  # fmt: skip
    assert [one for one in proofs if one.proven is False] == []
    assert shop.told() == before


def test_a_real_shop_that_may_be_written_is_sent_what_it_shows_already(bench: Bench, shop: Simulated[Shopify]):
    proof = found(replace(bench, faults=None, writes=True), Capability.STOCK_OUT)

    assert proof.proven is True
    assert (shop.shop.stock.shown("A"), shop.shop.stock.shown("B")) == ([3], [3])


@pytest.mark.parametrize(
    ("trouble", "in_german"),
    [
        (ShopBusy(clock.now() + timedelta(hours=1), "its budget of calls is used up"), "sein Kontingent an Abfragen"),
        (ShopNotReached("not reached: no time is left for it"), "nicht erreicht: dafür ist keine Zeit mehr"),
    ],
)
def test_a_shop_that_can_not_be_asked_now_has_shown_nothing_of_what_it_can_do(
    bench: Bench, trouble: Exception, in_german: str
):
    def is_not_asked(known: Any) -> Any:
        raise trouble

    proof = found(with_client(bench, check_connection=is_not_asked), Capability.CHECK)

    assert (proof.proven, str(trouble) in proof.sentence) == (None, True)
    with translation.override("de"):
        assert in_german in translated(str.__str__(proof.sentence))


def test_the_command_proves_a_channel_at_the_sandbox_and_keeps_what_was_found(
    channel: Channel, shop: Simulated[Shopify], bench: Bench, settings: Settings
):
    settings.ORDERYARD = settings.ORDERYARD | {"SANDBOX_URL": shop.sandbox.url}
    out = StringIO()

    call_command("prove_channel", channel.code, stdout=out)

    lines = {line.split()[0]: line for line in out.getvalue().splitlines()}
    doubted = [line for line in lines.values() if "NOT PROVEN" in line]
    assert doubted == [], doubted
    assert set(lines) == set(adapter_of("shopify").capabilities)
    kept = {one.capability: one for one in proofs_of(channel)}
    assert kept[Capability.SHIPMENTS].proven is True
    assert kept[Capability.SHIPMENTS].live is False
    assert kept[Capability.SHIPMENTS].at is not None
    assert not Breaker.objects.filter(counterpart__startswith="prf_").exists()
    assert not CallLog.objects.filter(counterpart=channel.code).exists()


def test_the_command_reads_a_real_shop_by_its_own_credentials(channel: Channel, shop: Simulated[Shopify], bench: Bench):
    before = shop.told()

    call_command("prove_channel", channel.code, "--live", stdout=StringIO())

    assert ProofRow.objects.get(capability="check").live
    assert shop.told() == before


def test_a_channel_elsewhere_is_not_spoiled_by_mistake(channel: Channel, settings: Settings):
    settings.ORDERYARD = settings.ORDERYARD | {"SANDBOX_URL": "http://127.0.0.1:9"}

    with pytest.raises(CommandError, match="--live"):
        call_command("prove_channel", channel.code)
    with pytest.raises(CommandError, match="no channel nowhere"):
        call_command("prove_channel", "nowhere")

    assert not ProofRow.objects.exists()
    assert {one.proven for one in proofs_of(channel)} == {None}


def test_the_channels_page_shows_what_is_declared_and_what_was_proven(channel: Channel, bench: Bench):
    browser = Client()
    browser.force_login(UserFactory(role=Role.OPERATIONS))
    address = reverse("console:channel", args=[channel.code])
    assert "declared, not proven yet" in browser.get(address).content.decode()

    call_command("prove_channel", channel.code, "--live", stdout=StringIO())

    page = browser.get(address).content.decode()
    assert "proven with the shop itself" in page
    assert "could not be tried" in page
    assert "declared, not proven yet" not in page


def test_the_channels_page_has_it_tried_with_the_shop_itself(channel: Channel, bench: Bench, shop: Simulated[Shopify]):
    browser, told = Client(), shop.told()
    browser.force_login(UserFactory(role=Role.OPERATIONS))
    address = reverse("console:channel", args=[channel.code])
    assert "Try it with the shop" in browser.get(address).content.decode()

    browser.post(reverse("console:channel_prove", args=[channel.code]))
    assert not ProofRow.objects.exists()
    assert "It is being tried with the shop now" in browser.get(address).content.decode()
    work_it_off()
    assert "It is being tried" not in browser.get(address).content.decode()

    assert {one.live for one in ProofRow.objects.all()} == {True}
    assert ProofRow.objects.get(capability="polling").proven is True
    assert ProofRow.objects.get(capability="stock_out").proven is None
    assert "proven with the shop itself" in browser.get(address).content.decode()
    assert shop.told() == told


def test_a_channel_that_can_not_be_called_is_not_tried(channel: Channel):
    Channel.objects.update(base_url="")
    browser = Client()
    browser.force_login(UserFactory(role=Role.OPERATIONS))
    assert "Try it with the shop" not in browser.get(reverse("console:channel", args=[channel.code])).content.decode()

    browser.post(reverse("console:channel_prove", args=[channel.code]))
    work_it_off()

    assert not ProofRow.objects.exists()
