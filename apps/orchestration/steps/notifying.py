"""Notifying staff of what needs their attention."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from apps.accounts.events import StaffInvited
from apps.accounts.models import Role, User
from apps.accounts.permissions import SCOPES
from apps.accounts.staff import by_refs, last_resort, of_roles, staff_now
from apps.casework.approvals.registry import name_of
from apps.casework.approvals.selectors import administrators, is_theirs, lacks_deciders
from apps.casework.events import (
    ApprovalApproved,
    ApprovalExpired,
    ApprovalRejected,
    ApprovalRequested,
    ApprovalVoided,
    CaseAssigned,
    CaseCommented,
    CaseEscalated,
)
from apps.casework.models import ApprovalRequest, CaseComment, ExceptionCase
from apps.casework.recipients import may_own, or_somebody, recipients
from apps.casework.visibility import who_may_see_order
from apps.channels.events import ChannelWebhooksLost
from apps.channels.models import Channel
from apps.contracts.events import ContractDrifted
from apps.core.actor import Actor
from apps.core.event_types import EventData
from apps.core.locale import day
from apps.core.models import Event
from apps.core.translated import translated
from apps.network.models import Node
from apps.notifications.selectors import staff_by_refs, staff_with_roles
from apps.notifications.services import mail_language, mail_notice, notify_people
from apps.notifications.services import mail_password_link as send_password_link
from apps.notifications.states import NoticeKind
from apps.orchestration.events import ContractEnding
from apps.orchestration.step import Due, DueOf
from apps.orders.models import Order
from apps.sla.events import Alerts, ClockEvent, SlaBreached, SlaWarned
from apps.sla.stages import STAGES
from apps.webhooks.events import WebhookFailing, WebhookSwitchedOff
from apps.webhooks.models import WebhookEndpoint

STAFF = "staff:"


@dataclass(frozen=True, slots=True)
class _Notice:
    """Who is notified of what; ``to`` may name somebody twice, and is notified once. ``text`` is asked for in the language of each."""

    to: Sequence[User]
    text: Callable[[], str]
    link: str
    kind: str
    mail: bool = True
    about: str = ""


def notify_staff(dues: Sequence[Due], actor: Actor) -> None:
    """Notify those concerned: the mentioned, the new owner, the next level, the deciders, the maker."""
    authors = dict(Event.objects.filter(pk__among=[due.event_id for due in dues]).values_list("pk", "actor"))
    for due in dues:
        for notice in _NOTICES[type(due.event)](due):
            others = [user for user in notice.to if f"{STAFF}{user.public_id}" != authors.get(due.event_id)]
            for language, users in _by_language(others).items():
                with translation.override(language):
                    text = notice.text()
                notify_people(
                    users,
                    text=text,
                    link=notice.link,
                    kind=notice.kind,
                    about=notice.about,
                    mail=notice.mail,
                    actor=actor,
                )


def _by_language(users: Iterable[User]) -> Mapping[str, list[User]]:
    found: dict[str, list[User]] = {}
    for user in users:
        found.setdefault(mail_language(user), []).append(user)
    return found


def mail_staff(dues: Sequence[Due], actor: Actor) -> None:
    """Send one notice by mail."""
    for due in dues:
        mail_notice(due.subject_id)


def mail_password_link(dues: Sequence[Due], actor: Actor) -> None:
    """Send the person the link that sets the password."""
    for due in dues:
        send_password_link(due.subject_id, invited=isinstance(due.event, StaffInvited))


def _case_of(due: Due) -> ExceptionCase | None:
    return ExceptionCase.objects.select_related("owner", "order").filter(pk=due.subject_id).first()


def _order_of(order: Order | None) -> str:
    """Which order it is about, at the front: two notices of one problem would read alike."""
    return f"{order.number}: " if order else ""


def _case_link(case: ExceptionCase) -> str:
    return f"/exceptions/{case.public_id}/"


def _escalated(due: DueOf[CaseEscalated]) -> Iterable[_Notice]:
    case = _case_of(due)
    if case is None:
        return
    named = recipients(
        case,
        roles=due.event.roles,
        refs=due.event.users,
    )
    level, missing = due.event.level, ", ".join(map(str, due.event.levels_without_people))

    def text() -> str:
        sentence = _("Nobody has settled this yet (level {level}): {case}").format(
            level=level, case=translated(case.text)
        )
        nobody = _("Nobody is left on level {levels} of the ladder.").format(levels=missing) if missing else ""
        return f"{_order_of(case.order)}{sentence} {nobody}".rstrip()

    yield _Notice(or_somebody(named), text, _case_link(case), NoticeKind.ESCALATION, mail=due.event.mail)


def _commented(due: DueOf[CaseCommented]) -> Iterable[_Notice]:
    case, ref = _case_of(due), due.event.comment
    comment = CaseComment.objects.filter(public_id=ref).prefetch_related("mentions").first()
    if case is None or comment is None:
        return
    mentioned = may_own(case, comment.mentions.all())
    author = _name_of(comment.author)

    def text() -> str:
        sentence = _("{author} mentioned you: {case}").format(
            author=author or _("Somebody"), case=translated(case.text)
        )
        return f"{_order_of(case.order)}{sentence}"

    yield _Notice(mentioned, text, _case_link(case), NoticeKind.MENTION, about=comment.public_id)


def _assigned(due: Due) -> Iterable[_Notice]:
    case = _case_of(due)
    if case is not None and case.owner is not None:
        order, text = _order_of(case.order), case.text
        to = or_somebody(may_own(case, [case.owner]))
        yield _Notice(to, lambda: f"{order}{translated(text)}", _case_link(case), NoticeKind.ASSIGNED, mail=False)


def _approval_of(due: Due) -> ApprovalRequest | None:
    return ApprovalRequest.objects.select_related("order").filter(pk=due.subject_id).first()


def _approval_link(row: ApprovalRequest) -> str:
    return f"/approvals/{row.public_id}/"


def _requested(due: DueOf[ApprovalRequested]) -> Iterable[_Notice]:
    row = _approval_of(due)
    if row is None or due.event.automatic:
        return
    deciders = staff_with_roles(row.roles, node=row.node)
    to = [user for user in deciders if f"{STAFF}{user.public_id}" != row.made_by and is_theirs(row, user.nodes)]

    def asked() -> str:
        return f"{_(name_of(row.kind))}: {translated(row.reason)}"

    def stuck() -> str:
        why = _("Nobody can decide this: too few people have the role for it.")
        if next(administrators(row), None) is not None:
            why = _("Too few people have the role to decide this; an administrator can.")
        return f"{_order_of(row.order)}{why} {asked()}"

    yield _Notice(to, lambda: f"{_order_of(row.order)}{asked()}", _approval_link(row), NoticeKind.APPROVAL)
    if lacks_deciders(row):
        yield _Notice(last_resort(staff_now()), stuck, _approval_link(row), NoticeKind.APPROVAL)


def _decided(due: Due) -> Iterable[_Notice]:
    row = _approval_of(due)
    if row is None:
        return

    def text() -> str:
        state = _(str(row.get_state_display())).lower()
        sentence = _("{proposal} is {state}.").format(proposal=_(name_of(row.kind)), state=state)
        return f"{_order_of(row.order)}{sentence} {translated(row.outcome)}".strip()

    to = staff_by_refs([row.made_by.removeprefix(STAFF)]) if row.made_by.startswith(STAFF) else []
    yield _Notice(to, text, _approval_link(row), NoticeKind.DECISION, mail=False)


def _webhook(due: Due) -> Iterable[_Notice]:
    endpoint = WebhookEndpoint.objects.filter(pk=due.subject_id).first()
    if endpoint is None:
        return
    to = staff_with_roles([role for role in Role.values if "webhooks:write" in SCOPES[role]])
    off = isinstance(due.event, WebhookSwitchedOff)

    def text() -> str:
        ended = _("{endpoint} is switched off: {why}. What it misses is kept.")
        failing = _("{endpoint} has taken nothing for a day. It is switched off after three.")
        return (ended if off else failing).format(endpoint=endpoint.name, why=translated(endpoint.disabled_because))

    yield _Notice(to, text, f"/admin/webhooks/webhookendpoint/{endpoint.pk}/change/", NoticeKind.WEBHOOK)


def _contract_ends(due: DueOf[ContractEnding]) -> Iterable[_Notice]:
    to = staff_with_roles([role for role in Role.values if "channels:write" in SCOPES[role]])
    said = due.event

    def text() -> str:
        ends = _("{title} {version} ends on {day}: {breaks}") if said.breaks else _("{title} {version} ends on {day}.")
        day_of = day(datetime.fromisoformat(said.ends_on).replace(tzinfo=UTC))
        return ends.format(title=said.title, version=said.version, day=day_of, breaks=translated(said.breaks))

    yield _Notice(to, text, "/channels/calendar/", NoticeKind.CONTRACT)


def _webhooks_lost(due: DueOf[ChannelWebhooksLost]) -> Iterable[_Notice]:
    channel = Channel.objects.filter(pk=due.subject_id).first()
    if channel is None:
        return

    def text() -> str:
        said = _(
            "{channel} no longer sends webhooks: {topics}. Orders are found minutes later until they are on again."
        )
        return said.format(channel=channel.name, topics=", ".join(due.event.topics))[:300]

    to = staff_with_roles([role for role in Role.values if "channels:write" in SCOPES[role]])
    yield _Notice(to, text, f"/channels/{channel.code}/", NoticeKind.WEBHOOK)


def _drifted(due: DueOf[ContractDrifted]) -> Iterable[_Notice]:
    to = staff_with_roles([role for role in Role.values if "channels:write" in SCOPES[role]])
    said = due.event

    def text() -> str:
        name = Channel.objects.filter(code=said.channel).values_list("name", flat=True).first() or said.channel
        differ = _("Messages of {channel} differ from the contract {contract}: {paths}.")
        return differ.format(channel=name, contract=said.contract, paths=", ".join(said.paths))

    yield _Notice(to, text, f"/channels/drift/?channel={said.channel}", NoticeKind.CONTRACT)


def _timed(due: DueOf[ClockEvent]) -> Iterable[_Notice]:
    """``alerts``: what the policy says about who to notify at this point."""
    alerts, node = due.event.alerts, due.event.node
    to = _alerted(due, alerts, node) if alerts else []
    late, where = isinstance(due.event, SlaBreached), _name_of_node(node) if to and node else ""
    order = Order.objects.filter(public_id=due.stream).first() if to else None

    def text() -> str:
        stage = _(STAGES[due.event.stage].label).rpartition(": ")[2]
        return f"{_order_of(order)}{_said_of_time(late, where).format(stage=stage[:1].upper() + stage[1:], node=where)}"

    yield _Notice(to, text, _timed_link(due), NoticeKind.SLA, mail=bool(alerts and alerts["mail"]))


def _said_of_time(late: bool, where: str) -> str:
    if where:
        return _("{stage} at {node} overdue.") if late else _("{stage} at {node} due soon.")
    return _("{stage} overdue.") if late else _("{stage} due soon.")


def _name_of_node(code: str) -> str:
    return Node.objects.filter(code=code).values_list("name", flat=True).first() or code


def _alerted(due: Due, alerts: Alerts, node: str) -> list[User]:
    """Who is named, works here and may see what is late; when nobody is left, whoever looks after such things."""
    staff = staff_now()
    if due.subject_ref.startswith("cas_"):
        case = ExceptionCase.objects.filter(public_id=due.subject_ref).first()
        found = recipients(case, roles=alerts["roles"], refs=alerts["users"], staff=staff) if case else []
        return or_somebody(found, staff=staff)
    named = {user.pk: user for user in (*of_roles(staff, alerts["roles"]), *by_refs(staff, alerts["users"]))}
    if due.subject_ref.startswith("apr_"):
        row = ApprovalRequest.objects.filter(public_id=due.subject_ref).first()
        return or_somebody([user for user in named.values() if row and is_theirs(row, user.nodes)], staff=staff)
    order_id = Order.objects.filter(public_id=due.stream).values_list("pk", flat=True).first()
    return or_somebody(who_may_see_order(order_id or 0, named.values(), node=node), staff=staff)


def _timed_link(due: Due) -> str:
    """To what is late; a fulfillment order is looked at on its order's page."""
    for prefix, page in (("cas_", "exceptions"), ("apr_", "approvals")):
        if due.subject_ref.startswith(prefix):
            return f"/{page}/{due.subject_ref}/"
    return f"/orders/{due.stream}/" if due.stream.startswith("ord_") else "/"


def _name_of(actor: str) -> str:
    user = User.objects.filter(public_id=actor.removeprefix(STAFF)).first()
    return str(user) if user else ""


_NOTICES: dict[type[EventData], Callable[[DueOf[Any]], Iterable[_Notice]]] = {
    CaseEscalated: _escalated,
    CaseCommented: _commented,
    CaseAssigned: _assigned,
    ApprovalRequested: _requested,
    ApprovalApproved: _decided,
    ApprovalRejected: _decided,
    ApprovalExpired: _decided,
    ApprovalVoided: _decided,
    SlaWarned: _timed,
    SlaBreached: _timed,
    WebhookFailing: _webhook,
    WebhookSwitchedOff: _webhook,
    ContractEnding: _contract_ends,
    ContractDrifted: _drifted,
    ChannelWebhooksLost: _webhooks_lost,
}
