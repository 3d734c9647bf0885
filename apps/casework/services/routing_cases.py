"""Where a new case goes: severity and queue by its kind, then the first rule that fits, then an owner by the rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count

from apps.accounts.models import User
from apps.casework.escalation import minutes_to_next
from apps.casework.models import CaseKind, EscalationPolicyVersion, ExceptionCase, Queue, QueueRule
from apps.casework.recipients import may_own
from apps.casework.states import DEFAULT_SEVERITY, PRIORITY_OF, STANDING, OwnerRule, Severity
from apps.core import database_clock
from apps.core.money import in_hundredths, of_hundredths
from apps.core.process_cache import get_or_load


@dataclass(frozen=True, slots=True)
class _Setup:
    """What operations set up, at most a second old."""

    kinds: Mapping[str, CaseKind]
    rules: Sequence[QueueRule]
    escalations: Mapping[int, EscalationPolicyVersion]


def _setup() -> _Setup:
    return get_or_load("casework", "setup", _read_setup)


def _read_setup() -> _Setup:
    active = EscalationPolicyVersion.objects.filter(active=True)
    by_policy = {version.policy_id: version for version in active}
    queues = Queue.objects.filter(escalation__isnull=False).values_list("pk", "escalation")
    return _Setup(
        {kind.code: kind for kind in CaseKind.objects.all()},
        list(QueueRule.objects.filter(active=True)),
        {pk: by_policy[policy] for pk, policy in queues if policy in by_policy},
    )


def place_cases(cases: Sequence[ExceptionCase]) -> None:
    """Give cases that are not saved yet their severity, queue, priority, escalation and owner."""
    setup = _setup()
    owned: list[tuple[ExceptionCase, QueueRule]] = []
    for case in cases:
        rule = _place(case, setup)
        if rule is not None and rule.owner_rule != OwnerRule.NOBODY and case.owner_id is None:
            owned.append((case, rule))
    if owned:
        _give_owners(owned)


def _place(case: ExceptionCase, setup: _Setup) -> QueueRule | None:
    kind = setup.kinds.get(case.type)
    case.severity = case.severity or (kind.severity if kind else DEFAULT_SEVERITY.get(case.type, Severity.MEDIUM))
    rule = next((rule for rule in setup.rules if _fits(rule, case)), None)
    case.queue_id = rule.queue_id if rule else kind.queue_id if kind else None
    case.priority = (rule.priority if rule else None) or PRIORITY_OF[case.severity]
    start_escalation(case, setup.escalations.get(case.queue_id or 0))
    return rule


def start_escalation(case: ExceptionCase, version: EscalationPolicyVersion | None) -> None:
    """The case keeps this version, whatever is published later. None: nobody will be notified."""
    case.escalation, case.escalation_level, case.next_escalation_at = version, 0, None
    minutes = minutes_to_next(version, 0) if version else None
    if minutes is not None:
        case.next_escalation_at = database_clock.now() + timedelta(minutes=minutes)


def _fits(rule: QueueRule, case: ExceptionCase) -> bool:
    wanted = (
        (rule.types, case.type),
        (rule.channels, case.channel),
        (rule.tiers, case.customer_tier),
        (rule.countries, case.country),
        (rule.nodes, case.node),
    )
    if any(allowed and value not in allowed for allowed, value in wanted):
        return False
    least, most = rule.least_value_minor, rule.most_value_minor
    return (least is None or in_hundredths(case.value_minor, case.currency) >= least) and (
        most is None or case.value_minor <= of_hundredths(most, case.currency)
    )


def _give_owners(owned: Sequence[tuple[ExceptionCase, QueueRule]]) -> None:
    # Whose turn it is, and how much everybody has, is decided under the queue's lock: two openers at once take turns too.
    queues = Queue.objects.select_for_update(no_key=True, of=("self",)).order_by("pk")
    waiting = {queue.pk: queue for queue in queues.filter(pk__in={rule.queue_id for _, rule in owned})}
    members = _members(waiting)
    load = _load(members) if any(rule.owner_rule == OwnerRule.LEAST_LOADED for _, rule in owned) else Counter()
    holders = _holders({case.order_id for case, rule in owned if rule.owner_rule == OwnerRule.STICKY})
    for case, rule in owned:
        sticky = rule.owner_rule == OwnerRule.STICKY
        there = may_own(case, members.get(rule.queue_id, []))
        held = may_own(case, holders.get(case.order_id or 0, [])) if sticky else []
        least = load if rule.owner_rule == OwnerRule.LEAST_LOADED else None
        case.owner = held[-1] if held else _next(waiting[rule.queue_id], there, least)
        if case.owner is not None:
            load[case.owner.pk] += 1
            if sticky and case.order_id is not None:
                holders.setdefault(case.order_id, []).append(case.owner)
    for queue in waiting.values():
        Queue.objects.filter(pk=queue.pk).update(last_turn=queue.last_turn)


def _next(queue: Queue, members: Sequence[User], load: Counter[int] | None) -> User | None:
    """The member after the one whose turn it was last; with ``load`` only among those who have least."""
    if load is not None and members:
        least = min(load[member.pk] for member in members)
        members = [member for member in members if load[member.pk] == least]
    if not members:
        return None
    turn = next((member for member in members if member.pk > queue.last_turn), members[0])
    queue.last_turn = turn.pk
    return turn


def _members(queues: Mapping[int, Queue]) -> dict[int, list[User]]:
    """The people who take turns, in a fixed order, by queue."""
    people = User.objects.filter(queues__in=list(queues)).order_by("pk").distinct().in_bulk()
    found: dict[int, list[User]] = {}
    for user, queue in User.objects.filter(queues__in=list(queues)).order_by("pk").values_list("pk", "queues"):
        found.setdefault(queue, []).append(people[user])
    return found


def _load(members: Mapping[int, Sequence[User]]) -> Counter[int]:
    """How many cases stand with each of them, in all queues."""
    people = {member.pk for there in members.values() for member in there}
    rows = ExceptionCase.objects.filter(state__in=STANDING, owner__in=people).order_by().values_list("owner")
    return Counter(dict(rows.annotate(count=Count("pk"))))


def _holders(order_ids: set[int | None]) -> dict[int, list[User]]:
    """Who has each order, whose word counts most last: owners of cases that ended, then of those that stand, the latest last."""
    rows = ExceptionCase.objects.filter(order__in=order_ids - {None}, owner__isnull=False).select_related("owner")
    found: dict[int, list[User]] = {}
    for case in sorted(rows, key=lambda case: (case.state in STANDING, case.pk)):
        if case.order_id is not None and case.owner is not None:
            found.setdefault(case.order_id, []).append(case.owner)
    return found
