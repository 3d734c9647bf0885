"""What every adapter has to hold to that sends stock, imports a catalog or is set up from a page: as far as it declares it.

Put ``SellingConformance`` beside ``ChannelConformance`` and say how an article is put into your simulated shop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from apps.channels.framework.adapter import Capability, ChannelAdapter
from apps.channels.framework.catalog import CatalogItem
from apps.channels.framework.stock import Article, Figure, Shown
from apps.channels.models import Channel
from apps.channels.services.connecting import shop_of

HOOKS_AT = "https://orderyard.example/hooks/"
UNKNOWN = Article(external_id="999999999", stock_id="999999999", code="NOT-THERE")


class SellingConformance:
    """Of the class beside it: ``kind``, ``adapter``, ``needs`` and the fixtures ``shop`` and ``channel``."""

    kind: Any
    adapter: ChannelAdapter
    needs: Any

    def put_article(self, shop: Any, sku: str, units: int) -> None:
        """Have the shop sell that SKU and show so many of it."""
        raise NotImplementedError

    def _catalog(self, channel: Channel) -> list[CatalogItem]:
        asked, items, mark = shop_of(channel), list[CatalogItem](), ""
        while True:
            page = asked.catalog_page(mark)
            items += page.items
            mark = page.next
            if not mark:
                return items

    def _articles(self, channel: Channel, shop: Any, count: int) -> list[Article]:
        for number in range(count):
            self.put_article(shop, f"SKU-{number}", 3)
        found = {one.article.code: one.article for one in self._catalog(channel)}
        return [found[f"SKU-{number}"] for number in range(count)]

    def _shown(self, channel: Channel, articles: Sequence[Article]) -> list[int | None]:
        shown: Sequence[Shown] = shop_of(channel).read_stock(articles)
        assert [one.article for one in shown] == list(articles)
        return [one.available for one in shown]

    def test_its_catalog_is_read_whole_each_article_once(self, channel: Channel, shop: Any):
        self.needs(Capability.CATALOG)
        articles = self._articles(channel, shop, 5)

        assert len({one.external_id for one in articles}) == 5
        assert all(one.title and one.currency for one in self._catalog(channel) if one.article in articles)

    def test_a_figure_that_is_sent_is_shown_and_sending_it_again_changes_nothing(self, channel: Channel, shop: Any):
        self.needs(Capability.STOCK_OUT)
        self.needs(Capability.STOCK_READ)
        articles = self._articles(channel, shop, 3)
        for known in (3, 7):
            figures = [
                Figure(article=one, available=7, shown=known, ref=f"{n}-{known}") for n, one in enumerate(articles)
            ]
            assert self.adapter.stock is not None
            results = [
                result
                for start in range(0, len(figures), self.adapter.stock.batch)
                for result in shop_of(channel).send_stock(figures[start : start + self.adapter.stock.batch])
            ]
            assert [one.taken for one in results] == [True] * 3

        assert self._shown(channel, articles) == [7] * 3

    def test_an_article_it_does_not_have_keeps_no_other_from_being_shown(self, channel: Channel, shop: Any):
        self.needs(Capability.STOCK_OUT)
        if self.adapter.stock is None or self.adapter.stock.batch < 2:
            pytest.skip(f"{self.kind} takes one figure at a time")
        (article,) = self._articles(channel, shop, 1)
        wrong = Figure(article=UNKNOWN, available=1, shown=None, ref="x")
        results = shop_of(channel).send_stock([wrong, Figure(article=article, available=5, shown=3, ref="1-5")])

        assert [(one.taken, bool(one.refusal)) for one in results] == [(False, True), (True, False)]
        assert self._shown(channel, [article]) == [5]
        assert self._shown(channel, [UNKNOWN]) == [None]

    def test_one_that_compares_overwrites_nothing_it_does_not_know(self, channel: Channel, shop: Any):
        self.needs(Capability.STOCK_OUT)
        if self.adapter.stock is None or not self.adapter.stock.compares:
            pytest.skip(f"{self.kind} does not compare")
        (article,) = self._articles(channel, shop, 1)
        (result,) = shop_of(channel).send_stock([Figure(article=article, available=9, shown=8, ref="1-9")])

        assert (result.taken, result.refusal) == (False, "")
        assert self._shown(channel, [article]) == [3]

    def test_its_places_have_an_id_and_a_name_each(self, channel: Channel, shop: Any):
        self.needs(Capability.LOCATIONS)
        places = shop_of(channel).locations()

        assert places
        assert len({one.external_id for one in places}) == len(places)
        assert all(one.name for one in places)

    def test_a_connection_that_works_says_whose_it_is_and_misses_nothing(self, channel: Channel, shop: Any):
        self.needs(Capability.CHECK)
        report = shop_of(channel).check_connection()

        assert report.account
        assert report.missing == []

    def test_its_webhooks_are_registered_once(self, channel: Channel, shop: Any):
        self.needs(Capability.REGISTER_WEBHOOKS)
        asked = shop_of(channel)
        first = asked.register_hooks(f"{HOOKS_AT}{self.kind}/conformance/", channel.secret)
        again = asked.register_hooks(f"{HOOKS_AT}{self.kind}/conformance/", channel.secret)

        assert {one.topic for one in first} == {one.topic for one in again}
        assert len(asked.hooks()) == len(first) > 0
        ours = f"{HOOKS_AT}{self.kind}/conformance/"
        assert all(one.active and (one.relayed or one.address == ours) for one in asked.hooks())
