"""A difference between messages and their contract taken as it is, by whoever may change the contract."""

from __future__ import annotations

from apps.accounts.caller import Caller
from apps.casework.resolutions.direct.mappings import refuse_unless_everywhere
from apps.contracts.models import ContractDrift
from apps.contracts.services.drifting import accept_drift


def accept_drift_by_rule(drift_ref: str, *, reason: str, caller: Caller) -> ContractDrift:
    """Raises NotAllowed and what ``accept_drift`` does."""
    refuse_unless_everywhere(caller)
    return accept_drift(drift_ref, reason=reason, actor=caller.actor)
