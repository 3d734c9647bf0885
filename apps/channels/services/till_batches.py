"""Batches of receipts, as tills send them: answered receipt by receipt, kept as they came."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from apps.accounts.caller import Caller
from apps.channels.errors import ChannelNotFound, TakesNoReceipts
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapter_of
from apps.channels.models import Channel, InboxMessage, TillReturn, Verdict
from apps.channels.selectors import channel_by_code
from apps.channels.services.intake import SETTLED_FIELDS, lock_external_ids, settle_messages
from apps.channels.services.till_receipts import FORMS, RETURN, TillReturnBody, TillSale
from apps.core.bulk.bulk_update import update_rows
from apps.core.text import Text
from apps.core.transactions import service
from apps.core.validation import problems_of
from apps.network.selectors import node_codes

ACCEPTED, EXISTING, QUARANTINED, REFUSED = "accepted", "existing", "quarantined", "refused"
MOST_ERRORS = 10
_KNOWN = (Verdict.ACCEPTED, Verdict.DUPLICATE)


@dataclass(frozen=True, slots=True)
class ReceiptResult:
    """What became of one receipt. ``ref``: of its order or its return. ``errors``: why it was refused or quarantined, or what
    is worth knowing of one that was taken."""

    row: int
    till: str
    receipt: str
    outcome: str
    ref: str = ""
    message: str = ""
    errors: list[dict[str, str]] = field(default_factory=list)


@service
def take_receipts(topic: str, rows: Sequence[Any], *, channel: str, caller: Caller) -> list[ReceiptResult]:
    """Book parsed rows of any shape, all sales or all returns. Raises ChannelNotFound, TakesNoReceipts.

    A row that has not the form is refused and not kept. One that can't be booked is kept in quarantine, and tried again when
    the till sends it again or somebody replays it.
    """
    source = _channel(channel, caller)
    results: list[ReceiptResult | None] = [None] * len(rows)
    read: dict[int, TillSale | TillReturnBody] = {}
    for number, row in enumerate(rows):
        try:
            read[number] = FORMS[topic].model_validate(row)
        except ValidationError as error:
            results[number] = _refused(number, row, problems_of(error)[:MOST_ERRORS])
    codes = node_codes({form.store for form in read.values()})
    for number, form in list(read.items()):
        if not caller.may_node(codes.get(form.store, form.store)):
            detail = Text("there is no location {store}", store=form.store)
            said = [{"pointer": "/store", "detail": detail, "code": "unknown"}]
            results[number] = ReceiptResult(number, form.till, form.receipt, REFUSED, errors=said)
            del read[number]
    messages = _settle(source, topic, read)
    returns = _returns(source, topic, read)
    for number, form in read.items():
        results[number] = _result(number, form, *messages[number], returns)
    return [one for one in results if one is not None]


def _channel(code: str, caller: Caller) -> Channel:
    if not caller.may_channel(code):
        raise ChannelNotFound(channel=code)
    source = channel_by_code(code)
    if not adapter_of(source.kind).can(Capability.TILL):
        raise TakesNoReceipts(channel=code)
    return source


def _refused(number: int, row: Any, errors: list[dict[str, str]]) -> ReceiptResult:
    said = row if isinstance(row, dict) else {}
    till, receipt = (str(said.get(name, ""))[:64] for name in ("till", "receipt"))
    return ReceiptResult(number, till, receipt, REFUSED, errors=errors)


def _settle(
    channel: Channel, topic: str, read: dict[int, TillSale | TillReturnBody]
) -> dict[int, tuple[InboxMessage, bool]]:
    """The message of each row, and whether this row is the one that brought it in."""
    lock_external_ids((channel.pk, form.external_id) for form in read.values())
    made = {number: _message(channel, topic, form) for number, form in read.items()}
    keys = {message.dedupe_key for message in made.values()}
    rows = InboxMessage.objects.select_for_update(no_key=True).filter(channel=channel, dedupe_key__in=keys)
    known = {row.dedupe_key: row for row in rows.order_by("pk")}
    todo: dict[str, InboxMessage] = {}
    found: dict[int, tuple[InboxMessage, bool]] = {}
    for number, message in made.items():
        key = message.dedupe_key
        before = todo.get(key) or known.get(key)
        if before is None or (key not in todo and before.verdict not in _KNOWN):
            todo[key] = before or message
            todo[key].body, found[number] = message.body, (todo[key], True)
        else:
            before.deliveries += 1
            found[number] = (before, False)
    settle_messages(channel, list(todo.values()))
    update_rows(list(known.values()), ["deliveries", "body", *SETTLED_FIELDS])
    InboxMessage.objects.bulk_create([message for message in todo.values() if message.pk is None])
    return found


def _message(channel: Channel, topic: str, form: TillSale | TillReturnBody) -> InboxMessage:
    key = f"{topic}:{form.external_id}"
    return InboxMessage(
        channel=channel,
        topic=topic,
        external_id=form.external_id,
        dedupe_key=f"till:{hashlib.sha256(key.encode()).hexdigest()}",
        body=to_json(form.model_dump(mode="json", exclude_unset=True)),
        content_type="application/json",
    )


def _returns(channel: Channel, topic: str, read: dict[int, TillSale | TillReturnBody]) -> dict[str, str]:
    ids = {form.external_id for form in read.values()} if topic == RETURN else set()
    rows = TillReturn.objects.filter(channel=channel, external_id__in=ids)
    return dict(rows.values_list("external_id", "public_id"))


def _result(
    number: int, form: TillSale | TillReturnBody, message: InboxMessage, first: bool, returns: dict[str, str]
) -> ReceiptResult:
    if message.verdict == Verdict.QUARANTINED:
        outcome = QUARANTINED
    else:
        outcome = ACCEPTED if first and message.verdict == Verdict.ACCEPTED else EXISTING
    ref = returns.get(form.external_id, "") or message.order_ref
    said = [] if outcome == EXISTING else message.problems
    # Messages kept since before problems had codes have none.
    errors = [
        {"pointer": _pointer(one["path"]), "detail": one["problem"], "code": one.get("code") or "invalid"}
        for one in said
    ]
    if outcome == EXISTING and bytes(message.body) != to_json(form.model_dump(mode="json", exclude_unset=True)):
        detail = Text("the receipt was booked before and says something else; nothing was changed")
        errors = [{"pointer": "", "detail": detail, "code": "differs"}]
    return ReceiptResult(number, form.till, form.receipt, outcome, ref, message.public_id, errors)


def _pointer(path: str) -> str:
    return "/" + path.replace("[", "/").replace("]", "").replace(".", "/") if path else ""
