"""Proving an adapter: one probe for each capability, and what came of it. Works outside of tests too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from apps.channels.errors import ShopBusy, ShopNotReached, ShopUnreachable
from apps.channels.framework.adapter import Capability
from apps.contracts.conformance import reading, signing, writing
from apps.contracts.conformance.bench import Bench, NotProven, ProbeSkipped
from apps.core import clock
from apps.core.errors import DomainError
from apps.core.text import Text, within

MOST_WAITS, LONGEST_WAIT_S = 5, 30.0
# What is tried; each returns a sentence about what was seen.
PROBES: dict[Capability, Callable[[Bench], str]] = {
    Capability.WEBHOOKS: signing.webhooks,
    Capability.FILES: signing.handed_in,
    Capability.DIRECT: signing.handed_in,
    Capability.TILL: signing.handed_in,
    Capability.POLLING: reading.polling,
    Capability.FETCH_ORDERS: reading.fetch_orders,
    Capability.MISSING_ORDERS: reading.missing_orders,
    Capability.REFUND_DETAILS: reading.refund_details,
    Capability.STOCK_READ: reading.stock_read,
    Capability.CATALOG: reading.catalog,
    Capability.LOCATIONS: reading.locations,
    Capability.CHECK: reading.check,
    Capability.STOCK_OUT: writing.stock_out,
    Capability.REGISTER_WEBHOOKS: writing.register_webhooks,
    Capability.TEST_ORDER: writing.test_order,
    Capability.PARTIAL_CANCELLATIONS: writing.notes,
    Capability.SUBSTITUTIONS: writing.notes,
    Capability.HOLDS: writing.holds,
    Capability.SHIPMENTS: writing.shipments,
    Capability.PICKUP_READY: writing.pickup_ready,
    # Last: an order called off takes nothing else.
    Capability.CANCELLATIONS: writing.cancellations,
}


# Done by Orderyard alone: nothing of the adapter or the shop takes part, so there is nothing to try against either.
OUR_OWN = frozenset({Capability.STOCK_FEED})


@dataclass(frozen=True, slots=True)
class Proof:
    """``proven`` None: it could not be tried, and ``sentence`` says why."""

    capability: Capability
    claimed: bool
    proven: bool | None
    sentence: str


def prove(bench: Bench, only: Iterable[Capability] = ()) -> list[Proof]:
    """Every capability there is, in the order of the reference: what the adapter does not declare is not tried."""
    wanted = set(only) or set(Capability)
    found = {
        capability: _prove(bench, capability, probe)
        for capability, probe in PROBES.items()
        if capability in wanted and bench.adapter.can(capability)
    }
    return [found.get(one) or _untried(bench, one) for one in Capability if one in wanted]


def _untried(bench: Bench, capability: Capability) -> Proof:
    if not bench.adapter.can(capability):
        return Proof(capability, False, None, Text("not declared"))
    if capability in OUR_OWN:
        return Proof(capability, True, None, Text("fetched from Orderyard, which asks nothing of the shop"))
    return Proof(capability, True, None, Text("the kit has no probe for it"))


def _patiently(bench: Bench, probe: Callable[[Bench], str]) -> str:
    """A shop that asks for some quiet is given it."""
    for _ in range(MOST_WAITS):
        try:
            return probe(bench)
        except ShopBusy as busy:
            wait = (busy.until - clock.now()).total_seconds()
            if wait > LONGEST_WAIT_S:
                raise
            clock.sleep(max(wait, 0.1))
    return probe(bench)


def _prove(bench: Bench, capability: Capability, probe: Callable[[Bench], str]) -> Proof:
    try:
        return Proof(capability, True, True, _patiently(bench, probe))
    except ProbeSkipped as why:
        return Proof(capability, True, None, str(why))
    except NotProven as why:
        return Proof(capability, True, False, str(why))
    except (ShopBusy, ShopNotReached) as why:
        # It has said nothing yet of what it can do.
        return Proof(capability, True, None, within(Text("the shop could not be asked: {why}", why=why), 300))
    except ShopUnreachable as why:
        return Proof(capability, True, False, within(Text("the shop could not be asked: {why}", why=why), 300))
    except DomainError as why:
        return Proof(capability, True, False, within(Text("the shop declined: {sentence}", sentence=why.sentence), 300))
    except Exception as surprise:
        # Whatever an adapter raises beside what it may is the finding.
        return Proof(
            capability,
            True,
            False,
            within(Text("it broke: {fault}: {surprise}", fault=type(surprise).__name__, surprise=surprise), 300),
        )
    finally:
        if bench.faults is not None:
            bench.faults.heal()
