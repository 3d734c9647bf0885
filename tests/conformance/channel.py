"""What every channel adapter has to hold to. Whatever it declares is tried through the front door; whatever it does not
declare is never asked of it.

Make a class ``TestMyShop(ChannelConformance)`` in your tests, say how your shop writes an order, and give it a simulated shop if
it can be called. tests/channels/test_conformance.py does it for ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Protocol

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from apps.channels.framework.adapter import METHODS, Capability, ChannelAdapter
from apps.channels.framework.contracts import shipped
from apps.channels.framework.registry import adapter_of
from apps.channels.framework.stock import Article
from apps.channels.mapping.documents import load_document
from apps.channels.mapping.engine import apply
from apps.channels.mapping.results import Mapped
from apps.channels.mapping.scope import MappingContext
from apps.channels.models import Channel, ChannelNotice, InboxMessage, NoticeEffect, UploadJob, Verdict
from apps.channels.services.contracts import publish_contract
from apps.channels.services.shop_updates import ShopUpdate, queue_updates
from apps.channels.tasks import poll_all
from apps.contracts.conformance.kit import OUR_OWN, prove
from apps.core import clock
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel, call_off_order, ship_fulfillment_order
from apps.orders.models import Order, OrderLine
from apps.orders.states import OrderState
from tests.conformance.bench import bench_of
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_key, make_policy, make_stock

REPORTED = {
    NoticeEffect.SHIPPED: Capability.SHIPMENTS,
    NoticeEffect.CANCELLED: Capability.CANCELLATIONS,
    NoticeEffect.REDUCED: Capability.PARTIAL_CANCELLATIONS,
    NoticeEffect.SUBSTITUTED: Capability.SUBSTITUTIONS,
    NoticeEffect.HELD: Capability.HOLDS,
    NoticeEffect.RESUMED: Capability.HOLDS,
    NoticeEffect.READY: Capability.PICKUP_READY,
}
PLACED = datetime(2026, 11, 2, 9, tzinfo=UTC)
SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0cw=="


class SimulatedShop(Protocol):
    """A shop on a port of its own. ``page_size``: at most so many orders on a page."""

    url: str
    page_size: int

    def told(self) -> str:
        """Everything it was told, as text."""

    def fail(self, where: str, status: int, *, after: bool = False) -> None:
        """Fail the next request whose method and path begin so; ``after`` having acted on it."""


class ChannelConformance:
    """``order`` and, where it can be called, ``simulated`` and ``put`` are the adapter's own; ``topic``: that of a new order.

    ``contract``: the mapping document that is published first, where the adapter ships with none. ``lines``: SKU, units and price of
    what its order comes to; ``settings_of_channel``: beyond those of a British shop.
    """

    pytestmark = pytest.mark.django_db(transaction=True)
    kind: ClassVar[str]
    topic: ClassVar[str] = ""
    contract: ClassVar[dict[str, Any]] = {}
    lines: ClassVar[list[tuple[str, int, int]]] = [("A", 2, 1000)]
    settings_of_channel: ClassVar[dict[str, str]] = {}
    # What an order is once all is done that is ours to do by ourselves.
    comes_to: ClassVar[OrderState] = OrderState.RELEASED

    def order(self, number: int, changed_at: datetime, **changes: Any) -> dict[str, Any]:
        """An order as the shop writes it: paid, two of SKU A for 10 each, to Leeds."""
        raise NotImplementedError

    def cancelled(self, number: int, changed_at: datetime) -> dict[str, Any]:
        """The same order, called off at the shop; with all its lines."""
        raise NotImplementedError

    def simulated(self) -> AbstractContextManager[SimulatedShop | None]:
        """The shop, if it can be called."""
        return nullcontext()

    def put(self, shop: Any, number: int, order: dict[str, Any]) -> None:
        """Have the shop list that order."""
        shop.orders[str(number)] = order

    def is_cancelled_there(self, shop: Any, number: int) -> bool:
        raise NotImplementedError

    def whole_shop(self, shop: Any) -> AbstractContextManager[Any]:
        """The simulated shop with all that the adapter declares, where ``simulated`` has only orders."""
        return nullcontext(shop)

    def articles(self, shop: Any) -> Sequence[Article]:
        """Have the shop sell two things, where it can be told stock."""
        return ()

    @pytest.fixture
    def shop(self) -> Iterator[Any]:
        with self.simulated() as running:
            yield running

    @pytest.fixture
    def channel(self, shop: Any) -> Channel:
        make_policy()
        make_stock(N1={"A": 100})
        url = shop.url if shop is not None else ""
        keys = {"secret": SECRET, "api_key": "k", "api_secret": "s", "default_currency": "GBP", "default_country": "GB"}
        made: Channel = ChannelFactory(
            code="conformance",
            kind=self.kind,
            base_url=url,
            polled_until=PLACED - timedelta(days=1),
            **(keys | self.settings_of_channel),
        )
        if self.contract:
            publish_contract(self.contract, reason="It reads better", actor=AGENT)
        return made

    @property
    def adapter(self) -> ChannelAdapter:
        return adapter_of(self.kind)

    def send(
        self, client: Client, payload: Any, *, secret: str = SECRET, message_id: str = "m_1", forged: bytes = b""
    ) -> HttpResponse:
        """One webhook; ``forged``: another body in the place of the one that was signed."""
        body = json.dumps(payload).encode()
        signing = self.adapter.signing
        headers = signing.sign(secret, body, message_id=message_id, at=clock.now()) if signing else {}
        headers |= {name: self.topic for name in self.adapter.messages.topics.headers[:1] if self.topic}
        path = f"/hooks/{self.kind}/conformance/"
        return client.post(path, data=forged or body, content_type="application/json", headers=headers)

    def file(self, order: dict[str, Any]) -> bytes:
        """The order as a file that people upload."""
        raise NotImplementedError

    def bring_an_order(self, client: Client, shop: Any) -> Order:
        payload = self.order(1, PLACED)
        if shop is not None:
            self.put(shop, 1, payload)
        if self.adapter.can(Capability.WEBHOOKS):
            self.send(client, payload)
        else:
            poll_all()
        work_it_off()
        return Order.objects.get()

    def kept_lines(self) -> list[tuple[str, int, int]]:
        return list(OrderLine.objects.order_by("position").values_list("sku_code", "quantity", "unit_price_minor"))

    def needs(self, capability: Capability) -> None:
        if not self.adapter.can(capability):
            pytest.skip(f"{self.kind} declares no {capability}")

    # --- what is declared is what is there

    def test_it_declares_what_it_has_and_has_what_it_declares(self):
        assert self.adapter.contradictions() == []

    def test_its_mapping_document_reads_its_order_without_a_doubt(self):
        if not (self.adapter.contracts or self.contract):
            pytest.skip(f"{self.kind} ships with no mapping document")
        own = [document for document in shipped() if document.channel_kind == self.kind]
        own += [load_document(self.contract)] if self.contract else []
        read = [apply(document, self.order(1, PLACED), MappingContext()) for document in own]

        mapped = [one for one in read if isinstance(one, Mapped)]
        assert len(mapped) == 1, read
        assert (mapped[0].warnings, mapped[0].holds) == ((), ())
        assert [(line.sku, line.quantity, line.unit_price) for line in mapped[0].order.lines] == self.lines

    def test_what_it_does_not_declare_is_never_asked_of_it(self, client: Client, channel: Channel, shop: Any):
        if not self.adapter.can(Capability.WEBHOOKS):
            assert self.send(client, self.order(1, PLACED)).status_code == 404
            assert not InboxMessage.objects.exists()
        if self.adapter.capabilities.isdisjoint(METHODS):
            Channel.objects.update(base_url="https://shop.example")
            channel.refresh_from_db()
            assert not channel.speaks
            poll_all()
            work_it_off()
            assert not InboxMessage.objects.exists()

    def test_the_kit_proves_whatever_it_declares(self, channel: Channel, shop: Any):
        """What the channel page shows as proven, and ``manage.py prove_channel`` tries against a real shop."""
        with self.whole_shop(shop) as shop:
            if shop is not None:
                Channel.objects.update(base_url=shop.url)
            self._prove(channel, shop)

    def _prove(self, channel: Channel, shop: Any) -> None:
        payloads = [self.order(number, PLACED + timedelta(minutes=number)) for number in (1, 2, 3)]
        for number, payload in enumerate(payloads, 1):
            if shop is not None:
                self.put(shop, number, payload)
        articles = self.articles(shop) if shop is not None else ()

        proofs = prove(bench_of(channel, shop, payloads, articles, channel.secret))

        claimed = [one for one in proofs if one.claimed]
        assert {one.capability for one in claimed} == self.adapter.capabilities
        doubted = [
            (str(one.capability), one.sentence)
            for one in claimed
            if one.proven is not True and one.capability not in OUR_OWN
        ]
        assert doubted == [], doubted

    # --- orders come in

    def test_an_order_posted_with_a_key_is_taken_once(self, client: Client, channel: Channel):
        self.needs(Capability.DIRECT)
        headers = {"Authorization": f"Bearer {make_key()}"}
        answers = [
            client.post(
                "/api/v1/orders",
                json.dumps(self.order(1, PLACED) | {"channel": channel.code}),
                content_type="application/json",
                headers=headers | {"Idempotency-Key": f"k-{number}"},
            )
            for number in range(2)
        ]
        work_it_off()

        assert [answer.status_code for answer in answers] == [201, 200], answers[0].content
        assert Order.objects.get().state == OrderState.RELEASED
        assert self.kept_lines() == self.lines

    def test_a_file_of_it_is_taken_in_whole_and_once(self, client: Client, channel: Channel):
        self.needs(Capability.FILES)
        headers = {"Authorization": f"Bearer {make_key()}"}
        for _ in range(2):
            file = SimpleUploadedFile("orders.csv", self.file(self.order(1, PLACED)), content_type="text/csv")
            answer = client.post("/api/v1/uploads", {"channel": channel.code, "file": file}, headers=headers)
            assert answer.status_code in (200, 202), answer.content
            work_it_off()

        assert Order.objects.get().state == self.comes_to
        assert self.kept_lines() == self.lines

    def test_a_file_that_calls_the_order_off_calls_it_off_here(self, client: Client, channel: Channel):
        self.needs(Capability.FILES)
        headers = {"Authorization": f"Bearer {make_key()}"}
        for order in (self.order(1, PLACED), self.cancelled(1, PLACED + timedelta(minutes=1))):
            file = SimpleUploadedFile("orders.csv", self.file(order), content_type="text/csv")
            client.post("/api/v1/uploads", {"channel": channel.code, "file": file}, headers=headers)
            work_it_off()

        assert Order.objects.get().state == OrderState.CANCELLED

    def test_only_what_takes_files_takes_a_file(self, client: Client, channel: Channel):
        if self.adapter.can(Capability.FILES):
            return
        file = SimpleUploadedFile("orders.csv", b"order_id\n1\n", content_type="text/csv")
        headers = {"Authorization": f"Bearer {make_key()}"}

        answer = client.post("/api/v1/uploads", {"channel": channel.code, "file": file}, headers=headers)

        assert 400 <= answer.status_code < 500
        assert not UploadJob.objects.exists()

    def test_a_signed_message_becomes_an_order(self, client: Client, channel: Channel, shop: Any):
        self.needs(Capability.WEBHOOKS)
        order = self.bring_an_order(client, shop)

        assert order.state == OrderState.RELEASED
        assert self.kept_lines() == self.lines
        messages = list(InboxMessage.objects.order_by("pk"))
        assert (messages[-1].verdict, messages[-1].order_ref) == (Verdict.ACCEPTED, order.public_id)
        assert {message.external_id for message in messages} == {order.external_id}
        assert not [
            name for one in messages for name in one.headers if "signature" in name.lower() or "hmac" in name.lower()
        ]
        assert SECRET not in str([one.headers for one in messages])

    def test_a_message_that_comes_again_is_counted_and_changes_nothing(
        self, client: Client, channel: Channel, shop: Any
    ):
        self.needs(Capability.WEBHOOKS)
        self.bring_an_order(client, shop)

        answer = self.send(client, self.order(1, PLACED))
        work_it_off()

        assert json.loads(answer.content)["repeat"] is True
        assert (Order.objects.count(), InboxMessage.objects.earliest("pk").deliveries) == (1, 2)

    @pytest.mark.parametrize("forgery", ["another secret", "another body", "unsigned"])
    def test_a_forged_message_is_refused_and_leaves_nothing(self, client: Client, channel: Channel, forgery: str):
        self.needs(Capability.WEBHOOKS)
        payload = self.order(1, PLACED)
        if forgery == "another body" and self.adapter.messages.hooks_only_name:
            pytest.skip(f"nothing of {self.kind}'s webhooks is believed but which order they name")
        if forgery == "another secret":
            answer = self.send(client, payload, secret="whsec_" + "b3RoZXIgc2VjcmV0IG9mIHRlc3Rz")
        elif forgery == "another body":
            answer = self.send(client, payload, forged=json.dumps(self.order(2, PLACED)).encode())
        else:
            answer = client.post(f"/hooks/{self.kind}/conformance/", data=payload, content_type="application/json")

        assert answer.status_code == 401
        assert not InboxMessage.objects.exists()

    def test_a_message_nobody_can_read_is_kept_for_a_person(self, client: Client, channel: Channel):
        self.needs(Capability.WEBHOOKS)
        assert self.send(client, {"hello": "there"}).status_code == 200
        work_it_off()

        assert InboxMessage.objects.get().verdict == Verdict.QUARANTINED
        assert not Order.objects.exists()

    def test_an_order_called_off_at_the_shop_is_called_off_here(self, client: Client, channel: Channel, shop: Any):
        self.needs(Capability.WEBHOOKS)
        self.bring_an_order(client, shop)

        order = self.cancelled(1, PLACED + timedelta(minutes=1))
        if shop is not None:
            self.put(shop, 1, order)
        self.send(client, order, message_id="m_2")
        work_it_off()

        assert Order.objects.get().state == OrderState.CANCELLED

    def test_polling_goes_through_all_pages_and_brings_each_order_once(self, channel: Channel, shop: Any):
        self.needs(Capability.POLLING)
        shop.page_size = 2
        for number in range(1, 6):
            self.put(shop, number, self.order(number, PLACED + timedelta(minutes=number)))
        for _ in range(2):
            poll_all()
            work_it_off()

        # Where lists only name orders, each is fetched besides, as a message of its own.
        listed = InboxMessage.objects.filter(headers__source="poll")
        assert (Order.objects.count(), listed.count()) == (5, 5)

    # --- what happened is told

    def test_a_shipment_is_told_once_even_if_the_answer_is_lost(self, client: Client, channel: Channel, shop: Any):
        self.needs(Capability.SHIPMENTS)
        self.bring_an_order(client, shop)
        shop.fail("POST", 503, after=True)
        parcels = [Parcel("TRACK77", "https://track.test/77")]
        ship_fulfillment_order(FulfillmentOrder.objects.get().pk, external_id="S", parcels=parcels, actor=AGENT)
        work_it_off()
        sent = shop.told().count("TRACK77")
        for minutes in range(5, 30, 5):
            with clock.moved(timedelta(minutes=minutes)):
                work_it_off()

        assert sent > 0
        assert shop.told().count("TRACK77") == sent
        notice = ChannelNotice.objects.get(effect="shipped")
        assert (notice.state, notice.attempts) == ("told", 2)

    def test_a_cancellation_is_told(self, client: Client, channel: Channel, shop: Any):
        self.needs(Capability.CANCELLATIONS)
        order = self.bring_an_order(client, shop)

        call_off_order(order.pk, reason="customer", actor=AGENT)
        work_it_off()

        assert self.is_cancelled_there(shop, 1)

    def test_what_it_can_not_take_is_not_reported_to_it(self, client: Client, channel: Channel, shop: Any):
        self.needs(Capability.WEBHOOKS)
        order = self.bring_an_order(client, shop)
        updates = [ShopUpdate(effect, order.public_id, f"subject:{effect}") for effect in NoticeEffect]

        queued = queue_updates(updates, actor=AGENT)

        wanted = {effect for effect, needed in REPORTED.items() if self.adapter.can(needed)}
        assert {notice.effect for notice in queued} == wanted
