"""Reads of cases, and every lock on them: after the order's and its fulfillment orders', in pk order."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.accounts.caller import caller_of_user
from apps.accounts.models import User
from apps.casework.errors import CaseClosed, CaseNotFound, CaseStale
from apps.casework.models import CaseLink, CaseWatcher, ExceptionCase, Queue
from apps.casework.states import MERGED, SHORTAGES, STANDING, CaseState, CaseType, WaitingOn
from apps.casework.visibility import cases as visible_cases
from apps.compensation.models import ExternalEffect
from apps.compensation.selectors import effect_on
from apps.compensation.states import EffectKind, EffectState
from apps.core import clock
from apps.core.bulk.raw_rows import select_joined
from apps.core.models import Event
from apps.inventory.models import StockLevel
from apps.orders.models import Order

PRESENT = timedelta(seconds=30)
LONGEST_CHAIN = 20
ABOUT_LEVEL = "level:"
_MENTION = re.compile(r"(?<![\w@])@([\w.+-]*\w)")


def lock_case(case_id: int, *, expected_version: int | None = None) -> ExceptionCase:
    """The case, locked, with its order (not locked). Raises CaseNotFound, CaseStale."""
    return _found(_locking().filter(pk=case_id), case_id, expected_version)


def lock_case_by_ref(case_ref: str, *, expected_version: int | None = None) -> ExceptionCase:
    """The same by public id."""
    return _found(_locking().filter(public_id=case_ref), case_ref, expected_version)


def lock_standing_case(case_id: int, *, expected_version: int | None = None) -> ExceptionCase:
    """A case that has not ended, locked. Raises CaseNotFound, CaseStale, CaseClosed."""
    case = lock_case(case_id, expected_version=expected_version)
    refuse_ended(case)
    return case


def lock_cases(case_ids: Iterable[int]) -> list[ExceptionCase]:
    """Those of the cases that exist, locked in pk order, with their orders (not locked)."""
    return list(_locking().filter(pk__among=case_ids).order_by("pk"))


def lock_all_of(case_ids: Collection[int]) -> dict[int, ExceptionCase]:
    """All of the cases, locked in pk order, by pk. Raises CaseNotFound."""
    found = {case.pk: case for case in lock_cases(case_ids)}
    missing = set(case_ids) - found.keys()
    if missing:
        raise CaseNotFound(case=min(missing))
    return found


def lock_standing_about(problems: Collection[tuple[str, str]]) -> dict[tuple[str, str], ExceptionCase]:
    """What stands about each (type, subject), locked in pk order; for a merged case the one it went into."""
    own = Q(type__in={kind for kind, _ in problems}, subject_ref__in={subject for _, subject in problems})
    # A look without locks first: mostly there is nothing, and then nothing needs to be locked.
    rows = ExceptionCase.objects.filter(
        Q(own, state__in=STANDING) | Q(own, merged_into__isnull=False, resolution_code=MERGED)
    )
    about = rows.order_by("merged_into", "pk").values_list("type", "subject_ref", "merged_into", "pk")
    # Own cases come last (their merged_into is null), so they win.
    found = {(kind, subject): into or pk for kind, subject, into, pk in about if (kind, subject) in problems}
    if not found:
        return {}
    locked = {
        case.pk: case for case in _locking().filter(pk__in=set(found.values()), state__in=STANDING).order_by("pk")
    }
    return {key: locked[pk] for key, pk in found.items() if pk in locked}


def standing_of_orders(order_ids: Collection[int], *case_types: str) -> list[ExceptionCase]:
    """Cases of these types about these orders whose cause stands, not locked; those merged into another among them."""
    rows = ExceptionCase.objects.filter(order_id__among=order_ids, type__in=case_types)
    return list(rows.filter(Q(state__in=STANDING) | Q(merged_into__isnull=False, resolution_code=MERGED)))


def level_of(case: ExceptionCase) -> StockLevel | None:
    """The stock level the case is about; None: it is about something else."""
    if not case.subject_ref.startswith(ABOUT_LEVEL):
        return None
    pk = int(case.subject_ref.removeprefix(ABOUT_LEVEL))
    return StockLevel.objects.select_related("node", "sku").filter(pk=pk).first()


def effect_to_undo(case: ExceptionCase) -> ExternalEffect | None:
    """What the case says could not be undone outside, as it stands by now; None: it is about something else."""
    if case.type != CaseType.COMPENSATION_STUCK:
        return None
    return effect_on(EffectKind.PARTNER_SUBMISSION, case.subject_ref)


def is_stuck(case: ExceptionCase) -> bool:
    """Whether the case is about what could not be undone outside, and still is not."""
    effect = effect_to_undo(case)
    return effect is not None and effect.state == EffectState.STUCK


def is_in_doubt(case: ExceptionCase) -> bool:
    """Whether the case is why nothing ships from a level any more."""
    level = level_of(case) if case.type == CaseType.STOCK_DISCREPANCY else None
    return level is not None and level.doubted_at is not None


def case_with_its_own(public_id: str) -> ExceptionCase | None:
    """The case with its order, owner and queue at hand; None: there is none."""
    found = select_joined(_WITH_ITS_OWN, [public_id], c=ExceptionCase, o=Order, u=User, q=Queue)
    if not found:
        return None
    case: ExceptionCase
    case, case.order, case.owner, case.queue = found[0]
    return case


_WITH_ITS_OWN = """
  FROM casework_exceptioncase c LEFT JOIN orders_order o ON o.id = c.order_id LEFT JOIN accounts_user u ON u.id = c.owner_id
  LEFT JOIN casework_queue q ON q.id = c.queue_id
 WHERE c.public_id = %s
"""


def cases_beside(case: ExceptionCase, *, email: str, most: int) -> list[ExceptionCase]:
    """Cases that stand beside an order's: the order's others first, then those of the same type about the same customer."""
    of = {"case": case.pk, "order": case.order_id, "type": case.type, "email": email, "most": most}
    found = []
    for beside, beside.order in select_joined(_BESIDE, of, c=ExceptionCase, o=Order):
        found.append(beside)
    return found


_BESIDE = """
  FROM casework_exceptioncase c JOIN orders_order o ON o.id = c.order_id
 WHERE c.order_id = ANY(%(order)s::bigint || ARRAY(SELECT order_id FROM orders_ordercontact WHERE email = %(email)s AND email <> ''))
   AND c.state IN ('open', 'in_progress', 'waiting') AND c.id <> %(case)s AND (c.order_id = %(order)s OR c.type = %(type)s)
 ORDER BY c.order_id <> %(order)s, c.id DESC LIMIT %(most)s
"""


def mentioned_in(text: str) -> tuple[list[User], list[str]]:
    """(the colleagues a text names with @username, the names that nobody here has)."""
    names = {name.lower(): name for name in _MENTION.findall(text)}
    if not names:
        return [], []
    anyone = Q()
    for name in names:
        anyone |= Q(username__iexact=name)
    found = list(User.objects.filter(anyone, is_active=True).order_by("pk"))
    known = {user.username.lower() for user in found}
    return found, [given for name, given in names.items() if name not in known]


def may_see(user: User, case_ids: Collection[int]) -> set[int]:
    """Which of the cases this colleague gets to see."""
    return set(visible_cases(caller_of_user(user)).filter(pk__in=case_ids).values_list("pk", flat=True))


def lock_free(due: Q) -> QuerySet[ExceptionCase]:
    """Cases that are ``due``, oldest first; those another transaction has in hand are left to it."""
    return (
        ExceptionCase.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
        .select_related("order", "owner", "escalation")
        .filter(due)
        .order_by("pk")
    )


def _locking() -> QuerySet[ExceptionCase]:
    return ExceptionCase.objects.select_for_update(no_key=True, of=("self",)).select_related("order")


def _found(rows: QuerySet[ExceptionCase], given: object, expected_version: int | None) -> ExceptionCase:
    case = rows.first()
    if case is None:
        raise CaseNotFound(case=given)
    refuse_stale(case, expected_version)
    return case


def refuse_stale(case: ExceptionCase, expected_version: int | None) -> None:
    """Raises CaseStale unless ``expected_version`` is None or the version the case has."""
    if expected_version is not None and expected_version != case.version:
        raise CaseStale(current=case.version)


def refuse_ended(case: ExceptionCase) -> None:
    """Raises CaseClosed."""
    if case.state not in STANDING:
        raise CaseClosed(state=case.state)


def waiting_for_stock(sku_ids: Collection[int]) -> list[int]:
    """Pks of cases put aside until stock of one of these SKUs arrives; a shortage is left to routing, which clears it."""
    rows = ExceptionCase.objects.filter(
        state=CaseState.WAITING, waiting_on=WaitingOn.STOCK, order__lines__sku_id__in=sku_ids
    )
    return list(rows.exclude(type__in=SHORTAGES).order_by().values_list("pk", flat=True).distinct())


def answered(limit: int) -> list[int]:
    """Pks of cases that wait for a partner or a customer who has responded since, on the timeline of their order."""
    later = Event.objects.filter(stream=OuterRef("order__public_id"), recorded_at__gt=OuterRef("waiting_since"))
    partner = Q(waiting_on=WaitingOn.PARTNER) & Exists(later.filter(actor__startswith="partner:"))
    # What a customer changes comes through the channel.
    customer = Q(waiting_on=WaitingOn.CUSTOMER) & Exists(later.filter(actor__startswith="channel:"))
    rows = ExceptionCase.objects.filter(partner | customer, state=CaseState.WAITING)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def who_is_there(case_id: int) -> list[User]:
    """Who has had the case open within the last half minute, by name."""
    seen = CaseWatcher.objects.filter(case_id=case_id, seen_at__gt=clock.now() - PRESENT)
    return list(User.objects.filter(pk__in=seen.values("user_id")).order_by("first_name", "username"))


def linked_cases(case_id: int) -> QuerySet[ExceptionCase]:
    """The cases somebody linked to this one."""
    links = CaseLink.objects.filter(Q(first=case_id) | Q(second=case_id))
    pairs = links.values_list("first_id", "second_id")
    return ExceptionCase.objects.filter(pk__in=[pk for pair in pairs for pk in pair if pk != case_id])


def events_of(case: ExceptionCase) -> QuerySet[Event]:
    """What happened to the case itself, newest first."""
    stream = case.order.public_id if case.order else case.public_id
    return Event.objects.filter(stream=stream, subject_ref=case.public_id).order_by("-pk")


def cause_chain(case: ExceptionCase) -> list[Event]:
    """The event that caused the case, what caused that, and so on to the first; at most twenty."""
    chain: list[Event] = []
    at = case.cause
    while at is not None and len(chain) < LONGEST_CHAIN:
        event = Event.objects.filter(pk=at).first()
        if event is None:
            break
        chain.append(event)
        at = event.cause
    return chain
