"""Settling messages: each ends with a verdict and a reason, and whatever it says of an order is done.

Orders with the same id in one channel are dealt with one after another, whoever brings them: by a lock on that id. So a
cancellation finds its order, or the order, when it comes, finds the cancellation; there is no moment in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.db import DatabaseError, connection, transaction

from apps.channels.errors import IntakeFailed
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapter_of
from apps.channels.mapping.results import Ignored, Mapped, Notice, NoticeKind, Quarantined, Rejected
from apps.channels.models import Channel, InboxMessage, Verdict
from apps.channels.selectors import lock_paused
from apps.channels.services.changing import Change, Settled, apply_change, hold_for_unread, opens, place_opening_holds
from apps.channels.services.early_messages import early_messages
from apps.channels.services.fetching import ask_for_order
from apps.channels.services.handled_elsewhere import with_completed_reopened
from apps.channels.services.known_orders import KnownOrders
from apps.channels.services.privacy import ask_about_privacy
from apps.channels.services.reading import Reader, Reading
from apps.channels.services.refund_details import ask_for_refunds
from apps.channels.services.shop_test_orders import call_off_test, is_test
from apps.channels.services.till_sales import settle_receipts
from apps.channels.verdict_reasons import BEING_FETCHED, CANT_BE_ASKED, NEW_ORDER, PRIVACY
from apps.core import clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.errors import DomainError
from apps.core.text import Text, within
from apps.orders.models import Order
from apps.orders.services import accept_orders, place_hold
from apps.orders.states import HoldReason

MOST_NOTED = 20
FIND_OUT = Text("Find out at the source what was ordered.")
HOLDS_NEW = Text("New orders of this channel are held until somebody releases them.")
SETTLED_FIELDS = ["verdict", "reason", "problems", "order_ref", "settled_at", "give_up_at"]


@transaction.atomic
def take_in_messages(message_ids: Iterable[int]) -> list[InboxMessage]:
    """Read and settle those of the messages that are not settled; returns these, as they stand now.

    A message that speaks of an order that has not come yet stays waiting, until ``give_up_at``; those of a paused channel wait
    until it is resumed.
    """
    unsettled = InboxMessage.objects.filter(pk__in=list(message_ids), verdict=Verdict.WAITING)
    found = list(unsettled.values_list("channel_id", "external_id", "channel__paused_at"))
    if paused := {channel for channel, _, paused_at in found if paused_at is not None}:
        unsettled = unsettled.exclude(channel__in=lock_paused(paused))
    lock_external_ids((channel, external_id) for channel, external_id, _ in found)
    messages = list(unsettled.select_for_update(no_key=True, of=("self",)).select_related("channel").order_by("pk"))
    try:
        for channel in {message.channel_id: message.channel for message in messages}.values():
            settle_messages(channel, [message for message in messages if message.channel_id == channel.pk])
        update_rows(messages, SETTLED_FIELDS)
    except DomainError:
        raise
    except Exception as error:
        raise _without_personal_data(error, messages) from error.__cause__
    return messages


def lock_external_ids(keys: Iterable[tuple[int, str]]) -> None:
    """Have these ids to ourselves until the transaction ends; always in the same sequence, and before any row."""
    names = sorted({f"{channel}:{external_id}" for channel, external_id in keys if external_id})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(%s::text[]) WITH ORDINALITY t(name, n)",
            [names],
        )


def _without_personal_data(error: Exception, messages: Sequence[InboxMessage]) -> Exception:
    """The error by its kind alone: PostgreSQL's texts quote rows. Its class stays, for the runner to know a deadlock."""
    named = messages[0].public_id if len(messages) == 1 else f"{len(messages)} messages"
    fault = f"{type(error).__name__} while taking in {named}"
    return type(error)(fault) if isinstance(error, DatabaseError) else IntakeFailed(fault)


def settle_messages(channel: Channel, messages: Sequence[InboxMessage]) -> None:
    """Settle messages of one channel in the order given; the caller has locked their ids and saves them.

    New orders are accepted all at once; what else is said is done message by message.
    """
    if adapter_of(channel.kind).can(Capability.TILL):
        settle_receipts(channel, messages)
        return
    reader, actor = Reader(channel), Actor("channel", channel.code)
    readings = [_for_us(channel, reader.read(message)) for message in messages]
    known = KnownOrders(channel, {_id_of(m, r) for m, r in zip(messages, readings, strict=True)})
    openers = _openers(readings, known)
    accepted = _accept(channel, openers, known, actor)
    remembered = early_messages(channel, reader, accepted.keys(), besides=messages)
    for message, reading in zip(messages, readings, strict=True):
        if isinstance(reading, Mapped) and openers.get(reading.order.external_id) is reading:
            order = accepted[reading.order.external_id]
            if is_test(channel, message):
                call_off_test(order)
            else:
                place_opening_holds(order, reading, actor)
                if channel.holds_new:
                    place_hold(order.pk, reason=HoldReason.MANUAL, note=HOLDS_NEW, actor=actor)
            _write(message, Settled(Verdict.ACCEPTED, NEW_ORDER, order.public_id, _noted(reading)))
        else:
            _write(message, _judge(channel, message, reading, known, actor))
    for message, reading in zip(messages, readings, strict=True):
        if isinstance(reading, Notice) and reading.kind == NoticeKind.NAMED and message.verdict == Verdict.WAITING:
            ask_for_order(channel, message, actor=actor)
        if isinstance(reading, Notice) and reading.kind == NoticeKind.PRIVACY:
            ask_about_privacy(message, actor=actor)
    for message in messages:
        if message.pk in reader.unexplained and message.verdict == Verdict.ACCEPTED:
            ask_for_refunds(channel, message, actor=actor)
    # What was said of these orders before they came, oldest first; last, so that nothing said now can undo it.
    for message, reading in remembered:
        _write(message, _judge(channel, message, reading, known, actor))
    update_rows([message for message, _ in remembered], SETTLED_FIELDS)


def _id_of(message: InboxMessage, reading: Reading) -> str:
    return reading.order.external_id if isinstance(reading, Mapped) else message.external_id


def _for_us(channel: Channel, reading: Reading) -> Reading:
    return with_completed_reopened(channel, reading) if isinstance(reading, Mapped) else reading


def _openers(readings: Sequence[Reading], known: KnownOrders) -> dict[str, Mapped]:
    """The message that brings each order we do not know: the first that speaks of one to be fulfilled."""
    found: dict[str, Mapped] = {}
    for reading in readings:
        if not isinstance(reading, Mapped) or reading.order.external_id in known:
            continue
        if opens(reading.order):
            found.setdefault(reading.order.external_id, reading)
    return found


def _accept(channel: Channel, openers: dict[str, Mapped], known: KnownOrders, actor: Actor) -> dict[str, Order]:
    if not openers:
        return {}
    answers = accept_orders([one.order for one in openers.values()], channel=channel.code, actor=actor)
    orders = {external_id: answer.order for external_id, answer in zip(openers, answers, strict=True)}
    known.add(orders.values())
    return orders


def _judge(channel: Channel, message: InboxMessage, reading: Reading, known: KnownOrders, actor: Actor) -> Settled:
    if isinstance(reading, Quarantined):
        problems = [{"path": f.path, "problem": f.problem, "what_to_do": f.what_to_do} for f in reading.findings]
        ref = hold_for_unread(message, known.get(message.external_id), actor)
        return Settled(Verdict.QUARANTINED, reading.reason, ref, problems)
    if isinstance(reading, Rejected):
        return Settled(Verdict.REJECTED, reading.reason)
    if isinstance(reading, Ignored) or (isinstance(reading, Notice) and reading.kind == NoticeKind.PING):
        return Settled(Verdict.IGNORED, reading.reason)
    if isinstance(reading, Notice) and reading.kind == NoticeKind.NAMED:
        return _named(channel, message)
    if isinstance(reading, Notice) and reading.kind == NoticeKind.PRIVACY:
        return Settled(Verdict.ACCEPTED, PRIVACY)
    if isinstance(reading, Notice) and reading.kind == NoticeKind.EMPTIED and message.external_id not in known:
        problems = [{"path": "", "problem": reading.reason, "what_to_do": FIND_OUT}]
        return Settled(Verdict.QUARANTINED, reading.reason, problems=problems)
    settled = apply_change(Change.of(channel, message, reading), known, actor)
    return replace(settled, problems=_noted(reading)) if isinstance(reading, Mapped) else settled


def _named(channel: Channel, message: InboxMessage) -> Settled:
    """Where the shop can't be asked, what only says that something happened to an order is left to the message of the order itself."""
    tells_by_the_way = message.topic.strip().casefold() in adapter_of(channel.kind).messages.topics.naming
    if tells_by_the_way and not channel.speaks:
        return Settled(Verdict.IGNORED, CANT_BE_ASKED)
    return Settled(Verdict.WAITING, BEING_FETCHED)


def _noted(reading: Mapped) -> list[dict[str, str]]:
    """What was left out, replaced or doubted in a message that was taken, for whoever looks at it."""
    return [{"path": one.path, "problem": one.message, "what_to_do": ""} for one in reading.warnings[:MOST_NOTED]]


def _write(message: InboxMessage, settled: Settled) -> None:
    message.verdict, message.reason = settled.verdict, within(settled.reason, 500)
    message.problems, message.order_ref = list(settled.problems), settled.order_ref
    message.give_up_at = settled.give_up_at
    message.settled_at = None if settled.verdict == Verdict.WAITING else clock.now()
