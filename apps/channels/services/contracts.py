"""The contracts that messages are read by: seeded, published as new versions, never edited."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import structlog
from django.db import transaction

from apps.channels import events
from apps.channels.errors import ContractInvalid, ReasonMissing
from apps.channels.framework.adapter import Capability
from apps.channels.framework.contracts import shipped, shipped_raw
from apps.channels.framework.registry import kinds_with
from apps.channels.mapping.documents import Document, DocumentInvalid, lint, load_document
from apps.channels.models import ContractVersion
from apps.core.actor import SYSTEM, Actor
from apps.core.bulk.advisory_locks import lock_name
from apps.core.bulk.bulk_insert import insert_rows
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import service
from apps.orders.states import HoldReason

LONGEST_REASON = 500
log = structlog.get_logger(__name__)
# A version is never edited, so what was loaded stays true; only which one is active can change.
_loaded: dict[int, Document] = {}


@transaction.atomic
def ensure_contracts() -> int:
    """Write down the shipped contracts that are not there yet, as active first versions; returns how many were new."""
    _lock()
    known = set(ContractVersion.objects.values_list("contract", flat=True))
    new = [
        ContractVersion(contract=raw["contract"], number=1, document=raw, active=True, created_by=str(SYSTEM))
        for raw in shipped_raw()
        if raw["contract"] not in known
    ]
    insert_rows(new)
    return len(new)


@service
def publish_contract(
    document: Mapping[str, Any], *, reason: str, restores: int | None = None, actor: Actor
) -> ContractVersion:
    """Make a mapping document the active version of its contract; those before it stay as they are, to be looked at.

    The version number is given here, whatever the document says. ``restores``: the number of the earlier version it is again.
    Raises ReasonMissing, and ContractInvalid with every problem.
    """
    raw, why = checked_document(document), given_reason(reason)
    ensure_contracts()
    versions = list(ContractVersion.objects.filter(contract=raw["contract"]).order_by("number"))
    active = [version for version in versions if version.active]
    for version in active:
        version.active = False
    update_rows(active, ["active"])
    number = versions[-1].number + 1 if versions else 1
    row = ContractVersion(contract=raw["contract"], number=number, active=True, created_by=str(actor))
    row.document, row.reason, row.restores = {**raw, "version": number}, why, restores
    insert_rows([row])
    record(events.contract_fact(row), actor=actor)
    return row


def given_reason(reason: str) -> str:
    """Raises ReasonMissing."""
    why = reason.strip()[:LONGEST_REASON]
    if not why:
        raise ReasonMissing()
    return why


def checked_document(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The document, if it can be published. Raises ContractInvalid with every problem."""
    document = {**raw, "version": 1}
    refuse_unstorable(document)
    if problems := lint(document, hold_reasons=frozenset(HoldReason.values)):
        listed = [{"where": one.where, "problem": one.problem} for one in problems]
        raise ContractInvalid(problems=listed, first=Text.joined(": ", (problems[0].where, problems[0].problem)))
    return document


def refuse_unstorable(document: Mapping[str, Any]) -> None:
    """What JSON of ours can say and the database's can't hold: no number, NUL, half of a character. Raises ContractInvalid."""
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False)
        text.encode()
        stored = "\\u0000" not in text
    except (ValueError, RecursionError):
        stored = False
    if not stored:
        problem = Text("it holds a character or a number that can’t be stored")
        first = Text.joined(": ", ("document", problem))
        raise ContractInvalid(problems=[{"where": "document", "problem": problem}], first=first)


def _lock() -> None:
    """Two publishers of one contract would give out the same number."""
    lock_name("channels.contracts")


def active_documents() -> list[Document]:
    """Every active contract, ready to be applied. A shipped one counts until a version of it is in the table."""
    rows = list(ContractVersion.objects.order_by("pk").values_list("pk", "contract", "active"))
    active = [pk for pk, _, is_active in rows if is_active]
    missing = [pk for pk in active if pk not in _loaded]
    for version in ContractVersion.objects.filter(pk__in=missing) if missing else ():
        _load(version)
    known = {contract for _, contract, _ in rows}
    documents = [_loaded[pk] for pk in active if pk in _loaded]
    return documents + [document for document in shipped() if document.contract not in known]


def _load(version: ContractVersion) -> None:
    try:
        _loaded[version.pk] = load_document(version.document)
    except DocumentInvalid as error:
        # Published before the rules for documents were tightened: its messages are quarantined, the others go through.
        log.error("contract_unusable", contract=version.contract, number=version.number, error=error.sentence)


def file_documents() -> list[Document]:
    """The active contracts for files."""
    kinds = kinds_with(Capability.FILES)
    return [document for document in active_documents() if document.channel_kind in kinds]
