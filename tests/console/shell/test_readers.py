"""Somebody limited to one place reads nothing of the others, whatever they open: every page and every answer of the API, by role.

The other place's code, name, stock and rates are canaries: strings that stand nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from apps.accounts.models import Role, User
from apps.api import urls as api_urls
from apps.casework.events import ApprovalRequested, CaseAssigned, CaseEscalated
from apps.casework.models import ApprovalRequest, ExceptionCase
from apps.casework.services import comment_case
from apps.console import urls as console_urls
from apps.core.actor import SYSTEM
from apps.core.outbox import Fact, record
from apps.core.process_cache import clear_process_cache
from apps.fulfillment.models import FulfillmentOrder, Shipment
from apps.fulfillment.services import Parcel, ship_fulfillment_order
from apps.inventory.models import StockLevel
from apps.notifications.models import StaffNotice
from apps.orders.models import Order
from apps.routing.models import RoutingDecision
from apps.sla.events import Alerts, SlaBreached
from apps.sla.services import ensure_sla
from tests.api.front_door import Door
from tests.casework.approvals.people import policy
from tests.casework.approvals.people import proposal as propose
from tests.casework.cases import make_case, make_queue, make_rule
from tests.casework.resolutions.settling import let
from tests.driving import work_it_off
from tests.factories import (
    AGENT,
    ChannelFactory,
    NodeFactory,
    UserFactory,
    make_carrier,
    make_key,
    make_order,
    make_policy,
    make_stock,
)

pytestmark = pytest.mark.django_db

MOMENT = re.compile(r"\d{4}-\d\d-\d\dt\d\d:\d\d:\d\d\.\d+")
CANARIES = ("zz-vault", "vault basin", "791923", "791,923", "684137", "684,137", "73.31", "7331")
OWN = ["leeds"]


@dataclass(frozen=True)
class Yard:
    """What stands in the addresses, by the name of the place in them."""

    refs: dict[str, list[str]]


@pytest.fixture
def yard() -> Yard:
    """One order of two places, one that its own place ships alone, cases, notices and a proposal that speak of the other."""
    ChannelFactory()
    make_policy()
    ensure_sla()
    let()
    make_carrier()
    NodeFactory(code="leeds", name="Leeds Yard")
    NodeFactory(code="zz-vault", name="Vault Basin", handling_minor=7331)
    make_stock(leeds={"A": 40, "C": 40}, **{"zz-vault": {"B": 791923, "C": 684137}})
    make_rule(make_queue("desk"))
    policy()
    shared, own = make_order(lines={"A": 1, "B": 1}), make_order(lines={"C": 1})
    work_it_off()
    cases = [
        make_case("one", order=shared, node="zz-vault", sentence="Vault Basin has 791,923 of B left.", type="no_stock"),
        make_case("two", order=own, node="leeds", sentence="Vault Basin (zz-vault) could send 684137 at 73.31 each."),
    ]
    row = propose(UserFactory(role="lead"), shared, reason="Vault Basin has 791923 of them.")
    theirs = FulfillmentOrder.objects.get(order=shared, node__code="zz-vault")
    ship_fulfillment_order(theirs.pk, external_id="S-1", parcels=[Parcel()], actor=AGENT)
    work_it_off()
    clear_process_cache()
    orders = [shared.public_id, own.public_id]
    refs: dict[str, list[str]] = {
        "orders": orders,
        "order_ref": orders,
        "exceptions": [case.public_id for case in cases],
        "case_ref": [case.public_id for case in cases],
        "approvals": [row.public_id],
        "approval_ref": [row.public_id],
        "fulfillment": list(FulfillmentOrder.objects.values_list("public_id", flat=True)),
        "fulfillment_order_ref": list(FulfillmentOrder.objects.values_list("public_id", flat=True)),
        "shipment_ref": list(Shipment.objects.values_list("public_id", flat=True)),
        "decision_ref": list(RoutingDecision.objects.values_list("public_id", flat=True)),
        "level_id": [str(pk) for pk in StockLevel.objects.values_list("pk", flat=True)],
        "node_code": ["leeds"],
        "node": ["leeds"],
        "sku": ["A", "B", "C"],
        "code": ["reroute"],
        "way": ["next", "previous"],
    }
    return Yard(refs)


def addresses(patterns: list[Any], prefix: str, yard: Yard) -> Iterator[str]:
    """Every address that can be opened, with each of the things that can stand in it."""
    for pattern in patterns:
        route = str(pattern.pattern)
        if "<path:" in route:
            continue
        found = [prefix + route]
        for place in re.findall(r"<(?:\w+:)?(\w+)>", route):
            about = route.split("/", maxsplit=1)[0] if place == "ref" else place
            names = yard.refs.get(about, yard.refs.get(place, ["1"]))
            found = [re.sub(rf"<(?:\w+:)?{place}>", name, one) for one in found for name in names]
        yield from found


def leaks(text: str) -> list[str]:
    """The canaries in it, each with what stands around it."""
    # A moment's microseconds and a public id may have any digits.
    low = MOMENT.sub("", text.lower())
    found = [(one, re.search(rf"(?<![0-9a-z]){re.escape(one)}(?![0-9a-z])", low)) for one in CANARIES]
    return [f"{one}: …{low[max(at.start() - 60, 0) : at.end() + 60]}…" for one, at in found if at]


def said_by(answer: Any) -> str:
    parts = answer.streaming_content if getattr(answer, "streaming", False) else [answer.content]
    return b"".join(parts).decode()


QUERIES = ("?q=T-", "?state=open&show=event&all=1&replay=1", "?seen=")


def read_all(get: Callable[[str], Any], found: Iterator[str], queries: tuple[str, ...]) -> dict[str, list[str]]:
    """What leaks, by address. An address that can't be read as it stands is not read with a query either."""
    answers = {address: get(address) for address in found}
    readable = [address for address, answer in answers.items() if answer.status_code == 200]
    answers |= {address + query: get(address + query) for address in readable for query in queries}
    assert sum(answer.status_code == 200 for answer in answers.values()) > 10, "hardly anything was read"
    assert not [address for address, answer in answers.items() if answer.status_code >= 500]
    texts = {address: said_by(answer) for address, answer in answers.items()}
    return {address: leaks(text) for address, text in texts.items() if leaks(text)}


@pytest.mark.parametrize("role", Role.values)
def test_no_page_tells_somebody_of_one_place_anything_of_another(yard: Yard, role: str) -> None:
    client = Client()
    client.force_login(UserFactory(role=role, nodes=OWN))

    assert read_all(client.get, addresses(console_urls.urlpatterns, "/", yard), QUERIES) == {}


@pytest.mark.parametrize("role", Role.values)
def test_no_answer_of_the_api_tells_a_key_of_one_place_anything_of_another(yard: Yard, role: str) -> None:
    door = Door(make_key(role=role, nodes=OWN))

    assert read_all(door.get, addresses(api_urls.urlpatterns, "/api/v1/", yard), ("?all=1&replay=1",)) == {}


def test_the_canaries_are_there_for_whoever_may_see_them(yard: Yard) -> None:
    client = Client()
    client.force_login(UserFactory(role="admin"))
    order = yard.refs["orders"][0]

    said = said_by(client.get(f"/orders/{order}/")) + said_by(Door(make_key()).get(f"orders/{order}/decision"))

    assert {one for one in CANARIES if one in said.lower()} >= {"zz-vault", "vault basin", "791923", "73.31", "7331"}
    assert {one.partition(":")[0] for one in leaks(said)} >= {"zz-vault", "vault basin", "791923", "73.31", "7331"}


@pytest.mark.parametrize("role", ["agent", "lead", "manager", "operations", "admin"])
def test_no_notice_and_no_mail_tells_it_either(yard: Yard, role: str) -> None:
    here = UserFactory(role=role, nodes=OWN, email="here@yard.example", username="here")
    shared = Order.objects.get(public_id=yard.refs["orders"][0])
    case = ExceptionCase.objects.get(public_id=yard.refs["exceptions"][0])
    alerts: Alerts = {"roles": [role], "users": [here.public_id], "mail": True}
    record(
        Fact(CaseEscalated(**alerts), case.pk, case.public_id, shared.public_id),
        Fact(CaseAssigned(owner=here.public_id), case.pk, case.public_id, shared.public_id),
        Fact(SlaBreached(stage="ship", due_at="", node="zz-vault", alerts=alerts), 1, case.public_id, shared.public_id),
        Fact(SlaBreached(stage="ship", due_at="", alerts=alerts), 1, shared.public_id, shared.public_id),
        actor=SYSTEM,
    )
    ExceptionCase.objects.filter(pk=case.pk).update(owner=here)
    comment_case(case.pk, body="@here look", actor=SYSTEM)
    row = ApprovalRequest.objects.get()
    record(Fact(ApprovalRequested(), row.pk, row.public_id, shared.public_id), actor=SYSTEM)
    work_it_off()

    told = StaffNotice.objects.filter(user=here)
    assert {notice.kind for notice in told} >= {"escalation", "assigned", "sla", "mention"}
    letters = [f"{letter.subject}\n{letter.body}" for letter in mail.outbox if letter.to == ["here@yard.example"]]
    assert letters
    assert [leaks(text) for text in (*letters, *(notice.text for notice in told)) if leaks(text)] == []


def test_who_is_of_the_other_place_only_is_told_nothing_of_ours(yard: Yard) -> None:
    elsewhere = UserFactory(role="lead", nodes=["york"], email="york@yard.example")
    case = ExceptionCase.objects.get(public_id=yard.refs["exceptions"][1])
    rung = CaseEscalated(roles=["lead"], users=[elsewhere.public_id])
    record(Fact(rung, case.pk, case.public_id, case.public_id), actor=SYSTEM)
    work_it_off()

    assert not StaffNotice.objects.filter(user=elsewhere).exists()
    assert User.objects.filter(pk=elsewhere.pk).exists()


LISTS_BY_NODE = (
    "/orders/?node=%s",
    "/exceptions/?node=%s",
    "/orders/export.csv?node=%s",
    "/exceptions/export.csv?node=%s",
)


@pytest.mark.parametrize("address", LISTS_BY_NODE)
def test_no_filter_of_a_list_says_whether_another_place_is_in_it(yard: Yard, address: str) -> None:
    client = Client()
    client.force_login(UserFactory(role="manager", nodes=OWN))
    refs = [*yard.refs["orders"], *yard.refs["exceptions"]]

    theirs, mine = (said_by(client.get(address % node)) for node in ("zz-vault", "leeds"))

    assert [ref for ref in refs if ref in theirs] == []
    assert [ref for ref in refs if ref in mine] != []


@pytest.mark.parametrize("path", ["exceptions", "approvals"])
def test_no_filter_of_the_api_says_it_either(yard: Yard, path: str) -> None:
    ApprovalRequest.objects.update(node="zz-vault")
    door = Door(make_key(role="manager", nodes=OWN))
    assert Door(make_key()).get(f"{path}?node=zz-vault").data["items"]

    assert door.get(f"{path}?node=zz-vault").data["items"] == []


@pytest.mark.parametrize(
    ("term", "is_hidden"), [("vault", True), ("684137", True), ("684", True), ("could send", False)]
)
def test_what_is_hidden_in_a_sentence_is_not_found_by_searching_for_it(yard: Yard, term: str, is_hidden: bool) -> None:
    case, store, everywhere = yard.refs["exceptions"][1], Client(), Client()
    store.force_login(UserFactory(role="manager", nodes=OWN))
    everywhere.force_login(UserFactory(role="manager"))

    assert case in said_by(everywhere.get("/exceptions/", {"q": term}))
    assert (case in said_by(store.get("/exceptions/", {"q": term}))) is not is_hidden
