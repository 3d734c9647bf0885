"""One partner adapter: everything the system knows of one external contract, in one object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from apps.core.validation import refusal_of
from apps.integrations.framework.base import Callback, Connection, PartnerClient
from apps.integrations.framework.offers import METHODS, OF_A_CARRIER, OF_A_CONTRACT, Offer
from apps.network.models import Capability


class CallbackSignature(Protocol):
    """How the partner's callbacks show who sent them."""

    def verify(self, secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Raises ``SignatureRefused`` or ``SecretUnusable``."""

    def sign(self, secret: str, body: bytes, *, message_id: str, at: datetime) -> dict[str, str]:
        """The headers by which a partner shows who it is: what a simulated partner sends, and a test."""


class NoSettings(BaseModel):
    """Nothing is asked for besides address, token and secret."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerAdapter:
    """``kind``: the folder's name. ``version``: of the external contract; ``contract``: the document that describes it.

    ``capabilities``: what the contract offers at all of what is ticked at nodes; what one node of a partner really does is
    ticked there. ``offers``: what it offers besides. ``read_callback``: what a verified message says; raises MalformedJSON,
    CallbackNotUnderstood; it and ``signature`` are None where the partner reports nothing. ``settings``: what is asked for on
    the partner's form besides address, token and secret.
    """

    kind: str
    title: str
    version: str
    client: type[PartnerClient]
    capabilities: frozenset[Capability]
    offers: frozenset[Offer] = frozenset()
    signature: CallbackSignature | None = None
    read_callback: Callable[[bytes], Callback] | None = None
    # Messages as the partner sends them, from its documentation: what reading them is tried on.
    examples: tuple[bytes, ...] = ()
    settings: type[BaseModel] = NoSettings
    # When the partner ends this version of its contract, and what stops then.
    deprecated_on: date | None = None
    breaks: str = ""
    contract: Path | None = None
    # Its partners are reached at a mailto: address, and by no other.
    by_mail: bool = False

    def can(self, capability: Capability) -> bool:
        """Whether it stands in the contract's way: what is no matter of contracts never does."""
        return capability not in OF_A_CONTRACT or capability in self.capabilities

    def declares(self, ability: Capability | Offer) -> bool:
        return ability in self.capabilities or ability in self.offers

    @property
    def takes_orders(self) -> bool:
        """Whether fulfillment orders are handed to it; a carrier's adapter takes none."""
        return not self.offers & OF_A_CARRIER or self.client.submit is not PartnerClient.submit

    def connect(self, base_url: str, token: str, settings: Mapping[str, Any]) -> PartnerClient:
        """A client for one partner. Raises pydantic's ValidationError where the settings are not what it asks for."""
        return self.client(Connection(base_url, token, self.settings.model_validate(dict(settings))))

    @property
    def asks_more(self) -> bool:
        """Whether it has settings at all."""
        return bool(self.settings.model_fields)

    def wrong_settings(self, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What is wrong with them: which one, and a sentence."""
        try:
            self.settings.model_validate(dict(settings))
        except ValidationError as error:
            return [(".".join(map(str, one["loc"])), refusal_of(one)) for one in error.errors()]
        return []

    def contradictions(self) -> list[str]:
        """What it declares and does not have, or has and does not declare; in sentences."""
        found = [self._about(ability, method) for ability, method in METHODS.items()]
        if self.takes_orders and self.client.submit is PartnerClient.submit:
            found.append("its client has no submit()")
        reads = self.signature is not None and self.read_callback is not None
        if reads != (Offer.CALLBACKS in self.offers):
            found.append(
                "it reads callbacks, but does not declare callbacks"
                if reads
                else "it declares callbacks, but has no signature or no read_callback"
            )
        if beyond := sorted(self.capabilities - OF_A_CONTRACT):
            found.append(f"{', '.join(beyond)} is what a node can do, not what a contract offers")
        if self.contract is not None and not self.contract.is_file():
            found.append(f"its contract {self.contract.name} is not there")
        return [sentence for sentence in found if sentence]

    def _about(self, ability: Capability | Offer, method: str) -> str:
        has_it = getattr(self.client, method) is not getattr(PartnerClient, method)
        if self.declares(ability) == has_it:
            return ""
        if has_it:
            return f"its client has {method}(), but it does not declare {ability}"
        return f"it declares {ability}, but its client has no {method}()"
