"""One channel adapter: everything the system knows of one external contract, in one object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from apps.channels.framework.refunds import RefundForm
from apps.channels.framework.settings import ChannelSettings
from apps.channels.framework.setup import USUAL_CREDENTIALS, Credential, OAuth
from apps.channels.framework.shop import Shop
from apps.channels.framework.signatures import SigningScheme
from apps.channels.framework.stock import StockLimits
from apps.channels.mapping.message_form import MessageForm
from apps.channels.mapping.transforms.registry import Transform


class Capability(StrEnum):
    """What a channel can do. Whatever is not declared is never asked of it."""

    # How its orders come.
    WEBHOOKS = "webhooks"
    POLLING = "polling"
    FILES = "files"
    DIRECT = "direct"
    TILL = "till"
    # What else it can be asked for.
    FETCH_ORDERS = "fetch_orders"
    MISSING_ORDERS = "missing_orders"
    REFUND_DETAILS = "refund_details"
    # What is reported to it.
    SHIPMENTS = "shipments"
    CANCELLATIONS = "cancellations"
    PARTIAL_CANCELLATIONS = "partial_cancellations"
    SUBSTITUTIONS = "substitutions"
    HOLDS = "holds"
    PICKUP_READY = "pickup_ready"
    # Stock and catalog.
    STOCK_OUT = "stock_out"
    STOCK_READ = "stock_read"
    STOCK_FEED = "stock_feed"
    CATALOG = "catalog"
    LOCATIONS = "locations"
    # Setting it up from a page.
    CHECK = "check"
    REGISTER_WEBHOOKS = "register_webhooks"
    TEST_ORDER = "test_order"


# The method of the shop that each of these needs.
METHODS = {
    Capability.POLLING: "changed_orders",
    Capability.FETCH_ORDERS: "whole_order",
    Capability.MISSING_ORDERS: "missing_orders",
    Capability.REFUND_DETAILS: "order_with_refunds",
    Capability.SHIPMENTS: "report_shipment",
    Capability.CANCELLATIONS: "report_cancellation",
    Capability.PARTIAL_CANCELLATIONS: "add_note",
    Capability.SUBSTITUTIONS: "add_note",
    Capability.HOLDS: "report_hold",
    Capability.PICKUP_READY: "report_ready_for_pickup",
    Capability.STOCK_OUT: "send_stock",
    Capability.STOCK_READ: "read_stock",
    Capability.CATALOG: "catalog_page",
    Capability.LOCATIONS: "locations",
    Capability.CHECK: "check_connection",
    Capability.REGISTER_WEBHOOKS: "register_hooks",
    Capability.TEST_ORDER: "place_test_order",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAdapter:
    """``version``: of the external contract. ``contracts``: the mapping documents it ships with, first versions to be copied
    and edited. ``transforms``: what their rules do that no other channel needs. ``signing``: of its webhooks; ``unsigned_ping``: whether a message is the one that is not signed, because it
    only asks whether anybody listens. ``kept_headers``: beginnings, in lower case, of the headers kept with a message.

    ``challenge``: what is answered to the vendor when it asks, by the query given, whether the webhook's address is ours; by the webhook
    secret and the address as it is registered. ``webhooks_note``: what is to be known by whoever sets them up or has them
    registered; ``webhooks_can_wait``: whether a channel goes live without, because the vendor does not send them to everybody;
    ``webhooks_need``: the setting without which they can't be registered from here.
    ``test_note``: by whoever places a test order there, where it can't be placed from here.

    ``shop``: the client that asks the shop and reports to it; ``refunds``: where refunds are asked for.
    ``settings``: what a channel of this kind can be set to; fields beyond the common ones get a place in its form.

    ``stock``: how stock is sent. ``credentials``: what is pasted to connect a shop; ``oauth``: how leave is given on the vendor's
    page instead. ``deprecated_on``: when the vendor ends this version of its contract, ``breaks``: and what stops then;
    ``completes_whole``: an order is complete there with the first shipment that is reported, whatever is still to follow.
    ``docs_url``: the vendor's own page about it. ``per_second`` and ``burst``: how often one shop may be called; None: as usual.
    """

    title: str
    version: str
    messages: MessageForm
    capabilities: frozenset[Capability]
    contracts: tuple[Path, ...] = ()
    transforms: tuple[Transform, ...] = ()
    signing: SigningScheme | None = None
    unsigned_ping: Callable[[Mapping[str, str], bytes], bool] = lambda _, __: False
    challenge: Callable[[Mapping[str, str], str, str], Mapping[str, str] | None] | None = None
    webhooks_note: str = ""
    webhooks_can_wait: bool = False
    webhooks_need: str = ""
    test_note: str = ""
    kept_headers: tuple[str, ...] = ()
    shop: type[Shop] | None = None
    refunds: RefundForm | None = None
    settings: type[ChannelSettings] = ChannelSettings
    stock: StockLimits | None = None
    credentials: tuple[Credential, ...] = ()
    oauth: OAuth | None = None
    deprecated_on: date | None = None
    breaks: str = ""
    docs_url: str = ""
    completes_whole: bool = False
    per_second: float | None = None
    burst: int | None = None

    @property
    def kind(self) -> str:
        return self.messages.kind

    @property
    def asked(self) -> tuple[Credential, ...]:
        """What is typed to connect a shop; where it declares nothing, what most shops take."""
        return self.credentials or (USUAL_CREDENTIALS if self.shop is not None else ())

    def can(self, capability: Capability) -> bool:
        return capability in self.capabilities

    def contradictions(self) -> list[str]:
        """What it declares and does not have, or has and does not declare; in sentences."""
        found = [self._about(capability, method) for capability, method in METHODS.items()]
        if self.can(Capability.WEBHOOKS) != (self.signing is not None):
            found.append("webhooks and how they are signed are declared together or not at all")
        if self.can(Capability.REFUND_DETAILS) != (self.refunds is not None):
            found.append("refund_details and the form of its refunds are declared together or not at all")
        if self.can(Capability.FETCH_ORDERS) != self.messages.names_orders:
            found.append("fetch_orders and how a message that only names its order is known are declared together")
        if self.can(Capability.STOCK_OUT) != (self.stock is not None):
            found.append("stock_out and how stock is sent are declared together or not at all")
        return [sentence for sentence in found if sentence]

    def _about(self, capability: Capability, method: str) -> str:
        has_it = self.shop is not None and getattr(self.shop, method) is not getattr(Shop, method)
        if self.can(capability) and not has_it:
            return f"it declares {capability}, but its shop has no {method}()"
        wanted_by = {name for name, needed in METHODS.items() if needed == method}
        if has_it and not wanted_by & self.capabilities:
            return f"its shop has {method}(), but it does not declare {capability}"
        return ""


def documents_in(folder: str) -> tuple[Path, ...]:
    """The mapping documents beside a folder's ``__init__.py``, whose ``__file__`` is given: ``<name>_v<number>.json``."""
    return tuple(sorted(Path(folder).parent.glob("*_v[0-9]*.json")))
