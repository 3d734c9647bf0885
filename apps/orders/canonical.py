"""The canonical order, version 1: the one shape every channel's message is turned into.

Pure: no Django here. Money is integer minor units of ``currency``; times are aware and become UTC.
Syntax is judged here (a wrong type, a naive time, two currencies); commerce is judged later by the
validation step, so that an order with an unknown SKU or a bad address is accepted and held.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from apps.core.money import CURRENCIES
from apps.core.text import Text

SCHEMA_VERSION = 1
MAX_LINES = 2_000
MAX_DOUBTS = 20
MAX_QUANTITY = 1_000_000
MAX_MINOR = 10**13
MAX_TOTAL = 10**15
FIRST_YEAR, LAST_YEAR = 1970, 2100
# Zero-width and direction marks: invisible in a SKU, so they can only mislead.
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]")


class ServiceLevel(StrEnum):
    STANDARD = "standard"
    ECONOMY = "economy"
    EXPRESS = "express"
    NEXT_DAY = "next_day"
    SAME_DAY = "same_day"
    PICKUP = "pickup"


class PaymentState(StrEnum):
    PENDING = "pending"
    AUTHORIZED = "authorized"
    PAID = "paid"
    PARTIALLY_PAID = "partially_paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    VOIDED = "voided"
    FAILED = "failed"
    ON_DELIVERY = "on_delivery"


class SplitPreference(StrEnum):
    """What the customer asked for; routing policy decides where they said nothing."""

    UNSTATED = "unstated"
    SHIP_COMPLETE = "ship_complete"
    SPLIT_ALLOWED = "split_allowed"


class RiskLevel(StrEnum):
    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class OrderStatus(StrEnum):
    """The source's own word on the whole order, reduced to what matters to us."""

    OPEN = "open"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


class DoubtReason(StrEnum):
    """What an order is held for where its source's words could not be taken as they stand; hold reasons all."""

    ADDRESS_INVALID = "address_invalid"
    PRICE_MISMATCH = "price_mismatch"
    PAYMENT_PROBLEM = "payment_problem"
    FRAUD_REVIEW = "fraud_review"
    QUANTITY_UNUSUAL = "quantity_unusual"
    CURRENCY_UNEXPECTED = "currency_unexpected"


def _clean_text(value: Any) -> Any:
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError(Text("must not contain NUL"))
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise ValueError(Text("must be valid Unicode (lone surrogate found)")) from error
    return value


def normalize_sku(value: str) -> str:
    """Trim, compose, and drop invisible marks; case is kept for display, matching ignores it."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", value)).strip()


def _known_currency(value: str) -> str:
    if value not in CURRENCIES:
        raise ValueError(Text("must be an ISO 4217 currency code"))
    return value


def _to_utc(value: datetime) -> datetime:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(Text("must be between {first} and {last}", first=FIRST_YEAR, last=LAST_YEAR))
    return value.astimezone(UTC)


def _written_moment(value: Any) -> Any:
    # "20260131" and 1.5 would be read as seconds since 1970.
    if isinstance(value, (int, float)) or (
        isinstance(value, str) and value.strip().lstrip("+-").replace(".", "").isdigit()
    ):
        raise ValueError(Text("must be a date and time in ISO 8601 with its zone"))
    return value


def _strict_integer(value: Any) -> Any:
    # JSON true is an int to Python and 1.0 a whole float to pydantic; neither is a count of things.
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(Text("must be a whole number"))
    return value


Text32 = Annotated[str, BeforeValidator(_clean_text), Field(max_length=32)]
Text64 = Annotated[str, BeforeValidator(_clean_text), Field(max_length=64)]
Text255 = Annotated[str, BeforeValidator(_clean_text), Field(max_length=255)]
Identifier = Annotated[str, BeforeValidator(_clean_text), Field(min_length=1, max_length=128)]
SkuCode = Annotated[str, BeforeValidator(_clean_text), AfterValidator(normalize_sku), Field(max_length=128)]
Currency = Annotated[str, AfterValidator(_known_currency)]
Moment = Annotated[AwareDatetime, BeforeValidator(_written_moment), AfterValidator(_to_utc)]
Minor = Annotated[int, BeforeValidator(_strict_integer), Field(ge=0, le=MAX_MINOR)]
# What may be less than nothing: a trade-in, a deposit given back, the tax on either. Such an order is held.
SignedMinor = Annotated[int, BeforeValidator(_strict_integer), Field(ge=-MAX_MINOR, le=MAX_MINOR)]
Quantity = Annotated[int, BeforeValidator(_strict_integer), Field(ge=1, le=MAX_QUANTITY)]
Units = Annotated[int, BeforeValidator(_strict_integer), Field(ge=0, le=MAX_QUANTITY)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Address(_Part):
    """A postal address as written; whether it can be delivered to is validation's question."""

    name: Text255 = ""
    company: Text255 = ""
    line1: Text255 = ""
    line2: Text255 = ""
    city: Text255 = ""
    region: Text64 = Field(default="", description="ISO 3166-2 subdivision code or the text given")
    postal_code: Text32 = ""
    country: Annotated[str, BeforeValidator(_clean_text), Field(max_length=2)] = Field(
        default="", description="ISO 3166-1 alpha-2"
    )
    phone: Text64 = ""
    email: Text255 = ""


class Customer(_Part):
    reference: Text64 = Field(default="", description="the source's id of the customer")
    tier: Text32 = Field(default="", description="for example vip, wholesale")
    name: Text255 = ""
    email: Text255 = ""
    phone: Text64 = ""


class Line(_Part):
    """One line as promised. ``tax`` and ``discount`` are for the whole line, ``unit_price`` per unit."""

    line_id: Identifier
    sku: SkuCode = ""
    title: Text255 = ""
    quantity: Quantity
    handled_elsewhere: Units = Field(
        default=0, description="units of the quantity that somebody else delivers or has delivered; never shipped by us"
    )
    unit_price: SignedMinor = 0
    tax: SignedMinor = 0
    discount: SignedMinor = 0
    currency: Currency | None = Field(default=None, description="only to be checked against the order's")
    requires_shipping: bool = True
    gift_card: bool = False
    properties: dict[Text64, Text255] = Field(default_factory=dict, max_length=50)

    @model_validator(mode="after")
    def _units_agree(self) -> Line:
        if self.handled_elsewhere > self.quantity:
            raise ValueError(Text("handled_elsewhere must not be more than quantity"))
        return self


class Totals(_Part):
    """What the source claims the customer owes. Never paid or refunded from; recomputed and compared."""

    subtotal: SignedMinor | None = None
    shipping: SignedMinor = 0
    shipping_tax: SignedMinor = 0
    tax: SignedMinor | None = Field(default=None, description="all tax of lines and shipping, as charged")
    discount: SignedMinor = Field(default=0, description="order-level discount, beyond those on lines")
    fees: SignedMinor = Field(
        default=0, description="charges beyond lines and shipping, their tax included: wrap, tips, duties"
    )
    refunded: Minor = Field(
        default=0, description="given back without taking goods off; the total may lack it already, or not"
    )
    total: SignedMinor | None = None
    prices_include_tax: bool = False


class Payment(_Part):
    state: PaymentState = PaymentState.PAID
    method: Text64 = ""
    # A tuple, because pydantic copies what it can't hash, for every order that names no payment.
    references: tuple[Text64, ...] = Field(default=(), max_length=20)
    refunded: Minor | None = Field(default=None, description="given back so far, for goods or anything else")
    refund_explained: bool = Field(
        default=False, description="lines and totals lack already what a partial refund was for"
    )


class Shipping(_Part):
    service_level: ServiceLevel = ServiceLevel.STANDARD
    method_name: Text255 = ""
    pickup_location: Text255 = Field(
        default="", description="the store to collect from: a node's code, its name or the channel's"
    )
    preference: SplitPreference = SplitPreference.UNSTATED


class Promise(_Part):
    ship_by: Moment | None = None
    deliver_by: Moment | None = None


class Risk(_Part):
    level: RiskLevel = RiskLevel.NONE
    reason: Text255 = ""


class Doubt(_Part):
    """Something of the order that its source did not say for certain. An order with a doubt is held for a person."""

    reason: DoubtReason
    code: Text32 = Field(default="", description="which doubt it is, for example unreadable or refund_unexplained")
    sentence: Text255 = Field(description="what is doubted; no personal data")


class CanonicalOrder(_Part):
    """One order as any channel may say it. Unknown fields are refused, so that typos are noticed."""

    external_id: Identifier = Field(description="the source's id; unique for ever within a channel")
    external_number: Text64 = Field(default="", description="the number people say, for example #1069")
    placed_at: Moment
    updated_at: Moment | None = Field(default=None, description="the source's time of this version")
    currency: Currency
    status: OrderStatus = OrderStatus.OPEN
    cancel_reason: Text255 = ""
    customer: Customer = Customer()
    shipping_address: Address | None = None
    billing_address: Address | None = None
    lines: list[Line] = Field(min_length=1, max_length=MAX_LINES)
    totals: Totals = Totals()
    payment: Payment = Payment()
    shipping: Shipping = Shipping()
    promise: Promise = Promise()
    risk: Risk = Risk()
    doubts: list[Doubt] = Field(default_factory=list, max_length=MAX_DOUBTS)
    tags: list[Text64] = Field(default_factory=list, max_length=50)
    note: Annotated[str, BeforeValidator(_clean_text), Field(max_length=2_000)] = ""

    @model_validator(mode="after")
    def _lines_agree(self) -> CanonicalOrder:
        seen: set[str] = set()
        for line in self.lines:
            if line.line_id in seen:
                raise ValueError(Text("line_id {line} appears twice", line=repr(line.line_id)))
            seen.add(line.line_id)
            if line.currency and line.currency != self.currency:
                raise ValueError(
                    Text(
                        "line {line} is in {currency}, the order in {other}",
                        line=repr(line.line_id),
                        currency=line.currency,
                        other=self.currency,
                    )
                )
        if sum(line.quantity * abs(line.unit_price) for line in self.lines) > MAX_TOTAL:
            raise ValueError(Text("the lines come to more than {most} minor units", most=MAX_TOTAL))
        return self
