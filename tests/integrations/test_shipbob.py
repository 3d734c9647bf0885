"""ShipBob: held to every adapter's rules, to its published contract, and to what is ours alone about it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from apps.fulfillment.models import FulfillmentOrder, Package, Shipment
from apps.integrations.adapters.shipbob.messages import order_of
from apps.integrations.framework.base import Outstanding, Stopped, Unsure, Updates
from apps.integrations.models import Partner
from apps.integrations.selectors import client_of
from apps.integrations.services import fetch_updates
from orchestrator.sandbox import Sandbox
from orchestrator.sandbox.exchange import Request, Response
from orchestrator.sandbox.logistics.shipbob import ShipBob
from tests.conformance.partner import MESSAGE, PartnerConformance
from tests.contracts.openapi import contract_at, exchange_problems
from tests.driving import work_it_off
from tests.partnering import fresh, keep, requested_order, running_sandbox

LABEL = {"line1", "line2", "company", "city", "region", "postal_code", "country", "name", "phone"}


@dataclass
class SandboxShipBob:
    sandbox: Sandbox
    exchanged: list[tuple[Request, Response]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.url = f"{self.sandbox.url}/shipbob"
        respond = self.sandbox.respond

        def kept(request: Request) -> Response:
            answer = respond(request)
            self.exchanged.append((request, answer))
            return answer

        self.sandbox.respond = kept  # type: ignore[method-assign]

    @property
    def company(self) -> ShipBob:
        return cast(ShipBob, self.sandbox.logistics["shipbob"])

    @property
    def asked(self) -> Sequence[str]:
        return self.company.asked

    def misbehave(self, mood: str) -> None:
        self.sandbox.misbehave("shipbob", mood or "normal", times=1)

    def taken(self) -> Sequence[str]:
        return [str(one["reference_id"]) for one in self.company.orders.values()]

    def is_stopped(self, key: str) -> bool:
        return all(one["status"] == "Cancelled" for one in self.company.orders.values() if one["reference_id"] == key)


class TestShipBob(PartnerConformance):
    kind = "shipbob"
    settings_of_partner = {"channel_id": 4711}

    @contextmanager
    def simulated(self) -> Iterator[SandboxShipBob]:
        with running_sandbox() as running:
            yield SandboxShipBob(running)

    # --- what has happened is asked for

    def test_what_has_shipped_and_arrived_is_noted_once_however_often_it_is_said(
        self, there: SandboxShipBob, partner: Partner
    ):
        row = self.handed_over()
        there.company.ship(row.public_id)
        for _ in range(2):
            hear(partner)
        package = Package.objects.get()
        assert (fresh(row).state, Shipment.objects.get().carrier) == ("shipped", "UPS")
        assert (package.tracking_number, package.weight_g) == ("1Z999", 453)

        there.company.deliver(row.public_id)
        hear(partner)
        assert fresh(row).state == "delivered"

    def test_an_order_it_splits_ships_line_by_line(self, there: SandboxShipBob, partner: Partner):
        keep("P1", {"A": 10, "B": 10})
        _, row = requested_order(lines={"A": 2, "B": 1})
        work_it_off()
        there.company.ship(row.public_id, {"A": 1}, number="1Z-1")
        hear(partner)
        assert [(line.sku.code, line.shipped_quantity) for line in lines_of(row)] == [("A", 1), ("B", 0)]

        there.company.ship(row.public_id, number="1Z-2")
        hear(partner)
        assert [(line.sku.code, line.shipped_quantity) for line in lines_of(row)] == [("A", 2), ("B", 1)]
        assert fresh(row).state == "shipped"

    def test_an_order_it_drops_is_routed_again(self, there: SandboxShipBob, partner: Partner):
        row = self.handed_over()
        there.company.drop(row.public_id)
        hear(partner)

        assert fresh(row).state == "rejected"

    # --- one order for a reference

    def test_that_it_knows_the_reference_already_is_no_refusal(self, there: SandboxShipBob, partner: Partner):
        row = self.handed_over()
        message = {**MESSAGE, "service_level": "standard"}

        assert isinstance(client_of(partner).submit(message, key=row.public_id), Unsure)
        assert list(there.taken()) == [row.public_id]

    def test_stopped_already_is_stopped(self, there: SandboxShipBob, partner: Partner):
        row = self.handed_over()
        client = client_of(partner)

        assert [isinstance(client.cancel(row.partner_reference, key="x"), Stopped) for _ in range(2)] == [True, True]

    # --- its published contract, and no more than it needs

    def test_every_request_is_as_its_contract_says(self, there: SandboxShipBob, partner: Partner, shared: Path):
        contract = contract_at(shared / "data/specs/shipbob.openapi.json")
        row = self.handed_over()
        client = client_of(partner)
        client.look_up(row.public_id)
        there.company.ship(row.public_id)
        client.fetch_updates([Outstanding(row.public_id, row.partner_reference)], cursor="")
        client.cancel(row.partner_reference, key="x")

        assert len(there.exchanged) >= 4
        for request, answer in there.exchanged:
            assert request.headers["authorization"] == "Bearer t0ken"
            assert request.headers["shipbob_channel_id"] == "4711"
            body = json.loads(request.body) if request.body else None
            path = request.path.removeprefix("/shipbob")
            assert (
                exchange_problems([contract], request.method, path, request.query, body, answer.status, answer.body)
                == []
            )

    def test_of_the_customer_only_what_a_label_needs_is_sent(self):
        """A canary in every field there is: those that are not listed must not be found in the order."""
        address = {name: f"canary-{name}" for name in (*LABEL, "email", "tax_id")}
        line = {"line_id": "1", "sku": "A", "title": "Mug", "quantity": 1, "price": "canary-price"}
        message = {
            **MESSAGE,
            "service_level": "standard",
            "deliver_to": address,
            "note": "canary-note",
            "lines": [line],
        }
        sent = json.dumps(order_of({**message, "payment": "canary-payment"}, key="ful_1"))

        assert set(re.findall(r"canary-\w+", sent)) == {f"canary-{name}" for name in LABEL}

    def test_a_location_of_theirs_is_named_by_its_number(self):
        message = {**MESSAGE, "service_level": "standard"}

        assert order_of({**message, "node": "156"}, key="ful_1")["location_id"] == 156
        assert "location_id" not in order_of({**message, "node": "Cicero"}, key="ful_1")

    @pytest.mark.parametrize(
        "orders", [[{"reference_id": "ful_1", "shipments": [{}]}], [{"reference_id": "ful_1", "shipments": 5}]]
    )
    def test_an_order_nobody_can_read_is_no_news(
        self, there: SandboxShipBob, partner: Partner, orders: list[Any], monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(there.sandbox, "respond", lambda request: Response(200, orders))

        said = client_of(partner).fetch_updates([Outstanding("ful_1", "")], cursor="")
        assert isinstance(said, Unsure)
        assert not isinstance(said, Updates)


def hear(partner: Partner) -> None:
    fetch_updates(partner.pk)
    work_it_off()


def lines_of(row: FulfillmentOrder) -> Sequence[Any]:
    return row.lines.select_related("sku").order_by("sku__code")
