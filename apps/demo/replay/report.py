"""The account of a replay: every message sent, and what became of it. Nothing may be left unexplained."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields

from apps.channels.models import InboxMessage, UploadJob, Verdict
from apps.channels.services.uploading import count_outcomes
from apps.channels.verdict_reasons import NEW_ORDER
from apps.core import clock
from apps.demo.replay.client import Sent
from apps.orchestration.models import RunState, StepRun
from apps.orders.models import Hold, Order

PING = "an activation ping, answered"
UNFINISHED = (RunState.DUE, RunState.RUNNING)
# Steps that wait for something outside, or that tidy up after an order has gone its way.
_NOT_WAITED_FOR = ("submit_to_partner", "ask_partner_to_cancel", "send_channel_update", "retry_waiting_orders")


@dataclass(slots=True)
class Account:
    """``orders``: messages that made one; ``changes``: that changed one, by what they did; the rest by its reason."""

    sent: int = 0
    orders: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def explained(self) -> int:
        listed = (self.changes, self.ignored, self.rejected, self.quarantined)
        return self.orders + self.duplicates + sum(counter.total() for counter in listed)

    @property
    def adds_up(self) -> bool:
        """Every message has a verdict, and the server took every one of them."""
        return self.explained == self.sent and not self.waiting and not self.refused

    def to_json(self) -> dict[str, object]:
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        listed = {name: dict(value) if isinstance(value, Counter) else value for name, value in values.items()}
        return {**listed, "explained": self.explained, "adds_up": self.adds_up}


def account_of_messages(sent: Sequence[Sent]) -> Account:
    """By the server's answers and the inbox."""
    account = Account(sent=len(sent))
    account.refused.update(f"answered {one.status}" for one in sent if one.status != 200)
    account.duplicates = sum(one.repeat for one in sent)
    account.ignored.update(PING for one in sent if one.status == 200 and not one.ref)
    refs = [one.ref for one in sent if one.ref and not one.repeat]
    for verdict, reason in InboxMessage.objects.filter(public_id__in=refs).values_list("verdict", "reason"):
        _count(account, verdict, reason)
    latencies = sorted(one.seconds * 1000 for one in sent)
    if latencies:
        account.figures["answered_p50_ms"] = round(statistics.median(latencies), 1)
        account.figures["answered_p95_ms"] = round(latencies[int(len(latencies) * 0.95)], 1)
    return account


def _count(account: Account, verdict: str, reason: str) -> None:
    counters: Mapping[str, Counter[str]] = {
        Verdict.ACCEPTED: account.changes,
        Verdict.IGNORED: account.ignored,
        Verdict.REJECTED: account.rejected,
        Verdict.QUARANTINED: account.quarantined,
        Verdict.WAITING: account.waiting,
    }
    if verdict == Verdict.ACCEPTED and reason == NEW_ORDER:
        account.orders += 1
    elif verdict == Verdict.DUPLICATE:
        account.duplicates += 1
    else:
        counters[verdict][reason or "not looked at yet"] += 1


def account_of_uploads(refs: Iterable[str]) -> Account:
    """By the upload jobs; a message is one order of a file."""
    account = Account()
    for job in UploadJob.objects.filter(public_id__in=list(refs)):
        account.sent += job.total
        counted = count_outcomes(job)
        account.orders += job.done - sum(1 for one in job.results if one["outcome"] != "note")
        account.duplicates += counted.get(Verdict.DUPLICATE, 0)
        for one in job.results:
            if one["outcome"] not in ("note", Verdict.DUPLICATE):
                reason = one.get("reason") or one["errors"][0]["problem"]
                _count(account, one["outcome"], reason)
    return account


def add_orders(account: Account, channels: Sequence[str]) -> None:
    """Where the channels' orders stand now, and what holds those that are held."""
    orders = Order.objects.filter(channel__in=channels)
    account.states.update(orders.values_list("state", flat=True))
    holds = Hold.objects.filter(order__channel__in=channels, released_at=None)
    account.held.update(holds.values_list("reason", flat=True))


def wait_until_settled(channels: Sequence[str], *, seconds: float) -> bool:
    """Until nothing is left to be done for these channels' messages and orders; False when it took too long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not _unsettled(channels):
            return True
        time.sleep(0.2)
    return False


def _unsettled(channels: Sequence[str]) -> bool:
    messages = InboxMessage.objects.filter(channel__code__in=channels, settled_at=None, verdict=Verdict.WAITING)
    jobs = UploadJob.objects.filter(channel__code__in=channels, finished_at=None)
    if jobs.exists() or messages.exists():
        return True
    streams = Order.objects.filter(channel__in=channels).values("public_id")
    runs = StepRun.objects.filter(state__in=UNFINISHED, stream__in=streams, due_at__lte=clock.now())
    return runs.exclude(step__in=_NOT_WAITED_FOR).exists()


def lines_of(account: Account) -> list[str]:
    """The account as a table."""
    rows: list[tuple[str, int]] = [("messages sent", account.sent), ("new orders", account.orders)]
    rows += [(f"  {reason}", count) for reason, count in account.changes.most_common()]
    rows.append(("duplicates", account.duplicates))
    for name in ("ignored", "rejected", "quarantined", "waiting", "refused"):
        counter: Counter[str] = getattr(account, name)
        rows.append((name, counter.total()))
        rows += [(f"  {reason}", count) for reason, count in counter.most_common()]
    lines = [f"{count:>8}  {text}" for text, count in rows]
    lines += ["", f"{account.explained:>8}  explained of {account.sent}: {_verdict(account)}", ""]
    lines += [f"{count:>8}  orders are {state}" for state, count in account.states.most_common()]
    lines += [f"{count:>8}  held: {reason.replace('_', ' ')}" for reason, count in account.held.most_common()]
    return lines + [f"{value:>8}  {name.replace('_', ' ')}" for name, value in account.figures.items()]


def _verdict(account: Account) -> str:
    return "nothing is unexplained" if account.adds_up else "SOMETHING IS UNEXPLAINED"
