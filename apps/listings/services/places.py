"""The places of a shop: kept as the shop names them, matched with our nodes by somebody, made as nodes where wanted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from apps.channels.framework.adapter import Capability
from apps.channels.framework.catalog import Location
from apps.channels.framework.registry import adapter_of
from apps.channels.models import Channel
from apps.channels.services.asked_by_people import asked_by_people
from apps.channels.services.connecting import shop_of
from apps.core.actor import Actor
from apps.core.text import Text
from apps.core.transactions import service
from apps.listings.errors import CatalogNotOffered, PlaceNotFound, PlaceRefused
from apps.listings.models import ChannelPlace
from apps.network.errors import NodeNotFound
from apps.network.models import Node
from apps.network.services import create_node

_FIELDS = ("name", "line1", "city", "region", "postal_code", "country", "active")


def read_places(channel_id: int, *, actor: Actor) -> None:
    """Ask the shop for its places and keep them. Must run outside any transaction. Raises CatalogNotOffered, NotConnected."""
    channel = Channel.objects.get(pk=channel_id)
    if not channel.answers or not adapter_of(channel.kind).can(Capability.LOCATIONS):
        raise CatalogNotOffered(channel=channel.name)
    with asked_by_people():
        places = shop_of(channel).locations()
    note_places(channel, places, actor=actor)


@service
def note_places(channel: Channel, places: Sequence[Location], *, actor: Actor) -> None:
    """Keep what the shop says of its places. Which node a place is stays as somebody has said."""
    known = {row.external_id: row for row in ChannelPlace.objects.filter(channel=channel)}
    for external_id, fields in {one.external_id[:128]: _fields(one) for one in places}.items():
        row = known.get(external_id) or ChannelPlace(channel=channel, external_id=external_id)
        if row.pk and all(getattr(row, name) == value for name, value in fields.items()):
            continue
        for name, value in fields.items():
            setattr(row, name, value)
        row.save()


@service
def note_unnamed_places(channel: Channel, external_ids: Sequence[str], *, actor: Actor) -> None:
    """Ids under which the shop shows stock and which it does not name as places; the empty one is the shop as a whole."""
    known = set(ChannelPlace.objects.filter(channel=channel).values_list("external_id", flat=True))
    for external_id in external_ids:
        if external_id not in known:
            ChannelPlace.objects.create(channel=channel, external_id=external_id, name=external_id or channel.name)


def _fields(place: Location) -> dict[str, object]:
    country = place.country.upper() if re.fullmatch(r"[A-Za-z]{2}", place.country) else ""
    return {
        "name": (place.name or place.external_id)[:128],
        "line1": place.line1[:255],
        "city": place.city[:128],
        "region": place.region[:64],
        "postal_code": place.postal_code[:32],
        "country": country,
        "active": place.active,
    }


@service
def match_place(place_id: int, *, node: str, actor: Actor) -> ChannelPlace:
    """The place is this node of ours (its code); empty: it is none, or nobody knows. Raises PlaceNotFound, NodeNotFound."""
    place = _lock(place_id)
    found = Node.objects.filter(code=node).first() if node else None
    if node and found is None:
        raise NodeNotFound(node=node)
    if place.node_id != (found.pk if found else None):
        place.node = found
        place.save()
    return place


@service
def make_node_of(place_id: int, *, code: str, actor: Actor) -> Node:
    """A node made after the place, which is that node from then on; made twice is made once. Raises PlaceNotFound, PlaceRefused."""
    place = _lock(place_id)
    if place.node is not None:
        return place.node
    country = place.country or place.channel.default_country
    if not country:
        raise PlaceRefused(
            place=place.name,
            problem=Text("the shop does not say in which country it is; make the location yourself and choose it"),
        )
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", code):
        raise PlaceRefused(place=place.name, problem=Text("a code is of letters, digits, dots and dashes"))
    if Node.objects.filter(code__iexact=code).exists():
        raise PlaceRefused(place=place.name, problem=Text("the code {code} is another location's", code=code))
    address: Mapping[str, str] = {name: getattr(place, name) for name in ("line1", "city", "region", "postal_code")}
    place.node = create_node(code, name=place.name, country=country, address=address, actor=actor)
    place.save()
    return place.node


def _lock(place_id: int) -> ChannelPlace:
    rows = ChannelPlace.objects.select_for_update(of=("self",), no_key=True).select_related("channel", "node")
    place = rows.filter(pk=place_id).first()
    if place is None:
        raise PlaceNotFound()
    return place
