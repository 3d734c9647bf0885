"""Reads of channels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from django.db.models import Q, QuerySet

from apps.catalog.selectors import components_of
from apps.channels.errors import ChannelNotFound, ChannelPaused
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapter_of, kinds_with
from apps.channels.models import CONNECTING, Channel, ContractVersion, InboxMessage, TillReturn
from apps.core.process_cache import get_or_load
from apps.orders.checks import ChannelTerms
from apps.orders.models import OrderLine
from apps.routing.terms import RoutingTerms

_LISTENS = Q(active=True) | Q(setup__state=CONNECTING)


def takes_pickup_updates(_: str) -> bool:
    """Whether any channel is notified that goods wait at the counter; as it was at most a second ago."""
    return bool(get_or_load("channels", "takes_pickup_updates", _taking_pickup_updates))


def _taking_pickup_updates() -> bool:
    kinds = kinds_with(Capability.PICKUP_READY)
    return Channel.objects.exclude(base_url="").filter(active=True, kind__in=kinds).exists()


def channel_by_code(code: str) -> Channel:
    """An active channel, as it was within the last second. Raises ChannelNotFound."""
    channel = get_or_load("channel", code, lambda: Channel.objects.filter(code=code, active=True).first())
    if channel is None:
        raise ChannelNotFound(channel=code)
    return channel


def channel_called(rows: QuerySet[Channel], ref: str) -> Channel | None:
    """The one of these channels whose public id or code, as it is stored, this is. An id goes before a code that looks like one."""
    found = sorted(rows.filter(Q(public_id=ref) | Q(code=ref)), key=lambda one: one.public_id != ref)
    return found[0] if found else None


def over_returned(order_ids: Collection[int]) -> dict[int, dict[str, tuple[int, int]]]:
    """Of orders sold at tills, by pk: SKUs of which more came back than was sold, with the units of both. Of a set its parts."""
    back: dict[int, Counter[str]] = {}
    for order_id, lines in TillReturn.objects.filter(order_id__in=order_ids).values_list("order_id", "lines"):
        for line in lines:
            back.setdefault(order_id or 0, Counter())[line["sku"]] += line["units"]
    sold: dict[int, Counter[str]] = {}
    lines_sold = list(OrderLine.every.filter(order_id__in=back, sku__isnull=False).select_related("sku"))
    parts = components_of({line.sku_id for line in lines_sold if line.sku_id is not None})
    for line in lines_sold:
        of_order = sold.setdefault(line.order_id, Counter())
        for part in parts.get(line.sku_id or 0, ()):
            of_order[part.component.code] += part.quantity * line.quantity
        if line.sku is not None and line.sku_id not in parts:
            of_order[line.sku.code] += line.quantity
    found = {
        pk: {
            sku: (units, sold.get(pk, Counter())[sku])
            for sku, units in skus.items()
            if units > sold.get(pk, Counter())[sku]
        }
        for pk, skus in back.items()
    }
    return {pk: skus for pk, skus in found.items() if skus}


def open_channel(code: str) -> Channel:
    """An active channel for whoever waits for the answer. Raises ChannelNotFound, ChannelPaused."""
    channel = channel_by_code(code)
    if channel.paused_at is not None and not sells_over_the_counter(channel):
        raise ChannelPaused(channel=channel.name)
    return channel


def sells_over_the_counter(channel: Channel) -> bool:
    """Whether it is one of tills: what they report is booked while it is paused too, for the goods have left."""
    return adapter_of(channel.kind).can(Capability.TILL)


def files_wait(channel: Channel) -> bool:
    """Whether its files are to be left as they are until it is resumed. Locks it then, as ``lock_paused`` does."""
    return not sells_over_the_counter(channel) and bool(lock_paused([channel.pk]))


def channel_for_webhooks(code: str) -> Channel:
    """As ``channel_by_code``; one that is being connected receives too, so that its shop sees its webhooks arrive."""
    channel = get_or_load("hearing", code, lambda: Channel.objects.filter(_LISTENS, code=code).first())
    if channel is None:
        raise ChannelNotFound(channel=code)
    return channel


def channel_for_challenges(code: str) -> Channel:
    """As ``channel_for_webhooks``, as it is now: vendors ask within the second in which the secret was made."""
    channel = Channel.objects.filter(_LISTENS, code=code).first()
    if channel is None:
        raise ChannelNotFound(channel=code)
    return channel


def lock_channel(channel_id: int) -> Channel:
    """The channel, locked. Raises ChannelNotFound."""
    channel = Channel.objects.select_for_update(no_key=True).filter(pk=channel_id).first()
    if channel is None:
        raise ChannelNotFound(channel=channel_id)
    return channel


def lock_paused(channel_ids: Iterable[int]) -> set[int]:
    """Those of the channels that are paused, locked: none of them is resumed until the transaction ends, so that whoever
    resumes one finds everything that was left waiting."""
    rows = Channel.objects.select_for_update(no_key=True).filter(pk__in=set(channel_ids), paused_at__isnull=False)
    return {channel.pk for channel in rows.order_by("pk")}


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
