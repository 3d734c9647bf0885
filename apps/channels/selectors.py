"""Reads of channels."""

from __future__ import annotations

from apps.channels.errors import ChannelNotFound
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import kinds_with
from apps.channels.models import Channel, ContractVersion, InboxMessage
from apps.core.process_cache import get_or_load
from apps.orders.checks import ChannelTerms
from apps.routing.terms import RoutingTerms


def hears_of_pickups(_: str) -> bool:
    """Whether any channel is told that goods wait at the counter; as it was at most a second ago."""
    return bool(get_or_load("channels", "hears_of_pickups", _hearing_of_pickups))


def _hearing_of_pickups() -> bool:
    kinds = kinds_with(Capability.PICKUP_READY)
    return Channel.objects.exclude(base_url="").filter(active=True, kind__in=kinds).exists()


def channel_by_code(code: str) -> Channel:
    """An active channel, as it was within the last second. Raises ChannelNotFound."""
    channel = get_or_load("channel", code, lambda: Channel.objects.filter(code=code, active=True).first())
    if channel is None:
        raise ChannelNotFound(channel=code)
    return channel


def lock_message(message_ref: str) -> InboxMessage | None:
    """The message, locked; None: there is none."""
    return InboxMessage.objects.select_for_update(no_key=True).filter(public_id=message_ref).first()


def contracts_of(channel: Channel) -> list[ContractVersion]:
    """The active contracts that messages of such a channel are read by."""
    return list(ContractVersion.objects.filter(active=True, document__channel_kind=channel.kind).order_by("contract"))


def checking_terms() -> dict[str, ChannelTerms]:
    """What each channel lets pass, by code."""
    return {
        channel.code: ChannelTerms(
            tuple(channel.currencies),
            channel.price_tolerance_minor,
            channel.ship_unpaid,
            channel.unusual_times,
            name=channel.name,
            pickup_locations=channel.typed_settings.pickup_locations,
        )
        for channel in Channel.objects.all()
    }


def routing_terms() -> dict[str, RoutingTerms]:
    """What each channel says about routing, by code."""
    return {
        channel.code: RoutingTerms((channel.node_group.code,) if channel.node_group else (), channel.priority)
        for channel in Channel.objects.select_related("node_group")
    }
