"""What the pages of channels say of capabilities and steps."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_noop

from apps.channels.framework.adapter import Capability, ChannelAdapter
from apps.channels.setup_steps import SetupStep
from apps.ui.language import translated

CAPABILITIES: Mapping[str, str] = {
    Capability.WEBHOOKS: gettext_noop("Orders arrive at once (webhooks)"),
    Capability.POLLING: gettext_noop("Orders are fetched every five minutes"),
    Capability.FILES: gettext_noop("Orders are uploaded as files"),
    Capability.DIRECT: gettext_noop("Orders are sent through the API"),
    Capability.TILL: gettext_noop("Sales and returns of tills are booked"),
    Capability.FETCH_ORDERS: gettext_noop("Orders that a message only names are fetched"),
    Capability.MISSING_ORDERS: gettext_noop("Orders deleted there are noticed"),
    Capability.REFUND_DETAILS: gettext_noop("Refunds are read line by line"),
    Capability.SHIPMENTS: gettext_noop("Shipments are reported with tracking"),
    Capability.CANCELLATIONS: gettext_noop("Cancellations are reported"),
    Capability.PARTIAL_CANCELLATIONS: gettext_noop("Cancelled lines are reported"),
    Capability.SUBSTITUTIONS: gettext_noop("Substitutions are reported"),
    Capability.HOLDS: gettext_noop("Holds are shown there"),
    Capability.PICKUP_READY: gettext_noop("Ready for pickup is reported"),
    Capability.STOCK_OUT: gettext_noop("Stock is sent"),
    Capability.STOCK_READ: gettext_noop("Stock shown there is checked"),
    Capability.STOCK_FEED: gettext_noop("Stock is offered to be fetched"),
    Capability.CATALOG: gettext_noop("Products are imported"),
    Capability.LOCATIONS: gettext_noop("Locations are matched"),
    Capability.CHECK: gettext_noop("Credentials are tried before they are used"),
    Capability.REGISTER_WEBHOOKS: gettext_noop("Webhooks are registered for you"),
    Capability.TEST_ORDER: gettext_noop("Test orders are placed from here"),
}
STEPS = {
    SetupStep.CREDENTIALS: gettext_noop("Credentials"),
    SetupStep.WEBHOOKS: gettext_noop("Webhooks"),
    SetupStep.CATALOG: gettext_noop("Products"),
    SetupStep.PLACES: gettext_noop("Locations"),
    SetupStep.ORDERS: gettext_noop("Go live"),
    SetupStep.TEST: gettext_noop("Test order"),
}


def abilities(adapter: ChannelAdapter) -> list[str]:
    """What channels of this kind can do, in words."""
    return [translated(text) for capability, text in CAPABILITIES.items() if adapter.can(Capability(capability))]
