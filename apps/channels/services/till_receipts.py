"""What a till says: a sale or a return, in our own form or read from a file. Either becomes a ``Receipt``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from apps.channels.mapping.results import Finding, Mapped, Quarantined
from apps.channels.models import InboxMessage
from apps.channels.services.reading import Reader, parse
from apps.core.api.bodies import BodyModel
from apps.core.text import Text
from apps.orders.canonical import (
    CanonicalOrder,
    Currency,
    Customer,
    Line,
    Minor,
    Moment,
    OrderStatus,
    Payment,
    Quantity,
    Shipping,
    SignedMinor,
    SkuCode,
    Text64,
    Text255,
    Totals,
)  # fmt: skip

SALE, RETURN = "pos.sale", "pos.return"
# Where a problem with the place of a sale is said to stand.
STORE = "store"
DAMAGED = frozenset({"damaged", "defective", "broken"})
MOST_LINES = 1_000


def _no_colon(value: str) -> str:
    if ":" in value or not value.strip():
        raise ValueError(Text("must be a name without a colon"))
    return value.strip()


Till = Annotated[str, Field(min_length=1, max_length=48), AfterValidator(_no_colon)]
Number = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(str.strip)]


class ReceiptLine(BodyModel):
    """``sku``: a SKU, an alias or a barcode; empty for what is no goods. ``tax`` and ``discount`` are for the whole line."""

    line_id: Text64 = ""
    sku: SkuCode = ""
    title: Text255 = ""
    quantity: Quantity
    unit_price: SignedMinor = 0
    tax: SignedMinor = 0
    discount: SignedMinor = 0
    gift_card: bool = Field(default=False, description="a gift card that was sold; nothing leaves the shelf")


class ReturnLine(BodyModel):
    """``unit_price``: what the till gave back for each unit."""

    line_id: Text64 = ""
    sku: SkuCode
    title: Text255 = ""
    quantity: Quantity
    unit_price: Minor = 0
    condition: Literal["shelf", "damaged"] = Field(default="shelf", description="damaged goods do not go back on sale")


class Paid(BodyModel):
    method: Text64
    amount: SignedMinor
    reference: Text64 = ""


class _Receipt(BodyModel):
    till: Till
    receipt: Number = Field(description="the number on the receipt; once for each till")
    store: Annotated[str, Field(min_length=1, max_length=64)] = Field(description="code of the location")
    currency: Currency

    @property
    def external_id(self) -> str:
        return f"{self.till}:{self.receipt}"


class TillSale(_Receipt):
    """A sale that is over: paid and handed to the customer. Money is integer minor units of ``currency``."""

    sold_at: Moment = Field(description="by the till's clock; days ago where it was without a connection")
    lines: Annotated[list[ReceiptLine], Field(min_length=1, max_length=MOST_LINES)]
    discount: SignedMinor = Field(default=0, description="beyond those on the lines")
    tip: Minor = 0
    tax: SignedMinor | None = Field(default=None, description="all tax of the receipt, as charged")
    total: SignedMinor | None = None
    prices_include_tax: bool = False
    payments: list[Paid] = Field(default=[], max_length=20)
    customer: Customer = Customer()

    @property
    def canonical(self) -> CanonicalOrder:
        lines = [
            Line(
                line_id=line.line_id or str(number), sku=line.sku, title=line.title, quantity=line.quantity,
                unit_price=line.unit_price, tax=line.tax, discount=line.discount, gift_card=line.gift_card,
                requires_shipping=bool(line.sku),
            )
            for number, line in enumerate(self.lines, 1)
        ]  # fmt: skip
        methods = list(dict.fromkeys(paid.method for paid in self.payments))
        references = tuple(paid.reference for paid in self.payments if paid.reference)
        return CanonicalOrder(
            external_id=self.external_id, external_number=self.receipt, placed_at=self.sold_at, currency=self.currency,
            status=OrderStatus.COMPLETED, customer=self.customer, lines=lines,
            totals=Totals(
                discount=self.discount, fees=self.tip, tax=self.tax, total=self.total,
                prices_include_tax=self.prices_include_tax,
            ),
            payment=Payment(method=", ".join(methods)[:64], references=references),
            shipping=Shipping(pickup_location=self.store),
        )  # fmt: skip


class SoldAs(BodyModel):
    """The sale that goods are brought back of."""

    till: Till
    receipt: Number


class TillReturnBody(_Receipt):
    """Goods brought back. What the till gave back for them it has paid itself; it is written down and moved by nobody."""

    returned_at: Moment
    lines: Annotated[list[ReturnLine], Field(min_length=1, max_length=MOST_LINES)]
    refunded: Minor | None = Field(default=None, description="all that was given back, where the lines do not say")
    sold: SoldAs | None = None

    @property
    def canonical(self) -> CanonicalOrder:
        sold = {"sold_till": self.sold.till, "sold_receipt": self.sold.receipt} if self.sold else {}
        lines = [
            Line(
                line_id=line.line_id or str(number), sku=line.sku, title=line.title, quantity=line.quantity,
                unit_price=line.unit_price, properties={"condition": line.condition, **sold},
            )
            for number, line in enumerate(self.lines, 1)
        ]  # fmt: skip
        return CanonicalOrder(
            external_id=self.external_id, external_number=self.receipt, placed_at=self.returned_at,
            currency=self.currency, status=OrderStatus.COMPLETED, lines=lines,
            totals=Totals(refunded=self.refunded or 0), shipping=Shipping(pickup_location=self.store),
        )  # fmt: skip


FORMS: Mapping[str, type[TillSale] | type[TillReturnBody]] = {SALE: TillSale, RETURN: TillReturnBody}


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as it is booked. Of a return each line's ``unit_price`` is what was given back for a unit."""

    canonical: CanonicalOrder
    returned: bool

    @property
    def till(self) -> str:
        return self.canonical.external_id.partition(":")[0]

    @property
    def store(self) -> str:
        return self.canonical.shipping.pickup_location

    @property
    def sold_as(self) -> str:
        """Till and receipt of the sale that goods came back of; a till that names none means itself."""
        said = self.canonical.lines[0].properties
        number = said.get("sold_receipt", "")
        return f"{said.get('sold_till') or self.till}:{number}" if number else ""

    @property
    def refunded(self) -> int:
        by_lines = sum(line.quantity * line.unit_price for line in self.canonical.lines)
        return self.canonical.totals.refunded or by_lines


def is_damaged(line: Line) -> bool:
    return line.properties.get("condition", "").strip().casefold() in DAMAGED


def read_receipt(reader: Reader, message: InboxMessage) -> Receipt | Quarantined | Any:
    """The receipt a message brings, or the verdict of the contract that read it."""
    if message.topic in FORMS:
        form = FORMS[message.topic].model_validate(parse(bytes(message.body)))
        return Receipt(form.canonical, returned=message.topic == RETURN)
    reading = reader.read(message)
    if not isinstance(reading, Mapped):
        return reading
    till, _, number = reading.order.external_id.partition(":")
    if not till.strip() or not number.strip():
        said = Text("the till or the receipt is not named")
        return Quarantined((Finding("rows[0].till", said, Text("Name both; the two together are the receipt's id.")),))
    return Receipt(reading.order, returned=reading.contract.startswith(RETURN))
