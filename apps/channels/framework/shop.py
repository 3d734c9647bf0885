"""What a shop can be asked, and what is reported to it. An adapter's client is a subclass that implements what its capabilities declare."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from apps.channels.framework.catalog import CatalogPage, Location
from apps.channels.framework.paging import Page
from apps.channels.framework.settings import ChannelSettings
from apps.channels.framework.setup import ConnectionReport, Hook
from apps.channels.framework.stock import Article, Figure, FigureResult, Shown


def _no_token(*scopes: str) -> str:
    del scopes
    return ""


@dataclass(frozen=True, slots=True)
class Connection:
    """By what a shop is reached: what stands in its channel. ``token`` returns an access token that is good for the next minute,
    where the adapter declares OAuth; it may call the vendor for a fresh one, and raises what the shop's own calls raise. ``account``:
    whose shop it was when it was connected; empty: nobody has looked. ``app_token`` returns one of the application itself, with the scope
    given, for what belongs to no seller; it raises the same. ``signing_key``: by which requests are signed, where a vendor asks
    for that."""

    channel: str
    base_url: str
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    settings: ChannelSettings
    token: Callable[[], str] = field(default=_no_token, repr=False)
    app_token: Callable[[str], str] = field(default=_no_token, repr=False)
    account: str = ""
    signing_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Parcel:
    """``units``: what is whole in it, by the shop's line id."""

    carrier: str
    number: str
    url: str
    units: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShipmentReport:
    """A shipment, in the shop's own terms: units by its line id. ``complete``: with this, all of the order has left.

    ``before``: what left in earlier ones; ``reported``: what of this one the shop is known to have. ``node``: code of
    the place it left from; ``shipped_at``: when.
    """

    ref: str
    external_id: str
    units: Mapping[str, int]
    parcels: Sequence[Parcel]
    complete: bool
    before: Mapping[str, int] = field(default_factory=dict)
    reported: Mapping[str, int] = field(default_factory=dict)
    node: str = ""
    shipped_at: datetime | None = None

    def by_parcel(self) -> list[Parcel]:
        """For shops that take a report of each parcel: those that carry something, each with its units. What is whole only in several
        together, as the parts of a set may be, goes with the last."""
        left, packed = dict(self.units), list[Parcel]()
        for parcel in self.parcels:
            units = {line: min(count, left.get(line, 0)) for line, count in parcel.units.items()}
            left = {line: count - units.get(line, 0) for line, count in left.items()}
            packed.append(replace(parcel, units={line: count for line, count in units.items() if count}))
        carrying = [one for one in packed if one.units] or packed[-1:] or [Parcel("", "", "")]
        last, rest = carrying[-1], {line: count for line, count in left.items() if count}
        both = {line: last.units.get(line, 0) + rest.get(line, 0) for line in {**last.units, **rest}}
        return [*carrying[:-1], replace(last, units=both)]


@dataclass(frozen=True, slots=True)
class OrderNote:
    """A change that shops have no verb for, in a sentence; ``ref`` is unique within the order.

    ``complete``: with it nothing more of the order is to leave, and something has.
    """

    ref: str
    external_id: str
    sentence: str
    complete: bool = False

    @property
    def text(self) -> str:
        return f"{self.sentence} (ref. {self.ref})"


@dataclass(frozen=True, slots=True)
class MissingOrder:
    """An order that is not in the shop's list. ``found``: what the shop shows when asked for it; None: there is none."""

    external_id: str
    found: Mapping[str, Any] | None


# How many orders a shop is asked for at once.
PER_LOOK = 50


class Shop:
    """``check_first``: the shop may have it already, so query first. Returns the outcome in words.

    All raise ShopBusy, ShopRefused, ShopUnreachable; ``report_shipment`` also ShopNotReady, for units it can not take a report of; what
    a shop only acts on later raises ShopWorking, and ``result_of`` asks for the outcome.
    """

    # What has to be asked for apart, the main list last: orders in the bin are in no list but their own.
    listings: Sequence[str] = ("",)
    # How long the shop shows an order by its id at all; None: as long as there is one.
    remembers: timedelta | None = None
    # What its ids of orders look like; others are never asked for.
    id_pattern = r"^.+$"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def changed_orders(self, listing: str, since: datetime, until: datetime | None, mark: str) -> Page:
        """As ``paging.Ask`` says."""
        raise NotImplementedError

    def whole_order(self, external_id: str) -> dict[str, Any] | None:
        """The order as its contract reads it, joined from as many answers as it takes; None: there is none of that id."""
        raise NotImplementedError

    def missing_orders(self, external_ids: Sequence[str]) -> list[MissingOrder]:
        """Those of the orders, PER_LOOK at most, that the shop no longer has or has no more as an order somebody placed."""
        raise NotImplementedError

    def deleted_order(self, external_id: str) -> dict[str, Any]:
        """What the shop's message says of an order that was deleted."""
        return {"id": int(external_id) if external_id.isdecimal() else external_id}

    def order_with_refunds(self, external_id: str) -> dict[str, Any] | None:
        """The order with its refunds as they name their lines; None: there is none of that id."""
        raise NotImplementedError

    def report_shipment(self, shipped: ShipmentReport, *, check_first: bool) -> str:
        raise NotImplementedError

    def report_cancellation(self, external_id: str, *, check_first: bool) -> str:
        raise NotImplementedError

    def result_of(self, ticket: str) -> str:
        """What became of something the shop took to work on, in words. Raises ShopWorking while that is not known, and ShopDeclined."""
        raise NotImplementedError

    def add_note(self, note: OrderNote, *, check_first: bool) -> str:
        raise NotImplementedError

    # Stock and catalog

    def send_stock(self, figures: Sequence[Figure]) -> Sequence[FigureResult]:
        """Show these figures, as many as the adapter's ``stock.batch`` at most; one result for each. Sending one twice changes
        nothing. One article that is refused keeps no other from being taken."""
        raise NotImplementedError

    def read_stock(self, articles: Sequence[Article]) -> Sequence[Shown]:
        """What the shop shows now, for as many as ``stock.batch`` at most."""
        raise NotImplementedError

    def catalog_page(self, mark: str) -> CatalogPage:
        """Everything the shop sells, page after page; ``mark`` empty for the first."""
        raise NotImplementedError

    def locations(self) -> Sequence[Location]:
        raise NotImplementedError

    # Setting up

    def check_connection(self) -> ConnectionReport:
        """Whose shop this is and what the credentials allow, by as few calls as can be; changes nothing there."""
        raise NotImplementedError

    def hooks(self) -> Sequence[Hook]:
        """The webhooks the shop sends to anybody by these credentials."""
        raise NotImplementedError

    def register_hooks(self, address: str, secret: str) -> Sequence[Hook]:
        """Have every webhook the adapter reads sent to ``address``, switched on again where it is off; one that is there
        stays. Returns those now in place."""
        raise NotImplementedError

    def place_test_order(self, mark: str) -> str:
        """Place an order that is plainly a test: of a made-up person, with ``mark`` in its note, nothing of it paid for or written to
        anybody. Returns the shop's id of it."""
        raise NotImplementedError

    def public_key(self, key_id: str) -> str | None:
        """The key that the vendor signs webhooks with under that name; None: there is none. Of schemes that name their key."""
        raise NotImplementedError

    # What is on hold or handed over

    def report_hold(self, note: OrderNote, *, held: bool, check_first: bool) -> str:
        """That an order waits, and that it no longer does."""
        raise NotImplementedError

    def report_ready_for_pickup(self, shipped: ShipmentReport, *, check_first: bool) -> str:
        """That goods wait at the counter."""
        raise NotImplementedError
