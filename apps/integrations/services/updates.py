"""Asking partners what has happened, where they do not report it themselves. What they say is dealt with like a callback."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import structlog
from django.db import transaction

from apps.core import clock
from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import in_transaction, service
from apps.integrations import events, selectors
from apps.integrations.errors import PartnerUnusable
from apps.integrations.framework.base import Callback, Outstanding, Refused, Updates
from apps.integrations.framework.offers import Offer
from apps.integrations.framework.registry import adapters
from apps.integrations.models import Partner, PartnerPoll
from apps.integrations.services.callbacks import handle_callback
from apps.integrations.services.calling import call_partner
from apps.integrations.services.submitting import trouble
from apps.outbound.counterparts import Counterpart
from apps.outbound.services import Call
from apps.outbound.states import CounterpartKind

log = structlog.get_logger(__name__)
# Of a contract that is asked order by order: so many in one run, which is leased for 45 s.
MOST_ASKED = 20
_POLLING = Actor("system", "polling")


@dataclass(frozen=True, slots=True)
class NotTaken:
    """What a partner said and we could not act on: of which fulfillment order, and why."""

    fulfillment_order: str
    sentence: str


@transaction.atomic
def request_updates() -> int:
    """Have every partner asked that reports nothing itself and has something of ours; returns how many."""
    kinds = [kind for kind, adapter in adapters().items() if adapter.declares(Offer.UPDATES)]
    partners = Partner.objects.filter(active=True, adapter__in=kinds).order_by("pk")
    due = [events.updates_fact(one) for one in partners if selectors.outstanding(one).exists()]
    record(*due, actor=_POLLING)
    return len(due)


@service
def request_updates_of(partner: Partner, *, actor: Actor) -> None:
    """Have this partner asked now. Raises PartnerUnusable."""
    if not partner.active or not selectors.adapter_of(partner).declares(Offer.UPDATES):
        raise PartnerUnusable(partner=partner.code, problem=Text("it is not asked what has happened"))
    record(events.updates_fact(partner), actor=actor)


def fetch_updates(partner_id: int) -> list[NotTaken]:
    """Ask one partner, and act on what it says. Returns what could not be acted on. Outside any transaction.

    Asked again from the same place, it says the same, and nothing happens twice: the place moves on only after all was dealt
    with. Raises PartnerQuiet, PartnerFault, PartnerUnusable.
    """
    partner = Partner.objects.get(pk=partner_id)
    if not partner.active:
        return []
    poll, _ = PartnerPoll.objects.get_or_create(partner=partner)
    asked = list(selectors.outstanding(partner).filter(pk__gt=poll.upto).order_by("pk")[:MOST_ASKED])
    updates = _ask(partner, [Outstanding(row.public_id, row.partner_reference) for row in asked], poll.cursor)
    refused = _deal_with(partner, updates.callbacks)
    more = len(asked) == MOST_ASKED
    _go_on(partner, poll, updates.cursor, asked[-1].pk if more else 0)
    return refused


def _ask(partner: Partner, outstanding: list[Outstanding], cursor: str) -> Updates:
    client = selectors.client_of(partner)
    whom = Counterpart(CounterpartKind.PARTNER, partner.code, partner.name)
    result = call_partner(Call(whom, selectors.UPDATES), lambda: client.fetch_updates(outstanding, cursor=cursor))
    if isinstance(result.response, Updates):
        return result.response
    if isinstance(result.response, Refused):
        problem = Text("asked what has happened, it answers {status}", status=result.response.status)
        raise PartnerUnusable(partner=partner.code, problem=problem)
    raise trouble(result, unsure=False)


def _deal_with(partner: Partner, callbacks: Iterable[Callback]) -> list[NotTaken]:
    """Each in its own transaction: what can't be acted on keeps nothing else back."""
    refused = []
    for callback in callbacks:
        try:
            in_transaction(partial(handle_callback, partner, callback))
        except DomainError as why:
            log.warning("update_not_taken", partner=partner.code, about=callback.fulfillment_order, code=why.code)
            refused.append(NotTaken(callback.fulfillment_order, why.sentence))
    return refused


@transaction.atomic
def _go_on(partner: Partner, poll: PartnerPoll, cursor: str, upto: int) -> None:
    PartnerPoll.objects.filter(pk=poll.pk).update(cursor=cursor[:255], upto=upto, heard_at=clock.now())
    if upto:
        record(events.updates_fact(partner), actor=_POLLING)
