"""What a resolution is made of: its parameters, its computed effect, and what doing it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from apps.accounts.caller import Caller
from apps.casework.models import ApprovalRequest
from apps.casework.resolutions.facts import Facts
from apps.core.actor import Actor

ParamKind = Literal["text", "long_text", "choice", "units", "count", "moment", "address", "sku"]
Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """``problem``: what is wrong with it as it is, in words; of a field of an address."""

    value: str
    label: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ParamSpec:
    """One thing to fill in. ``default`` None: nothing can be proposed.

    Values by ``kind``: text and long_text a string; choice one of ``choices``; units ``{line_id: count}``, where a
    choice stands for each line and its label says how many it may be; count a whole number from 0; moment an ISO 8601
    time with zone; address ``{field: text}`` with the fields in ``choices``; sku a code of our catalog, ``choices`` being
    the likely ones.
    """

    name: str
    label: str
    kind: ParamKind
    required: bool = True
    choices: tuple[Choice, ...] = ()
    default: Any = None
    help: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """What would come of it. Money in minor units of ``currency``; ``days`` late (+) or early (-) against the promise.

    ``cost_minor`` is what it costs us more than leaving it as it is, ``margin_minor`` how our margin changes (None: not
    known), ``at_stake_minor`` what is given away or let pass; limits are held against the larger of cost and stake.
    ``leaves_building``: once done it can't be undone from here. ``cost_unknown``: the goods it is about have no cost in
    the order's currency. ``rests_on``: what it was computed from and has to be the same when it is done.
    """

    sentence: str
    cost_minor: int = 0
    margin_minor: int | None = None
    currency: str = ""
    new_promise: datetime | None = None
    days: int | None = None
    customer_message: str = ""
    leaves_building: bool = False
    at_stake_minor: int = 0
    cost_unknown: bool = False
    rests_on: Mapping[str, Any] = field(default_factory=dict)

    @property
    def amount_minor(self) -> int:
        """What limits are held against."""
        return max(self.cost_minor, self.at_stake_minor, 0)

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        data["new_promise"] = self.new_promise.isoformat() if self.new_promise else None
        return data


@dataclass(frozen=True, slots=True)
class Done:
    """What doing it led to, in words without personal data. ``ends`` False: the case goes on (it waits, or was merged)."""

    outcome: str
    ends: bool = True


def no_params(facts: Facts) -> Sequence[ParamSpec]:
    return ()


@dataclass(frozen=True, slots=True)
class Resolution:
    """One thing that can be done about cases.

    ``why_not`` says in a sentence why it can't be done about this case (empty: it can); ``effect`` computes what would
    come of it and changes nothing; ``perform`` does it, under the locks of the order and the case. Both get parameters
    that were read and completed, and raise a DomainError for what can't be done. ``because`` recommends it in half a
    sentence. ``approval`` names the kind of proposal it becomes beyond somebody's limits.
    """

    code: str
    label: str
    effect: Callable[[Facts, Params], Effect]
    perform: Callable[[Facts, Params, Actor], Done]
    why_not: Callable[[Facts], str]
    because: Callable[[Facts, Effect | None], str]
    params: Callable[[Facts], Sequence[ParamSpec]] = no_params
    approval: Callable[[Facts, Params], str] = field(default=lambda facts, params: "resolution")
    # Needs another's agreement whatever the limits say, where somebody is set up to give it.
    four_eyes: Callable[[Facts, Params], bool] = field(default=lambda facts, params: False)
    # Fits, but not as the first thing to do: so much is at stake.
    doubtful: Callable[[Facts, Effect], bool] = field(default=lambda facts, effect: False)
    # How it is proposed, where that is more than the resolution with its effect.
    propose: Callable[[Facts, Params, tuple[str, ...], str, Caller], ApprovalRequest] | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """A resolution as it stands for one case and one person. ``effect`` None: parameters are missing first."""

    code: str
    label: str
    params: list[ParamSpec]
    effect: Effect | None
    allowed: bool
    why_not: str
    needs_approval: bool
    recommended: bool
    because: str
