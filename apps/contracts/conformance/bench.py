"""What an adapter is proven against: a shop to call, orders and articles known to be there, and a way to spoil calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from apps.channels.framework.adapter import ChannelAdapter
from apps.channels.framework.shop import Shop
from apps.channels.framework.stock import Article
from apps.channels.mapping.documents import Document
from apps.channels.mapping.engine import apply
from apps.channels.mapping.envelopes import unwrap
from apps.channels.mapping.recognition import fits
from apps.channels.mapping.results import Mapped
from apps.channels.mapping.scope import MappingContext
from apps.core.text import Text, within
from apps.orders.canonical import CanonicalOrder


class NotProven(Exception):
    """The adapter does not do what it declares; says what it did."""


class ProbeSkipped(Exception):
    """It can't be tried here; says why: nothing to try it on, or a shop that must not be written to."""


class Faults(Protocol):
    """How a simulated shop is made to misbehave, and what it received."""

    def spoil(self, status: int, *, writes: bool, after: bool) -> None:
        """The next call, or the next that writes, is answered so; ``after``: having acted on it."""

    def garble(self) -> None:
        """The answer to the next call breaks off in the middle, with a status that says all is well."""

    def delay(self, seconds: float) -> None:
        """The next call is answered so much later."""

    def heal(self) -> None:
        """No call is spoiled any more."""

    def received(self, text: str) -> int:
        """How often the text stands in what the shop received."""


@dataclass(frozen=True)
class Bench:
    """``client``: makes a fresh one of whom nobody has called yet. ``payloads``: orders that are in the shop, as its messages bring
    them, the first of which may be shipped and the second called off. ``faults``: None for a real shop, of which nothing can be spoiled; ``writes``: it may
    be written to."""

    adapter: ChannelAdapter
    documents: Sequence[Document]
    client: Callable[[], Shop]
    context: MappingContext = field(default_factory=MappingContext)
    payloads: Sequence[Any] = ()
    articles: Sequence[Article] = ()
    faults: Faults | None = None
    writes: bool = False
    secret: str = ""

    def may_write(self) -> None:
        if not self.writes:
            raise ProbeSkipped(Text("it would change something in the shop, and only reading was asked for"))

    def specimen(self, number: int) -> CanonicalOrder:
        """One of the orders in the shop, as its contract reads it."""
        if not self.payloads:
            raise ProbeSkipped(Text("the shop has no order to try it on"))
        return self.read(self.payloads[min(number, len(self.payloads) - 1)])

    def read(self, payload: Any) -> CanonicalOrder:
        """A payload by the contracts of the adapter. Raises NotProven where none reads it."""
        form = self.adapter.messages
        if not self.adapter.contracts and not self.documents:
            return CanonicalOrder.model_validate(payload)
        order = unwrap(form, payload)
        if isinstance(order, dict) and form.only_names(order):
            whole = self.client().whole_order(self._id_in(order))
            order = whole if whole is not None else order
        for document in self.documents:
            if fits(document, order):
                outcome = apply(document, order, self.context)
                if isinstance(outcome, Mapped):
                    return outcome.order
                raise NotProven(
                    within(
                        Text(
                            "an order of the shop is not read by {contract}: {outcome}",
                            contract=document.contract,
                            outcome=outcome,
                        ),
                        300,
                    )
                )
        raise NotProven(Text("no contract has the shape of an order of the shop"))

    def _id_in(self, order: Mapping[str, Any]) -> str:
        for path in self.adapter.messages.ids:
            if (found := path.read(order)) is not None:
                return str(found)
        return ""

    def some_articles(self) -> Sequence[Article]:
        if not self.articles:
            raise ProbeSkipped(Text("the shop has no article to try it on"))
        return self.articles
