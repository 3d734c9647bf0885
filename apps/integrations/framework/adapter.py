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


# What a contract can offer, and the method of the client that each of these needs. What else a node can do is no matter of it.
METHODS = {Capability.LOOK_UP: "look_up", Capability.CANCEL: "cancel"}
OF_A_CONTRACT = frozenset({*METHODS, Capability.ACCEPT_REJECT, Capability.PARTIAL_CANCEL})


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerAdapter:
    """``kind``: the folder's name. ``version``: of the external contract; ``contract``: the document that describes it.

    ``read_callback``: what a verified message says; raises MalformedJSON, CallbackNotUnderstood. ``settings``: what is asked
    for on the partner's form besides address, token and secret. ``capabilities``: what the contract offers at all; what one
    node of a partner really does is ticked at the node.
    """

    kind: str
    title: str
    version: str
    client: type[PartnerClient]
    signature: CallbackSignature
    read_callback: Callable[[bytes], Callback]
    capabilities: frozenset[Capability]
    settings: type[BaseModel] = NoSettings
    # When the partner ends this version of its contract, and what stops then.
    deprecated_on: date | None = None
    breaks: str = ""
    contract: Path | None = None

    def can(self, capability: Capability) -> bool:
        """Whether it stands in the contract's way: what is no matter of contracts never does."""
        return capability not in OF_A_CONTRACT or capability in self.capabilities

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
        found = [self._about(capability, method) for capability, method in METHODS.items()]
        if self.client.submit is PartnerClient.submit:
            found.append("its client has no submit()")
        if beyond := sorted(self.capabilities - OF_A_CONTRACT):
            found.append(f"{', '.join(beyond)} is what a node can do, not what a contract offers")
        if self.contract is not None and not self.contract.is_file():
            found.append(f"its contract {self.contract.name} is not there")
        return [sentence for sentence in found if sentence]

    def _about(self, capability: Capability, method: str) -> str:
        has_it = getattr(self.client, method) is not getattr(PartnerClient, method)
        if (capability in self.capabilities) == has_it:
            return ""
        if has_it:
            return f"its client has {method}(), but it does not declare {capability}"
        return f"it declares {capability}, but its client has no {method}()"
