"""What is done to a case, a message or a partner's doubt outside the list of resolutions, by the rows of the table that allow
it there. None of it costs anything, so there is nothing to propose: who may not is refused."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.caller import Caller
from apps.casework import selectors
from apps.casework.models import ExceptionCase
from apps.casework.resolutions import limits
from apps.casework.resolutions.errors import BeyondLimits
from apps.casework.resolutions.facts import Facts
from apps.casework.resolutions.registry import RESOLUTIONS
from apps.casework.services.ending import merge_cases, resolve_case
from apps.casework.services.waiting import wait_case
from apps.channels.models import InboxMessage
from apps.channels.services.replay import replay_message
from apps.contracts.models import ReplayJob
from apps.contracts.selectors import ProblemKind
from apps.contracts.services.replaying import start_replay
from apps.fulfillment.models import FulfillmentOrder
from apps.integrations.services import confirm_not_received


def refuse_unless_ruled(code: str, caller: Caller, case: ExceptionCase) -> None:
    """Raises BeyondLimits where the table does not let the caller's role do this about such a case."""
    verdict = limits.judge(RESOLUTIONS[code], Facts(case), {}, None, caller, limits.rule_for(code, caller.role))
    if not verdict.allowed:
        raise BeyondLimits(why=verdict.why_not)


@transaction.atomic
def merge_by_rule(into_id: int, *, others: Collection[int], caller: Caller) -> ExceptionCase:
    """Close ``others`` into one case. Raises BeyondLimits and what ``merge_cases`` does."""
    for case in selectors.lock_all_of({into_id, *others}).values():
        if case.pk != into_id:
            refuse_unless_ruled("merge", caller, case)
    return merge_cases(into_id, others=others, actor=caller.actor)


@transaction.atomic
def resolve_by_word(
    case_ref: str,
    *,
    resolution: str,
    reason_code: str = "",
    dismiss: bool = False,
    expected_version: int | None = None,
    caller: Caller,
) -> ExceptionCase:
    """Say how a case ended. Raises BeyondLimits and what ``resolve_case`` does."""
    case = selectors.lock_case_by_ref(case_ref, expected_version=expected_version)
    refuse_unless_ruled("handled_outside", caller, case)
    return resolve_case(case_ref, resolution=resolution, reason_code=reason_code, dismiss=dismiss, actor=caller.actor)


@transaction.atomic
def wait_by_rule(
    case_id: int,
    *,
    on: str,
    until: datetime | None = None,
    note: str = "",
    expected_version: int | None = None,
    caller: Caller,
) -> ExceptionCase:
    """Put a case aside. Raises BeyondLimits and what ``wait_case`` does."""
    refuse_unless_ruled("wait", caller, selectors.lock_case(case_id, expected_version=expected_version))
    return wait_case(case_id, on=on, until=until, note=note, actor=caller.actor)


@transaction.atomic
def read_again_by_rule(message_ref: str, *, caller: Caller) -> InboxMessage:
    """Have a message read once more. Raises BeyondLimits and what ``replay_message`` does."""
    refuse_unless_ruled("read_again", caller, ExceptionCase(subject_ref=message_ref))
    return replay_message(message_ref, actor=caller.actor)


@transaction.atomic
def read_all_again_by_rule(
    rows: QuerySet[InboxMessage], *, kind: ProblemKind | None = None, channel: str = "", caller: Caller
) -> ReplayJob:
    """Have these messages read once more, part by part; ``kind`` and ``channel`` say which they are. Raises BeyondLimits and what
    ``start_replay`` does."""
    refuse_unless_ruled("read_again", caller, ExceptionCase())
    ids = rows.order_by("pk").values_list("pk", flat=True)
    return start_replay(ids, kind=kind, channel=channel, actor=caller.actor)


@transaction.atomic
def send_again_by_rule(row: FulfillmentOrder, *, caller: Caller) -> FulfillmentOrder:
    """The partner says it never came: it is sent again. Raises BeyondLimits and what ``confirm_not_received`` does."""
    case = ExceptionCase(subject_ref=row.public_id, order=row.order, node=row.node.code)
    refuse_unless_ruled("confirm_not_received", caller, case)
    return confirm_not_received(row.pk, actor=caller.actor)
