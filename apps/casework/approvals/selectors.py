"""Reads of proposals, and every lock on them: order → its fulfillment orders → case → proposal."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from django.db.models import Q, QuerySet

from apps.accounts.caller import Caller, caller_of_user
from apps.accounts.models import ApiKey, Role, User
from apps.casework.approvals.errors import ApprovalNotFound
from apps.casework.models import ApprovalRequest
from apps.casework.selectors import lock_cases
from apps.casework.states import ApprovalState
from apps.casework.visibility import about_nodes
from apps.core import database_clock
from apps.core.text import Text
from apps.fulfillment.selectors import lock_of_orders
from apps.orders.selectors import lock_orders

STAFF, KEY = "staff:", "key:"


def approvals_for(caller: Caller) -> QuerySet[ApprovalRequest]:
    """The proposals the caller may see, newest first, with their order, case and votes at hand."""
    rows = ApprovalRequest.objects.select_related("order", "case").prefetch_related("votes__user").order_by("-pk")
    if caller.channels:
        rows = rows.filter(order__channel__in=caller.channels)
    return rows.filter(_about(caller.nodes) | Q(made_by=str(caller.actor))) if caller.nodes else rows


def _about(nodes: Collection[str]) -> Q:
    """Proposals for one of these nodes; and those about an order or a case of theirs, where they are for no node in
    particular or the policy does not keep them to the node's own people."""
    open_to_others = Q(node="") | Q(own_nodes_only=False)
    return Q(node__in=nodes) | (open_to_others & about_nodes(nodes, node="case__node"))


def is_theirs(row: ApprovalRequest, nodes: Collection[str]) -> bool:
    """Whether it concerns somebody whose job is these nodes; empty: all of them."""
    return not nodes or ApprovalRequest.objects.filter(_about(nodes), pk=row.pk).exists()


def waiting_for(caller: Caller) -> QuerySet[ApprovalRequest]:
    """The pending proposals that wait for the caller's decision: by role, node, and not their own or voted on."""
    rows = approvals_for(caller).filter(state=ApprovalState.PENDING, expires_at__gt=database_clock.now())
    own = [str(caller.actor), *_keys_of(caller.owner)]
    rows = rows.exclude(made_by__in=own).exclude(votes__user__public_id=caller.actor.name)
    if caller.nodes:
        rows = rows.filter(_about(caller.nodes))
    return rows if caller.role == Role.ADMIN else rows.filter(roles__contains=[caller.role])


def _keys_of(person: str) -> list[str]:
    """The keys that a member of staff answers for, or has made."""
    if not person:
        return []
    keys = ApiKey.objects.filter(Q(owner__public_id=person) | Q(created_by=f"{STAFF}{person}"))
    return [f"{KEY}{ref}" for ref in keys.values_list("public_id", flat=True)]


def approval_by_ref(public_id: str) -> ApprovalRequest:
    """Raises ApprovalNotFound."""
    row = ApprovalRequest.objects.select_related("order", "case").filter(public_id=public_id).first()
    if row is None:
        raise ApprovalNotFound(approval=public_id)
    return row


def lock_approval(public_id: str) -> ApprovalRequest:
    """The proposal, locked after its order and its case. Raises ApprovalNotFound."""
    found = lock_approvals([approval_by_ref(public_id).pk])
    if not found:
        raise ApprovalNotFound(approval=public_id)
    return found[0]


def lock_approvals(pks: Iterable[int]) -> list[ApprovalRequest]:
    """The proposals, locked in pk order after their orders and cases."""
    rows = list(ApprovalRequest.objects.filter(pk__in=list(pks)).values_list("pk", "order_id", "case_id"))
    orders = {order for _, order, _ in rows if order is not None}
    cases = {case for _, _, case in rows if case is not None}
    lock_orders(orders)
    lock_of_orders(orders)
    lock_cases(cases)
    locked = ApprovalRequest.objects.select_for_update(no_key=True, of=("self",)).select_related("order", "case")
    return list(locked.filter(pk__in=[pk for pk, _, _ in rows]).order_by("pk"))


def can_decide(row: ApprovalRequest, caller: Caller, user: User | None) -> tuple[bool, str]:
    """Whether this person may decide the proposal now and, if not, why not; the same rule for screens, API and service."""
    if row.state != ApprovalState.PENDING:
        return False, f"It is {row.get_state_display().lower()} already."
    if row.expires_at <= database_clock.now():
        return False, "It has expired."
    if user is None:
        return False, "Only a person can decide this, not an API key."
    if is_maker(row, caller, user):
        return False, "You proposed this yourself; somebody else has to decide it."
    return _may(row, caller, user)


def _may(row: ApprovalRequest, caller: Caller, user: User) -> tuple[bool, str]:
    if caller.role != Role.ADMIN and caller.role not in row.roles:
        return False, _needed(row)
    if not is_theirs(row, caller.nodes):
        return False, f"Only somebody of {row.node} decides this." if row.node else "It is another store's."
    if any(vote.user_id == user.pk for vote in row.votes.all()):
        return False, "You have agreed to this already; a second person has to."
    return True, ""


def _needed(row: ApprovalRequest) -> Text:
    names = [
        Text.literal(str(Role(role).label) if role in Role.values else role) for role in row.roles if role != Role.ADMIN
    ]
    if not names:
        return Text("This needs an administrator.")
    return Text("This needs {roles} or an administrator.", roles=Text.joined(", ", names))


def is_maker(row: ApprovalRequest, caller: Caller, user: User) -> bool:
    """Whoever they act as: a superuser is the same person; what a key proposes, its owner has proposed, and whoever made it."""
    return row.made_by == str(caller.actor) or user.public_id in makers_of(row)


def makers_of(row: ApprovalRequest) -> set[str]:
    """The people (public ids) who proposed it: the person, or who answers for the key that did and who was shown its text."""
    kind, _, ref = row.made_by.partition(":")
    if f"{kind}:" == STAFF:
        return {ref}
    if f"{kind}:" != KEY:
        return set()
    people = ApiKey.objects.filter(public_id=ref).values_list("owner__public_id", "created_by").first() or ("", "")
    return {people[0] or "", people[1].removeprefix(STAFF)} - {""}


def agreed_by(row: ApprovalRequest) -> list[User]:
    """Who has agreed and could still decide it: whoever left, has another role or lost the store since no longer counts."""
    voters = [vote.user for vote in row.votes.all() if vote.approve]
    return [user for user in voters if is_decider(row, user)]


def agreed_count(row: ApprovalRequest) -> int:
    """How many have agreed; of one that was decided, how many had."""
    if row.state != ApprovalState.PENDING:
        return sum(vote.approve for vote in row.votes.all())
    return len(agreed_by(row))


def is_decider(row: ApprovalRequest, user: User) -> bool:
    """Whether somebody, as they are now, is among those who may decide the proposal."""
    role = caller_of_user(user).role
    return user.is_active and (role == Role.ADMIN or role in row.roles) and is_theirs(row, user.nodes)


def lacks_deciders(row: ApprovalRequest) -> bool:
    """Whether too few people have a deciding role for it to be agreed to, its maker not counted. An administrator can decide it
    (``administrators``), but nobody asks them."""
    if row.state != ApprovalState.PENDING:
        return False
    return len(list(islice(those_asked(row), row.needed))) < row.needed


def those_asked(row: ApprovalRequest) -> Iterator[User]:
    """Who has a deciding role, its makers not counted."""
    return _able(row, Q(role__in=row.roles))


def administrators(row: ApprovalRequest) -> Iterator[User]:
    """Who may decide it without being asked, its makers not counted."""
    return _able(row, (Q(role=Role.ADMIN) | Q(is_superuser=True)) & ~Q(role__in=row.roles))


def _able(row: ApprovalRequest, which: Q) -> Iterator[User]:
    makers = makers_of(row)
    people = User.objects.filter(which, is_active=True, is_staff=True).order_by("pk")
    return (user for user in people if user.public_id not in makers and is_decider(row, user))
