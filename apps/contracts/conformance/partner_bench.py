"""What a partner's adapter is proven against: a partner to call, orders to send it, and a way to spoil calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from apps.contracts.conformance.bench import NotProven, ProbeSkipped
from apps.core.ids import new_id
from apps.core.text import Text
from apps.integrations.framework.adapter import PartnerAdapter
from apps.integrations.framework.base import Message, PartnerClient, PartnerResponse, Submitted

ResponseT = TypeVar("ResponseT", bound=PartnerResponse)
LINE, UNITS = "1", 2


class PartnerFaults(Protocol):
    """How a simulated partner is made to misbehave, and what it has."""

    def spoil(self, mode: str) -> None:
        """The next call is answered so, in the words of ``orchestrator/sandbox/misbehavior.py``."""

    def heal(self) -> None:
        """No call is spoiled any more."""

    def taken(self, key: str) -> int:
        """How many times it would ship what came under the key."""


class AsksPartner(Protocol):
    def __call__(self, operation: str, ask: Callable[[PartnerClient], ResponseT], /) -> ResponseT:
        """Make one call by a fresh client; its answer."""


@dataclass(frozen=True)
class PartnerBench:
    """``faults``: None for a real partner, of which nothing can be spoiled; ``writes``: orders may be put there. ``location``: by
    the partner's own name; ``sku``: one that it knows. ``secret``: that of its callbacks."""

    adapter: PartnerAdapter
    ask: AsksPartner
    location: str
    sku: str
    faults: PartnerFaults | None = None
    writes: bool = False
    secret: str = ""

    def may_write(self) -> None:
        if not self.writes:
            raise ProbeSkipped(Text("it would put an order there, and only reading was asked for"))

    def new_key(self) -> str:
        return new_id("ful")

    def message(self, key: str, *, units: int = UNITS) -> Message:
        """An order that nobody gave, to nobody."""
        return {
            "fulfillment_order": key,
            "order": f"TEST-{key[-6:]}",
            "node": self.location,
            "service_level": "standard",
            "ship_by": None,
            "deliver_to": _NOBODY,
            "note": "",
            "lines": [{"line_id": LINE, "sku": self.sku, "title": "Test", "quantity": units}],
        }

    def submit(self, key: str, *, units: int = UNITS) -> PartnerResponse:
        message = self.message(key, units=units)
        return self.ask("submit", lambda client: client.submit(message, key=key))

    def handed_over(self) -> tuple[str, Submitted]:
        """An order that the partner has: its key, and the answer. Raises NotProven."""
        self.may_write()
        key = self.new_key()
        said = self.submit(key)
        if not isinstance(said, Submitted):
            raise NotProven(Text("an order was answered with {answer}", answer=said_in_words(said)))
        return key, said

    @property
    def examples(self) -> Sequence[bytes]:
        if not self.adapter.examples:
            raise ProbeSkipped(Text("there is no example of a message to try it on"))
        return self.adapter.examples


_NOBODY: Mapping[str, str] = {
    "name": "Test Order", "company": "", "line1": "1 Test Street", "line2": "", "city": "Leeds", "region": "",
    "postal_code": "LS1 4AP", "country": "GB", "email": "nobody@orderyard.example", "phone": "+441130000000",
}  # fmt: skip


def said_in_words(said: PartnerResponse) -> str:
    """An answer as a finding names it: what kind it is, and the status."""
    return f"{type(said).__name__} ({said.status})"
