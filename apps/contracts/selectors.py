"""What is quarantined, by kind of problem; what became of messages that were read again; what adapters were proven to do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Func, Max, Min, Q, QuerySet, Value
from django.db.models.fields import TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapter_of
from apps.channels.models import Channel, InboxMessage, Verdict
from apps.contracts.conformance.partner_kit import ABILITIES, SUBMIT
from apps.contracts.errors import DriftNotFound
from apps.contracts.models import ContractDrift, DriftState, DriftWatch, Proof, ReplayedMessage, ReplayJob
from apps.integrations.models import Partner
from apps.integrations.selectors import adapter_of as partner_adapter_of

# More kinds than this are no kinds: somebody sends nonsense.
MOST_KINDS = 200


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """Quarantined messages of one channel with the same thing wrong at the same place. ``path`` without the number of a line,
    ``problem`` with ``#`` for digits. ``sample``: the newest of them."""

    channel: str
    channel_name: str
    path: str
    problem: str
    count: int
    first: datetime
    last: datetime
    sample: int

    @property
    def key(self) -> str:
        return hashlib.sha256(f"{self.channel}|{self.path}|{self.problem}".encode()).hexdigest()[:16]


def _plainly(source: Any, pattern: str, by: str) -> Func:
    return Func(source, Value(pattern), Value(by), Value("g"), function="regexp_replace", output_field=TextField())


def with_kind(rows: QuerySet[InboxMessage]) -> QuerySet[Any]:
    """The messages with where their first problem is and what it is, without what differs from one to the next."""
    return rows.annotate(
        kind_path=_plainly(Coalesce(KT("problems__0__path"), Value("")), r"\[\d+\]", "[]"),
        kind_problem=_plainly(Coalesce(KT("problems__0__problem"), F("reason")), r"\d+", "#"),
    )


def problem_kinds(rows: QuerySet[InboxMessage]) -> list[ProblemKind]:
    """What is wrong with the quarantined ones among these, most frequent first."""
    found = (
        with_kind(rows.filter(verdict=Verdict.QUARANTINED))
        .order_by()
        .values("channel__code", "channel__name", "kind_path", "kind_problem")
        .annotate(count=Count("pk"), first=Min("received_at"), last=Max("received_at"), sample=Max("pk"))
        .order_by("-count", "-sample")[:MOST_KINDS]
    )
    return [
        ProblemKind(
            one["channel__code"], one["channel__name"], one["kind_path"], one["kind_problem"], one["count"],
            one["first"], one["last"], one["sample"],
        )
        for one in found
    ]  # fmt: skip


def of_kind(rows: QuerySet[InboxMessage], kind: ProblemKind) -> QuerySet[InboxMessage]:
    """The quarantined messages of that kind, newest first."""
    mine = with_kind(rows.filter(verdict=Verdict.QUARANTINED, channel__code=kind.channel))
    return mine.filter(kind_path=kind.path, kind_problem=kind.problem).order_by("-pk")


def kind_of(rows: QuerySet[InboxMessage], message: InboxMessage) -> ProblemKind | None:
    """The kind of problem a quarantined message is of; None: it is quarantined no more."""
    mine = (
        with_kind(rows.filter(pk=message.pk, verdict=Verdict.QUARANTINED)).values("kind_path", "kind_problem").first()
    )
    if mine is None:
        return None
    kinds = problem_kinds(rows.filter(channel=message.channel_id))
    return next((one for one in kinds if (one.path, one.problem) == (mine["kind_path"], mine["kind_problem"])), None)


def kind_by_key(kinds: Iterable[ProblemKind], key: str) -> ProblemKind | None:
    return next((one for one in kinds if one.key == key), None)


def lock_replay(job_ref: str) -> ReplayJob | None:
    return ReplayJob.objects.select_for_update(no_key=True).filter(public_id=job_ref).first()


def unsent(job: ReplayJob, most: int) -> list[ReplayedMessage]:
    """The next messages of the job, locked by its lock."""
    return list(job.messages.filter(sent_at__isnull=True).select_related("message").order_by("pk")[:most])


def outcomes(job: ReplayJob) -> dict[str, int]:
    """How many of the messages sent stand where now, by verdict; ``passed_over`` apart."""
    rows = job.messages.filter(sent_at__isnull=False).order_by()
    counted = rows.filter(passed_over=False).values_list("message__verdict").annotate(count=Count("pk"))
    found = {verdict: count for verdict, count in counted if verdict}
    passed_over = rows.aggregate(count=Count("pk", filter=Q(passed_over=True)))["count"]
    return found | ({"passed_over": passed_over} if passed_over else {})


@dataclass(frozen=True, slots=True)
class CapabilityProof:
    """One capability of a channel or a partner, as its page shows it. ``proven`` None: not tried, or it could not be."""

    capability: str
    claimed: bool
    proven: bool | None
    live: bool
    sentence: str
    at: datetime | None


def proofs_of(channel: Channel) -> list[CapabilityProof]:
    """Every capability there is: whether the adapter declares it, whether it was proven, how and when."""
    adapter = adapter_of(channel.kind)
    rows = {row.capability: row for row in Proof.objects.filter(channel=channel)}
    return [_proven(one, adapter.can(one), rows.get(one)) for one in Capability if adapter.can(one) or one in rows]


def partner_proofs_of(partner: Partner) -> list[CapabilityProof]:
    """What its adapter declares and what the partner was seen to do, in the order of the kit. Raises PartnerUnusable."""
    adapter = partner_adapter_of(partner)
    declared = {*map(str, adapter.capabilities), *map(str, adapter.offers)} | (
        {SUBMIT} if adapter.takes_orders else set()
    )
    rows = {row.capability: row for row in Proof.objects.filter(partner=partner)}
    return [_proven(one, one in declared, rows.get(one)) for one in ABILITIES if one in declared or one in rows]


def _proven(capability: str, claimed: bool, row: Proof | None) -> CapabilityProof:
    if row is None:
        return CapabilityProof(capability, claimed, None, False, "", None)
    return CapabilityProof(capability, claimed, row.proven, row.live, row.sentence, row.at)


def lock_watch(channel: Channel) -> DriftWatch:
    """How far the channel's messages were compared; whoever else compares them waits."""
    DriftWatch.objects.get_or_create(channel=channel)
    return DriftWatch.objects.select_for_update(no_key=True).get(channel=channel)


def lock_drifts_of(channel: Channel) -> list[ContractDrift]:
    rows = ContractDrift.objects.filter(channel=channel).select_for_update(no_key=True, of=("self",))
    return list(rows.select_related("channel").order_by("pk"))


def drift_key(row: ContractDrift) -> tuple[str, ...]:
    """What makes it the same difference again."""
    return (row.contract, row.kind, row.path, row.word)


def lock_drift(drift_ref: str) -> ContractDrift:
    """Raises DriftNotFound."""
    rows = ContractDrift.objects.select_for_update(no_key=True, of=("self",)).select_related("channel")
    row = rows.filter(public_id=drift_ref).first()
    if row is None:
        raise DriftNotFound(drift=drift_ref)
    return row


def drifts() -> QuerySet[ContractDrift]:
    """Newest first, with their channels at hand."""
    return ContractDrift.objects.select_related("channel").order_by("-pk")


def messages_kept(rows: Iterable[ContractDrift]) -> dict[int, str]:
    """The public ids of the first messages that are still kept, by pk."""
    wanted = InboxMessage.objects.filter(pk__in=[row.first_message_id for row in rows])
    return dict(wanted.values_list("pk", "public_id"))


def open_drift_of(channel: Channel) -> dict[str, int]:
    """How many open differences a channel has, by kind."""
    rows = ContractDrift.objects.filter(channel=channel, state=DriftState.OPEN).order_by()
    return dict(rows.values_list("kind").annotate(count=Count("pk")))
