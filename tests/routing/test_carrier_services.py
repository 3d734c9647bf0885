"""Every carrier service of a node is a candidate, and the decision names the one its cost rests on."""

from __future__ import annotations

import pytest

from apps.network.models import Carrier, CarrierService, Node
from apps.routing.models import RoutingDecision
from apps.routing.planner.replay import differences, replay
from tests.driving import work_it_off
from tests.factories import make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_stock(N1={"A": 50})
    carrier = Carrier.objects.create(code="swift", name="Swift")
    for code, base in (("van", 700), ("post", 450)):
        CarrierService.objects.create(carrier=carrier, code=code, level="standard", base_minor=base)


def decided() -> RoutingDecision:
    make_order(lines={"A": 1})
    work_it_off(partners=False)
    return RoutingDecision.objects.latest("pk")


def test_the_cheapest_is_charged_and_named_and_the_others_are_known():
    decision = decided()

    [cost] = decision.plan["costs"]
    assert (cost["service"], cost["shipment_milli"]) == ("swift/post", 450_000)
    [site] = decision.inputs["sites"]
    assert [offer["service"] for offer in site["offers"]["standard"]] == ["swift/post", "swift/van"]
    assert differences(decision.plan, replay(decision.inputs)) == ()


def test_a_nodes_own_service_comes_before_those_of_all_nodes_whatever_it_costs():
    own = CarrierService.objects.create(carrier=Carrier.objects.get(), code="bike", level="standard", base_minor=900)
    own.nodes.add(Node.objects.get(code="N1"))
    decision = decided()

    assert decision.plan["costs"][0]["service"] == "swift/bike"
    [site] = decision.inputs["sites"]
    assert [offer["service"] for offer in site["offers"]["standard"]] == ["swift/bike", "swift/post", "swift/van"]
