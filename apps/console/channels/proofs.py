"""What a channel can do, in words: what its adapter declares and what was proven of it."""

from __future__ import annotations

from dataclasses import dataclass

from apps.channels.models import Channel
from apps.console.channels.capability_texts import CAPABILITIES
from apps.contracts.selectors import CapabilityProof, proofs_of
from apps.ui.language import translated


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    proof: CapabilityProof


def proof_rows(channel: Channel) -> list[Row]:
    return [
        Row(translated(CAPABILITIES.get(one.capability, one.capability.replace("_", " "))), one)
        for one in proofs_of(channel)
    ]
