"""Whichever call a shop refuses: what is said of it has the shop's words, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from apps.channels.adapters.amazon import calls
from apps.channels.errors import ShopDeclined, ShopNotReady, ShopRefused, ShopWorking
from apps.channels.framework.adapter import METHODS
from apps.channels.framework.registry import adapter_of
from apps.channels.framework.shop import Parcel, ShipmentReport, Shop
from apps.channels.framework.stock import Article, Figure, FigureResult
from apps.channels.models import Channel
from apps.channels.services.connecting import shop_of
from orchestrator.sandbox import Sandbox
from orchestrator.sandbox.exchange import Request, Response
from tests.channels.amazon import tokens_from_sandbox
from tests.channels.every_shop import KINDS, articles
from tests.channels.simulated import Simulated, simulated
from tests.channels.what_shops_write import SINCE

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "The canary has left the mine"
# As each vendor writes a refusal.
WRITES: dict[str, Response] = {
    "shopify": Response(200, {"errors": [{"message": WORDS}]}),
    "woocommerce": Response(400, {"code": "rest_invalid", "message": WORDS, "data": {"status": 400}}),
    "bigcommerce": Response(422, {"status": 422, "title": WORDS, "type": "x", "errors": {"sku": "It is gone"}}),
    "amazon": Response(400, {"errors": [{"code": "InvalidInput", "message": WORDS, "details": ""}]}),
    "ebay": Response(400, {"errors": [{"errorId": 1, "message": "No", "longMessage": WORDS}]}),
    "etsy": Response(400, {"error": WORDS}),
}
MOST_CALLS = 25


@dataclass
class Gate:
    """Lets so many requests through, refuses the next one, and lets the rest through."""

    shop: Simulated[Any]
    refusal: Response
    passes: int = 0
    refused: bool = False

    def respond(self, request: Request) -> Response:
        self.passes -= 1
        if self.passes == -1:
            self.refused = True
            return self.refusal
        return Sandbox.respond(self.shop.sandbox, request)


@pytest.fixture(params=WRITES, ids=str)
def kind(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def shop(kind: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulated[Any]]:
    tokens_from_sandbox(monkeypatch)
    monkeypatch.setattr(calls, "PLANS", dict.fromkeys(calls.PLANS, (100.0, 100)))
    with simulated(KINDS[kind].shop) as running:
        if kind == "shopify":
            # Nothing is said here about its budget of calls.
            running.shop.restores = running.shop.most_in_bucket = running.shop.bucket = 1e6
        yield running


@pytest.fixture
def channel(kind: str, shop: Simulated[Any]) -> Channel:
    made = KINDS[kind].channel(shop.url)
    if kind == "amazon":
        made.settings["queue"] = "arn:aws:sqs:eu-west-1:1:orders"
        made.save(update_fields=["settings"])
    return made


def verbs(order: str, article: Article) -> dict[str, Callable[[Shop], Any]]:
    """What is asked of a shop, by the method it takes."""
    box = Parcel("Royal Mail", "R1", "", {"1": 1})
    shipped = ShipmentReport("shp_1", order, {"1": 1}, [box], complete=True)
    figure = Figure(article=article, available=2, shown=None, ref="fig_1")
    return {
        "check_connection": lambda shop: shop.check_connection(),
        "changed_orders": lambda shop: shop.changed_orders(shop.listings[0], SINCE, None, ""),
        "whole_order": lambda shop: shop.whole_order(order),
        "report_shipment": lambda shop: shop.report_shipment(shipped, check_first=True),
        "report_cancellation": lambda shop: shop.report_cancellation(order, check_first=True),
        "send_stock": lambda shop: shop.send_stock([figure]),
        "read_stock": lambda shop: shop.read_stock([article]),
        "catalog_page": lambda shop: shop.catalog_page(""),
        "locations": lambda shop: shop.locations(),
        "register_hooks": lambda shop: shop.register_hooks("https://o.example/hooks/x/y/", "s" * 40),
    }


def test_each_call_that_is_refused_ends_in_the_shops_words_and_what_to_do(
    kind: str, shop: Simulated[Any], channel: Channel
):
    order = KINDS[kind].order(1, SINCE + timedelta(hours=9))
    shop.shop.put(order)
    (article,) = articles(KINDS[kind], shop.shop, 1)
    number = str(next(order[name] for name in ("orderId", "receipt_id", "id") if name in order))
    can = {name for capability, name in METHODS.items() if adapter_of(kind).can(capability)}
    said: dict[tuple[str, int], list[ShopRefused | FigureResult]] = {}
    for verb, act in verbs(number, article).items():
        for passes in range(MOST_CALLS if verb in can else 0):
            gate = Gate(shop, WRITES[kind], passes)
            shop.sandbox.respond = gate.respond  # type: ignore[method-assign]
            found = outcome(channel, act)
            if not gate.refused:
                break
            said[verb, passes] = found

    assert {verb for verb, _ in said} >= can & {"changed_orders", "report_shipment", "send_stock", "catalog_page"}
    assert {at: one for at, found in said.items() for one in found if not is_whole(one)} == {}
    assert sum(map(bool, said.values())) >= 6


def outcome(channel: Channel, act: Callable[[Shop], Any]) -> list[ShopRefused | FigureResult]:
    """What was refused; nothing: it could do without that call."""
    try:
        found = act(shop_of(channel))
    except (ShopWorking, ShopNotReady):
        return []
    except ShopRefused as refusal:
        return [refusal]
    return [one for one in found if isinstance(one, FigureResult) and one.refusal] if isinstance(found, list) else []


def is_whole(refused: ShopRefused | FigureResult) -> bool:
    """That of a figure becomes a case about its listing, which says what to do."""
    if isinstance(refused, FigureResult):
        return WORDS in refused.refusal
    said = refused.sentence
    return isinstance(refused, ShopDeclined) and WORDS in said and said.endswith(f". {refused.details['do']}")
