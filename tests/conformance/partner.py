"""What every partner adapter has to hold to. Whatever it declares is tried against a simulated partner and through the front
door; whatever it does not declare is never asked of it.

Make a class ``TestMyPartner(PartnerConformance)`` in your tests, give it a simulated partner and say how that one writes its
callbacks. tests/integrations/test_conformance.py does it for ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, get_args

import pytest
from django.http import HttpResponse
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.contracts.services import proving_partners
from apps.core import clock
from apps.fulfillment.models import FulfillmentOrder, Shipment
from apps.fulfillment.services import call_off_order
from apps.integrations.framework.adapter import PartnerAdapter
from apps.integrations.framework.base import CancelResponse, LookUpResponse, SubmitResponse, Unsure
from apps.integrations.framework.offers import METHODS, OF_A_CONTRACT, Offer
from apps.integrations.framework.registry import adapters
from apps.integrations.models import Partner, PartnerNode
from apps.integrations.selectors import client_of
from apps.network.models import Capability
from apps.outbound.models import CallLog
from tests.driving import work_it_off
from tests.factories import AGENT, NodeFactory, make_policy
from tests.partnering import fresh, in_a_while, keep, requested_order

SECRET, TOKEN = "partner-secret", "t0ken"
MESSAGE = {"fulfillment_order": "ful_1", "deliver_to": {}, "lines": [{"line_id": "1", "sku": "A", "quantity": 1}]}


class SimulatedPartner(Protocol):
    """A partner on a port of its own. ``asked``: the methods of the client that reached it, in order."""

    url: str
    asked: Sequence[str]

    def misbehave(self, mood: str) -> None:
        """Spoil the next request. ``fail``: a 5xx, having done nothing; ``lose_ack``: act on it and cut the connection;
        ``garbage``: act on it and answer what nobody can read; ``reject``: a considered no; ``too_many``: 429; ``lock_out``: 401;
        ``slow``: act on it after a moment; ``refuse_cancel``: a considered no to the next cancellation; empty: as usual."""

    def taken(self) -> Sequence[str]:
        """The keys of what it has, one for each time that it would be shipped."""

    def is_stopped(self, key: str) -> bool: ...


@dataclass
class SimulatedFaults:
    """What the kit spoils, at the simulated partner."""

    there: Any

    def spoil(self, mode: str) -> None:
        self.there.misbehave(mode)

    def heal(self) -> None:
        self.there.misbehave("")

    def taken(self, key: str) -> int:
        return list(self.there.taken()).count(key)


class PartnerConformance:
    """``simulated`` and ``callback`` are the adapter's own; ``settings``: good ones, where it asks for any."""

    pytestmark = pytest.mark.django_db(transaction=True)
    kind: ClassVar[str]
    settings_of_partner: ClassVar[dict[str, Any]] = {}

    def simulated(self) -> AbstractContextManager[Any]:
        """The partner."""
        raise NotImplementedError

    def callback(self, what: str, key: str, reference: str) -> bytes:
        """The message that ``what`` happened to it: ``shipped``, ``delivered`` or ``cancelled``."""
        raise NotImplementedError

    @pytest.fixture
    def there(self) -> Iterator[Any]:
        with self.simulated() as running:
            yield running

    @pytest.fixture
    def partner(self, there: Any) -> Partner:
        make_policy()
        made = Partner.objects.create(
            code="conformance", name="C", adapter=self.kind, base_url=there.url, token=TOKEN, secret=SECRET,
            settings=self.settings_of_partner,
        )  # fmt: skip
        # Everything is ticked: what the contract does not offer must not be asked for all the same.
        node = NodeFactory(code="P1", partner=True, capabilities=[str(one) for one in OF_A_CONTRACT])
        PartnerNode.objects.create(node=node, partner=made, partner_code="their-P1")
        keep("P1", {"A": 10})
        return made

    @property
    def adapter(self) -> PartnerAdapter:
        return adapters()[self.kind]

    def needs(self, ability: Capability | Offer) -> None:
        if not self.adapter.declares(ability):
            pytest.skip(f"{self.kind} declares no {ability}")

    def call_back(self, body: bytes, *, secret: str = SECRET, forged: bytes = b"", signed: bool = True) -> HttpResponse:
        """Bring a callback to our door; ``forged``: another body in the place of the one that was signed."""
        assert self.adapter.signature is not None
        headers = self.adapter.signature.sign(secret, body, message_id="msg_1", at=clock.now()) if signed else {}
        sent = forged or body
        answer: HttpResponse = Client().post(
            "/hooks/3pl/conformance/", sent, content_type="application/json", headers=headers
        )
        work_it_off()
        return answer

    def handed_over(self) -> FulfillmentOrder:
        row = self.submitted()
        assert row.request_state in ("submitted", "accepted")
        assert row.partner_reference
        return row

    def submitted(self) -> FulfillmentOrder:
        _, row = requested_order(lines={"A": 2})
        work_it_off()
        return fresh(row)

    # --- what is declared is what is there

    def test_it_declares_what_it_has_and_has_what_it_declares(self):
        assert self.adapter.contradictions() == []
        assert self.adapter.title
        assert self.adapter.version

    def test_what_it_does_not_declare_is_never_asked_of_it(self, there: Any, partner: Partner):
        there.misbehave("lose_ack")
        row = self.submitted()
        in_a_while()
        call_off_order(row.order_id, reason="customer", actor=AGENT)
        in_a_while()

        undeclared = {method for one, method in METHODS.items() if not self.adapter.declares(one)}
        assert not undeclared & set(there.asked)

    def test_it_does_what_it_declares(self, there: Any, partner: Partner, monkeypatch: pytest.MonkeyPatch):
        """The kit behind ``manage.py prove_partner``: what the partner does is found out, and is not less than declared."""
        monkeypatch.setattr(proving_partners, "_faults", lambda partner: SimulatedFaults(there))
        found = proving_partners.prove_partner(partner, live=False, write=False)

        assert [f"{one.ability}: {one.sentence}" for one in found if one.claims_too_much] == []
        tried = {one.ability for one in found if one.claimed and one.proven}
        must = {"submit", *map(str, self.adapter.capabilities)}
        assert must <= tried
        assert Offer.CALLBACKS not in self.adapter.offers or Offer.CALLBACKS in tried

    # --- handing over

    def test_an_order_is_handed_over_once_under_its_key(self, there: Any, partner: Partner):
        row = self.handed_over()
        work_it_off()

        assert list(there.taken()) == [row.public_id]
        assert list(there.asked) == ["submit"]
        call = CallLog.objects.get()
        assert (call.kind, call.counterpart, call.outcome) == ("partner", "conformance", "ok")

    @pytest.mark.parametrize("mood", ["lose_ack", "garbage"])
    def test_an_answer_that_is_lost_leads_to_no_second_parcel(self, there: Any, partner: Partner, mood: str):
        there.misbehave(mood)
        row = self.submitted()
        in_a_while()

        assert list(there.taken()) == [row.public_id]
        if Capability.LOOK_UP in self.adapter.capabilities:
            assert list(there.asked)[:2] == ["submit", "look_up"]
            assert fresh(row).request_state in ("submitted", "accepted")
        else:
            assert fresh(row).request_state == "outcome_unknown"

    def test_one_that_failed_is_handed_over_again(self, there: Any, partner: Partner):
        there.misbehave("fail")
        row = self.submitted()
        assert list(there.taken()) == []
        in_a_while()

        if Capability.LOOK_UP in self.adapter.capabilities:
            assert list(there.taken()) == [row.public_id]

    def test_a_considered_no_is_not_asked_again(self, there: Any, partner: Partner):
        there.misbehave("reject")
        row = self.submitted()
        in_a_while()

        assert (fresh(row).state, list(there.asked)) == ("rejected", ["submit"])

    def test_asked_by_key_it_knows_what_it_has_and_what_it_has_not(self, there: Any, partner: Partner):
        self.needs(Capability.LOOK_UP)
        row = self.handed_over()

        found = client_of(partner).look_up(row.public_id)
        assert getattr(found, "reference", None) == row.partner_reference
        assert type(client_of(partner).look_up("ful_unheard_of")).__name__ == "Missing"

    @pytest.mark.parametrize("mood", ["fail", "lose_ack", "garbage", "reject"])
    def test_whatever_it_answers_is_an_answer(self, there: Any, partner: Partner, mood: str):
        """A client raises nothing for what the other side did."""
        client = client_of(partner)
        there.misbehave(mood)
        said = client.submit(MESSAGE, key="ful_1")
        assert isinstance(said, get_args(SubmitResponse))
        assert isinstance(said, Unsure) == (mood in ("lose_ack", "garbage"))
        if Capability.LOOK_UP in self.adapter.capabilities:
            there.misbehave(mood)
            assert isinstance(client.look_up("ful_1"), get_args(LookUpResponse))
        if Capability.CANCEL in self.adapter.capabilities:
            there.misbehave(mood)
            assert isinstance(client.cancel("ful_1", key="ful_1:cancel"), get_args(CancelResponse))

    # --- taking back

    def test_an_order_called_off_is_stopped_there_or_put_before_a_person(self, there: Any, partner: Partner):
        row = self.handed_over()
        call_off_order(row.order_id, reason="customer", actor=AGENT)
        work_it_off()

        if Capability.CANCEL in self.adapter.capabilities:
            assert there.is_stopped(row.public_id)
            assert fresh(row).state == "cancelled"
        else:
            assert fresh(row).request_state == "cancel_rejected"

    # --- hearing back

    def test_a_signed_callback_ships_it_and_a_repeat_changes_nothing(self, there: Any, partner: Partner):
        self.needs(Offer.CALLBACKS)
        row = self.handed_over()
        body = self.callback("shipped", row.public_id, row.partner_reference)

        for _ in range(2):
            assert self.call_back(body).status_code == 200
        assert (fresh(row).state, Shipment.objects.count()) == ("shipped", 1)
        assert self.call_back(self.callback("delivered", row.public_id, row.partner_reference)).status_code == 200
        assert fresh(row).state == "delivered"

    def test_a_callback_that_comes_too_early_may_come_again(self, there: Any, partner: Partner):
        self.needs(Offer.CALLBACKS)
        row = self.handed_over()
        delivered = self.callback("delivered", row.public_id, row.partner_reference)

        assert 400 <= self.call_back(delivered).status_code < 500
        assert (fresh(row).state, Shipment.objects.count()) == (row.state, 0)
        assert self.call_back(self.callback("shipped", row.public_id, row.partner_reference)).status_code == 200
        assert self.call_back(delivered).status_code == 200
        assert fresh(row).state == "delivered"

    def test_a_callback_that_comes_too_late_is_put_before_a_person(self, there: Any, partner: Partner):
        self.needs(Offer.CALLBACKS)
        row = self.handed_over()
        call_off_order(row.order_id, reason="customer", actor=AGENT)
        work_it_off()

        assert self.call_back(self.callback("shipped", row.public_id, row.partner_reference)).status_code == 200
        assert ExceptionCase.objects.filter(type="cancel_after_ship", subject_ref=row.public_id).exists()

    @pytest.mark.parametrize("forgery", ["another secret", "another body", "unsigned"])
    def test_a_forged_callback_is_refused_and_changes_nothing(self, there: Any, partner: Partner, forgery: str):
        self.needs(Offer.CALLBACKS)
        row = self.handed_over()
        body = self.callback("shipped", row.public_id, row.partner_reference)
        if forgery == "another secret":
            answer = self.call_back(body, secret="somebody-elses")
        elif forgery == "another body":
            answer = self.call_back(b'{"a": 1}', forged=body)
        else:
            answer = self.call_back(body, signed=False)

        assert answer.status_code == 401
        assert (fresh(row).state, Shipment.objects.count()) == (row.state, 0)

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"hello": "there"}'])
    def test_a_callback_nobody_can_read_is_refused_and_changes_nothing(self, there: Any, partner: Partner, body: bytes):
        self.needs(Offer.CALLBACKS)
        row = self.handed_over()

        assert 400 <= self.call_back(body).status_code < 500
        assert fresh(row).state == row.state

    def test_a_parcel_the_partner_drops_is_routed_again(self, there: Any, partner: Partner):
        self.needs(Offer.CALLBACKS)
        row = self.handed_over()

        assert self.call_back(self.callback("cancelled", row.public_id, row.partner_reference)).status_code == 200
        assert fresh(row).state == "rejected"
