"""A partner for tests: the real sandbox over real HTTP, and its callbacks brought to our door."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.test import Client

from apps.core import clock
from apps.fulfillment.models import FulfillmentOrder
from apps.integrations.models import Partner, PartnerNode
from apps.inventory.services import Count, count_stock
from apps.orders.models import Order
from orchestrator.sandbox import Sandbox, start
from orchestrator.sandbox.callbacks import Message
from orchestrator.sandbox.partners import Taken
from tests.driving import work_it_off
from tests.factories import AGENT, NodeFactory, SkuFactory, make_order, make_policy
from tests.invariants import assert_invariants

SECRET = "partner-secret"
EVERYTHING = ("accept_reject", "cancel", "look_up")


@contextmanager
def running_sandbox(**options: Any) -> Iterator[Sandbox]:
    """A sandbox whose partners act only when told to, unless ``options`` say otherwise."""
    sandbox = start(**{"secret": SECRET, **options})
    try:
        yield sandbox
    finally:
        sandbox.stop()


def sandbox_held_to_the_invariants() -> Iterator[Sandbox]:
    """For tests that break something: a sandbox, and afterwards the question whether all is still as it must be."""
    with running_sandbox() as sandbox:
        yield sandbox
    work_it_off()
    assert_invariants(limbo_s=60)


def make_partner(
    sandbox: Sandbox,
    code: str = "acme",
    *,
    nodes: Sequence[str] = ("P1",),
    capabilities: Sequence[str] = EVERYTHING,
    stock: Mapping[str, int] | None = None,
) -> Partner:
    """A partner at the sandbox that runs these nodes, each with the stock (ten of SKU ``A`` unless told)."""
    make_policy()
    partner = Partner.objects.create(
        code=code, name=code.title(), base_url=f"{sandbox.url}/3pl/{code}", token="t0ken", secret=SECRET
    )
    for name in nodes:
        node = NodeFactory(code=name, partner=True, capabilities=list(capabilities))
        PartnerNode.objects.create(node=node, partner=partner, partner_code=f"their-{name}")
        keep(node.code, {"A": 10} if stock is None else stock)
    return partner


def keep(node: str, stock: Mapping[str, int]) -> None:
    """Count this stock in at a node (made where it is new, one of our own), as a feed does."""
    NodeFactory(code=node)
    skus = [SkuFactory(code=sku).code for sku in stock]
    count_stock([Count(node=node, sku=sku, on_hand=stock[sku]) for sku in skus], reason="feed", actor=AGENT)


def requested_order(**changes: Any) -> tuple[Order, FulfillmentOrder]:
    """An order routed to a partner's node that the partner has not been told of yet."""
    order = make_order(**changes)
    work_it_off(partners=False)
    return order, FulfillmentOrder.objects.get(order=order)


def submitted_order(**changes: Any) -> tuple[Order, FulfillmentOrder]:
    """An order that the partner has."""
    order, row = requested_order(**changes)
    work_it_off()
    return order, fresh(row)


def fresh(row: FulfillmentOrder) -> FulfillmentOrder:
    """The fulfillment order as it stands now."""
    return FulfillmentOrder.objects.get(pk=row.pk)


def later(seconds: float) -> None:
    """Work off what is due so many seconds from now."""
    with clock.moved(timedelta(seconds=seconds)):
        work_it_off()


def in_a_while(*, seconds: float = 90, times: int = 4) -> None:
    """Let time pass in leaps, working off what is due after each."""
    for number in range(1, times + 1):
        later(seconds * number)


def taken(sandbox: Sandbox, row: FulfillmentOrder) -> list[Taken]:
    """What the partner has of a fulfillment order; more than one would be shipped more than once."""
    return [one for one in sandbox.three_pl.taken.values() if one.message["fulfillment_order"] == row.public_id]


def operations(sandbox: Sandbox) -> list[str]:
    """Every request the partners got, in order."""
    return [request["operation"] for request in sandbox.three_pl.requests]


def post(message: Message, *, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> Any:
    """Bring one callback to our door; ``headers`` replace the message's own."""
    sent = {k: v for k, v in (message.headers if headers is None else headers).items() if k != "content-type"}
    return Client().post(
        message.path, message.body if body is None else body, content_type="application/json", headers=sent
    )


def deliver_news(sandbox: Sandbox) -> list[int]:
    """Bring all callbacks not brought yet; answers their statuses."""
    news, sandbox.postman.sent[:] = list(sandbox.postman.sent), []
    return [post(message).status_code for message in news]
