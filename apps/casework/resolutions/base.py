"""What a resolution is: its parameters, its computed effect, and what doing it returns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

from apps.accounts.caller import Caller
from apps.casework.approvals.proposing import propose
from apps.casework.approvals.registry import version_of
from apps.casework.models import ApprovalRequest
from apps.casework.resolutions.facts import Facts
from apps.core.actor import Actor
from apps.core.text import Text

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

    @property
    def margin_loss_minor(self) -> int:
        """By how much our margin falls, as far as it is known."""
        return max(-(self.margin_minor or 0), 0)

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        data["new_promise"] = self.new_promise.isoformat() if self.new_promise else None
        return data


@dataclass(frozen=True, slots=True)
class Done:
    """What doing it led to, in words without personal data. ``ends`` False: the case goes on (it waits, or was merged)."""

    outcome: str
    ends: bool = True


def plain(params: Params) -> dict[str, Any]:
    """Parameters as JSON keeps them; ``read_params`` reads them back."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in params.items()}


class Resolution(ABC):
    """One thing that can be done about cases; the registry finds every subclass in ``kinds``.

    ``code`` is its row in the table of limits and ``label`` what people call it. ``counts_as``: resolutions of one family count
    together against limits; empty: it counts by itself. The parameters that methods get were read and completed.
    """

    code: ClassVar[str]
    label: ClassVar[str]
    counts_as: ClassVar[str] = ""

    @abstractmethod
    def why_not(self, facts: Facts) -> str:
        """Why it can't be done about this case, as a sentence; empty: it can."""

    def params(self, facts: Facts) -> Sequence[ParamSpec]:
        """What there is to fill in, for a case it can be done about."""
        return ()

    @abstractmethod
    def effect(self, facts: Facts, params: Params) -> Effect:
        """What would come of it. Changes nothing; raises a DomainError for what can't be done."""

    @abstractmethod
    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        """Do it, under the locks of the order and the case. Raises a DomainError for what can't be done."""

    @abstractmethod
    def because(self, facts: Facts, effect: Effect | None) -> str:
        """Why it is recommended, in half a sentence. ``effect`` None: parameters are missing first."""

    def doubtful(self, facts: Facts, effect: Effect) -> bool:
        """Whether it fits, but not as the first thing to do: so much is at stake."""
        return False

    def approval(self, facts: Facts, params: Params) -> str:
        """The kind of proposal it becomes beyond somebody's limits."""
        return "resolution"

    def four_eyes(self, facts: Facts, params: Params) -> bool:
        """Whether it needs another's agreement whatever the limits say, where somebody is set up to give it."""
        return False

    def propose(
        self, facts: Facts, params: Params, effect: Effect, crossed: tuple[str, ...], reason: str, caller: Caller
    ) -> ApprovalRequest:
        """Ask for another's agreement, because of the limits ``crossed``; ``reason``: the maker's own words, if any."""
        case, order = facts.case, facts.order
        target = order.public_id if order else case.public_id
        return propose(
            kind=self.approval(facts, params),
            target_ref=target,
            target_version=version_of(target) or 0,
            payload={"case": case.public_id, "code": self.code, "params": plain(params)},
            before={"problem": case.sentence},
            after={"resolution": self.label, "effect": effect.sentence},
            effect=effect.to_json(),
            reason=reason or Text("{label}: {effect}", label=Text.literal(self.label), effect=effect.sentence),
            limits=crossed,
            amount_minor=effect.amount_minor,
            currency=effect.currency or facts.currency,
            node=str(params.get("node") or facts.node),
            case_id=case.pk,
            order_id=order.pk if order else None,
            actor=caller.actor,
        )


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
