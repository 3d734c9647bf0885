"""Exception cases, what is said and done about them, and approvals, from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python

from apps.api.v1.base import PageOf, Shape
from apps.casework.approvals.registry import name_of
from apps.casework.approvals.selectors import agreed_count, lacks_deciders
from apps.casework.models import ApprovalRequest, CaseAction, CaseComment, CaseKind, ExceptionCase, Queue
from apps.casework.resolutions import Effect, Option
from apps.casework.selectors import effect_to_undo


class CaseOut(Shape):
    """A problem for a person. ``order`` null: it is not about an order. Amounts are minor units of ``currency``.

    ``next_due_at``: when the next of its clocks runs out; null while it stands still. ``version`` is its ETag.
    """

    id: str
    type: str
    severity: str
    state: str
    order: str | None
    subject: str
    sentence: str
    detail: dict[str, Any]
    occurrences: int
    opened_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None
    resolution: str
    resolution_code: str
    reason_code: str
    queue: str | None
    owner: str | None
    priority: int
    waiting_on: str
    wait_until: datetime | None
    value_at_risk: int
    currency: str
    channel: str
    customer_tier: str
    country: str
    node: str
    first_response_at: datetime | None
    next_due_at: datetime | None
    breached_at: datetime | None
    merged_into: str | None
    version: int


class UndoingOut(Shape):
    """What was set off outside and has to be undone. ``attempts`` failed so far; ``note``: how a person settled it."""

    kind: str
    state: str
    attempts: int
    last_error: str
    note: str
    settled_at: datetime | None


class OneCaseOut(CaseOut):
    """``undoing``: how far undoing has come where the case says that it is stuck; null for every other case."""

    undoing: UndoingOut | None


class CasePage(PageOf[CaseOut]):
    """Exception cases."""


class CommentOut(Shape):
    """``author`` is an actor, such as ``staff:usr_…``; ``mentions`` are ids of staff."""

    id: str
    author: str
    body: str
    mentions: list[str]
    written_at: datetime


class CommentPage(PageOf[CommentOut]):
    """Comments of a case."""


class EffectOut(Shape):
    """What would come of it. Money in minor units; ``days`` late (+) or early (-) against the promise.

    ``leaves_building``: once done it can't be undone from here. Nulls: not known.
    """

    sentence: str
    cost: int
    at_stake: int
    margin: int | None
    currency: str
    new_promise: datetime | None
    days: int | None
    customer_message: str
    leaves_building: bool


class ChoiceOut(Shape):
    value: str
    label: str


class ParamOut(Shape):
    """One thing to fill in.

    ``kind``: text, long_text, choice, units (``{line: count}``), count, moment, address (an object) or sku.
    """

    name: str
    label: str
    kind: str
    required: bool
    choices: list[ChoiceOut]
    default: Any
    help: str


class OptionOut(Shape):
    """A resolution as it stands for this case and this caller. ``effect`` null: parameters are missing first.

    ``needs_approval``: beyond the caller's limits, so choosing it makes a proposal.
    """

    code: str
    label: str
    params: list[ParamOut]
    effect: EffectOut | None
    allowed: bool
    why_not: str
    needs_approval: bool
    recommended: bool
    because: str


class OptionsOut(Shape):
    """What can be done about a case, best first; at most one is recommended."""

    case: str
    version: int
    items: list[OptionOut]


class ActionOut(Shape):
    """A resolution that was chosen: ``chosen`` until ``due_at``, then ``done`` or ``refused``; ``undone`` if taken back."""

    id: str
    case: str
    code: str
    params: dict[str, Any]
    state: str
    actor: str
    chosen_at: datetime
    due_at: datetime
    ended_at: datetime | None
    outcome: str


class ApprovalOut(Shape):
    """A proposal. Only a person decides, never its maker: ``may_decide`` says whether the caller may, else ``why_not``.

    ``before``/``after``: as it is and as it would be. ``amount`` in minor units. ``needed``: how many different people; ``agreed``: how many have, and still
    have the role for it. ``nobody_decides``: too few people have; operations know.
    """

    id: str
    kind: str
    name: str
    state: str
    case: str | None
    order: str | None
    target: str
    before: dict[str, Any]
    after: dict[str, Any]
    effect: dict[str, Any]
    reason: str
    limits: list[str]
    amount: int
    currency: str
    node: str
    made_by: str
    made_at: datetime
    roles: list[str]
    needed: int
    agreed: int
    nobody_decides: bool
    expires_at: datetime
    ended_at: datetime | None
    outcome: str
    payload_hash: str
    may_decide: bool
    why_not: str
    version: int


class ApprovalPage(PageOf[ApprovalOut]):
    """Proposals."""


class ChosenOut(Shape):
    """What choosing led to: the ``action``, or the ``approval`` somebody else has to give first."""

    action: ActionOut | None
    approval: ApprovalOut | None


class ProposedOut(Shape):
    """Nothing was done yet: it was beyond the caller's limits, and the ``approval`` waits for somebody else's decision."""

    approval: ApprovalOut


class QueueOut(Shape):
    """Where cases wait. ``standing``: how many the caller would see there now."""

    id: str
    code: str
    name: str
    description: str
    position: int
    standing: int


class QueuePage(PageOf[QueueOut]):
    """Queues."""


class KindOut(Shape):
    """A kind of case: how grave, where it goes first, why it may have happened, what to do."""

    code: str
    name: str
    severity: str
    queue: str | None
    reason_codes: list[str]
    playbook: str
    response_minutes: int
    resolution_minutes: int
    built_in: bool


class KindPage(PageOf[KindOut]):
    """Kinds of cases."""


def case(row: ExceptionCase) -> CaseOut:
    """Needs order, queue, owner and the case it went into at hand."""
    return CaseOut(
        id=row.public_id,
        order=row.order.public_id if row.order else None,
        subject=row.subject_ref,
        detail=row.facts,
        queue=row.queue.code if row.queue else None,
        owner=row.owner.public_id if row.owner else None,
        value_at_risk=row.value_minor,
        merged_into=row.merged_into.public_id if row.merged_into else None,
        **{name: getattr(row, name) for name in _SAME},
    )


_SAME = sorted(
    CaseOut.model_fields.keys() - {"id", "order", "subject", "detail", "queue", "owner", "value_at_risk", "merged_into"}
)


def one_case(row: ExceptionCase) -> OneCaseOut:
    """The same, with what is asked for only of a single case."""
    found = effect_to_undo(row)
    undoing = UndoingOut(**{name: getattr(found, name) for name in UndoingOut.model_fields}) if found else None
    return OneCaseOut(**dict(case(row)), undoing=undoing)


def comment(row: CaseComment) -> CommentOut:
    """Needs its mentions at hand."""
    return CommentOut(
        id=row.public_id,
        author=row.author,
        body=row.body,
        mentions=[user.public_id for user in row.mentions.all()],
        written_at=row.written_at,
    )


def effect(found: Effect) -> EffectOut:
    return EffectOut(
        sentence=found.sentence,
        cost=found.cost_minor,
        at_stake=found.at_stake_minor,
        margin=found.margin_minor,
        currency=found.currency,
        new_promise=found.new_promise,
        days=found.days,
        customer_message=found.customer_message,
        leaves_building=found.leaves_building,
    )


def option(found: Option) -> OptionOut:
    params = [
        ParamOut(
            name=one.name,
            label=one.label,
            kind=one.kind,
            required=one.required,
            choices=[ChoiceOut(value=choice.value, label=choice.label) for choice in one.choices],
            default=to_jsonable_python(one.default),
            help=one.help,
        )
        for one in found.params
    ]
    return OptionOut(
        code=found.code,
        label=found.label,
        params=params,
        effect=effect(found.effect) if found.effect else None,
        allowed=found.allowed,
        why_not=found.why_not,
        needs_approval=found.needs_approval,
        recommended=found.recommended,
        because=found.because,
    )


def chosen_action(row: CaseAction) -> ActionOut:
    """Needs its case at hand."""
    return ActionOut(
        id=row.public_id,
        case=row.case.public_id,
        code=row.code,
        params=row.params,
        state=row.state,
        actor=row.actor,
        chosen_at=row.chosen_at,
        due_at=row.due_at,
        ended_at=row.ended_at,
        outcome=row.outcome,
    )


def approval(row: ApprovalRequest, *, may_decide: bool, why_not: str) -> ApprovalOut:
    """Needs order, case and votes at hand."""
    return ApprovalOut(
        id=row.public_id,
        name=name_of(row.kind),
        case=row.case.public_id if row.case else None,
        order=row.order.public_id if row.order else None,
        target=row.target_ref,
        amount=row.amount_minor,
        agreed=agreed_count(row),
        nobody_decides=lacks_deciders(row),
        may_decide=may_decide,
        why_not=why_not,
        **{name: getattr(row, name) for name in _SAME_APPROVAL},
    )


_SAME_APPROVAL = sorted(
    ApprovalOut.model_fields.keys()
    - {"id", "name", "case", "order", "target", "amount", "agreed", "nobody_decides", "may_decide", "why_not"}
)


def queue(row: Queue, standing: int) -> QueueOut:
    return QueueOut(
        id=row.public_id,
        code=row.code,
        name=row.name,
        description=row.description,
        position=row.position,
        standing=standing,
    )


def kind(row: CaseKind) -> KindOut:
    """Needs its queue at hand."""
    return KindOut(
        code=row.code,
        name=row.name,
        severity=row.severity,
        queue=row.queue.code if row.queue else None,
        reason_codes=row.reason_codes,
        playbook=row.playbook,
        response_minutes=row.response_minutes,
        resolution_minutes=row.resolution_minutes,
        built_in=row.built_in,
    )
