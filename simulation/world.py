"""One run: the merchant's world, in which actions happen one after the other, until everything is left in peace and must be right."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from django.db import connection

from apps.core import clock
from apps.core.randomness import random_bytes, seeded
from apps.orchestration import housekeeping, runner, worker_wakeup
from apps.orchestration.invariants import check
from apps.orchestration.models import RunState, StepRun
from apps.outbound import client
from orchestrator.sandbox.exchange import Request
from orchestrator.sandbox.misbehavior import Mood
from simulation import business, checker
from simulation.faults import Crashed, Statements, bury, tidy, watched_statements
from simulation.front import Front
from simulation.network import Wire
from simulation.partners import Partners
from simulation.plans import Action

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
CANARY = "Canary"
WAITS_S = (1, 3, 10, 30, 60, 90, 300, 900)
MOODS = (
    Mood("fail", 3), Mood("lose_ack", 1), Mood("garbage", 1), Mood("too_many", 1, 30), Mood("slow", 1, 4), Mood("slow", 1, 25),
    Mood("hang", 1, 60), Mood("reject", 1), Mood("refuse_cancel", 1), Mood("double_send", 1), Mood("fail", 8), Mood("lose_ack", 2),
)  # fmt: skip
# Rounds of peace after which whatever still has work never ends.
ROUNDS = 60


@dataclass
class Result:
    """``statements``: how many of ours each action sent, each a position where a fault can strike."""

    problems: list[str] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)
    statements: list[int] = field(default_factory=list)


@dataclass
class Sent:
    """An order a shop has sent. ``ref``: under what it was accepted; empty: the shop does not know yet."""

    body: dict[str, Any]
    ref: str = ""

    @property
    def key(self) -> str:
        return f"key-{self.body['external_id']}"


def run(plan: Sequence[Action], *, seed: int) -> Result:
    """Run the plan on an empty database, and say what was wrong afterwards."""
    with ExitStack() as stack:
        statements = stack.enter_context(watched_statements())
        for context in (clock.simulated(START), seeded(seed), _same_each_time(), _nobody_woken()):
            stack.enter_context(context)
        business.empty_database()
        business.open_business()
        world = World(statements)
        stack.enter_context(client.simulated(world.wire))
        world.begin()
        for action in plan:
            world.do(action)
        world.come_to_rest()
        return world.judge()


@contextmanager
def _same_each_time() -> Iterator[None]:
    """The sandbox has no seam of its own for chance."""
    with mock.patch("uuid.uuid4", side_effect=lambda: uuid.UUID(bytes=random_bytes(16), version=4)):
        yield


@contextmanager
def _nobody_woken() -> Iterator[None]:
    with mock.patch.object(worker_wakeup, "wake_workers"):
        yield


class World:
    def __init__(self, statements: Statements) -> None:
        self._statements, self._result = statements, Result()
        self._front, self._orders = Front(), list[Sent]()
        self._late: list[tuple[datetime, Request]] = []
        self._meanwhile: Action | None = None
        self._outside = copy_context()
        self.wire = Wire(self._answer, around=self._around, late=self._later)
        self._partners = Partners(self.wire.pause)

    def begin(self) -> None:
        """Here everybody starts from: with nothing of what a worker may be in the middle of."""
        self._outside = copy_context()

    def do(self, action: Action) -> None:
        """One action, and the fault that strikes it."""
        self._statements.arm(action.fault)
        self._meanwhile = action.meanwhile
        try:
            outcome = getattr(self, f"_{action.kind}")(action.pick)
        except Crashed:
            outcome = "the process dies"
            bury()
        except Exception as error:
            # A task that fails by a fault is run again by the next beat; one that fails by itself is wrong.
            outcome = f"fails: {error!r}"
            if not self._statements.struck:
                self._result.problems.append(f"{action.kind} {outcome}")
        finally:
            self._result.statements.append(self._statements.count)
            struck = f" [{action.fault}]" if self._statements.struck else ""
            self._statements.arm(None)
        tidy()
        if connection.in_atomic_block:
            self._result.problems.append(f"after {action} its connection can't be used for ever")
            bury()
        self._say(f"{action.kind}: {outcome}{struck}")

    def _say(self, text: str) -> None:
        self._result.trace.append(f"{clock.now():%H:%M:%S} {text}")

    # What shops and customers do

    def _order(self, pick: int) -> str:
        number = len(self._orders) + 1
        skus = [code for bit, code in enumerate("ABC") if (pick >> bit) & 1] or ["A"]
        lines = [
            {"line_id": str(n), "sku": sku, "quantity": 1 + (pick >> 3 + n) % 3, "unit_price": 1000}
            for n, sku in enumerate(skus, 1)
        ]
        address = {
            "name": f"Pat {CANARY}", "line1": f"1 {CANARY} Row", "city": "Leeds", "postal_code": "LS1 1AA", "country": "GB",
        }  # fmt: skip
        body = {
            "channel": "api", "external_id": f"S-{number}", "placed_at": clock.now().isoformat(), "currency": "GBP",
            "customer": {"name": f"Pat {CANARY}", "email": f"pat{number}@example.test"}, "shipping_address": address, "lines": lines,
        }  # fmt: skip
        self._orders.append(Sent(body))
        return self._send(self._orders[-1])

    def _send(self, sent: Sent) -> str:
        answered = self._front.post("orders", sent.body, key=sent.key)
        if answered.ok:
            sent.ref = answered.body["id"]
        return f"{sent.body['external_id']} is answered {answered.status}"

    def _resend(self, pick: int) -> str:
        """A shop that got no answer, or did not believe it."""
        sent = self._orders[pick % len(self._orders)] if self._orders else None
        return self._send(sent) if sent else "nothing was sent"

    def _cancel(self, pick: int) -> str:
        known = [sent for sent in self._orders if sent.ref]
        if not known:
            return "nothing to cancel"
        sent = known[pick % len(known)]
        answered = self._front.post(f"orders/{sent.ref}/cancel", {"reason": "changed my mind"})
        return f"{sent.body['external_id']} is answered {answered.status}"

    # What our own processes and people do

    def _steps(self, pick: int) -> str:
        return f"{runner.drain('steps')} runs"

    def _partner_steps(self, pick: int) -> str:
        return f"{runner.drain('partners')} runs"

    def _beat(self, pick: int) -> str:
        task = (housekeeping.expire, housekeeping.wake_and_escalate_cases, housekeeping.send_canary)[pick % 3]
        task()
        return task.__name__

    def _own_node(self, pick: int) -> str:
        rows = self._front.all("fulfillment-orders?node=OWN")
        rows = [row for row in rows if row["state"] in ("open", "accepted", "picked", "packed")]
        return self._work_on(rows[pick % len(rows)], pick) if rows else "nothing to do"

    def _work_on(self, row: dict[str, Any], pick: int) -> str:
        verb = {"open": "accept", "accepted": "pick", "picked": "pack", "packed": "ship"}[row["state"]]
        ship = {"external_id": f"parcel-{row['id']}", "carrier": "c", "service": "s", "parcels": [{}]}
        answered = self._front.post(f"fulfillment-orders/{row['id']}/{verb}", ship if verb == "ship" else {})
        return f"{verb} {row['lines'][0]['sku']}… is answered {answered.status}"

    def _stock(self, pick: int) -> str:
        """Somebody corrects a figure, or a delivery arrives."""
        shelves = [(node, sku) for node, skus in business.STOCK.items() for sku in skus]
        node, sku = shelves[pick % len(shelves)]
        row = {"node": node, "sku": sku, "delta": (-2, -1, 1, 3, 5)[pick // 10 % 5]}
        answered = self._front.post("inventory/levels/bulk", {"reason": "count", "items": [row]})
        return f"{row['delta']} {sku} at {node} is answered {answered.status}"

    def _person(self, pick: int) -> str:
        """Somebody calls the partner about what nobody knows, and says here what they say."""
        cases = self._front.all("exceptions?type=outcome_unknown&state=open")
        return self._settle(cases[pick % len(cases)]) if cases else "nothing to settle"

    def _settle(self, case: dict[str, Any]) -> str:
        ref = case["subject"]
        on_its_way = any(ref.encode() in request.body for _, request in self._late)
        if on_its_way or any(row["fulfillment_order"] == ref for row in self._partners.records()):
            return "they have it"
        answered = self._front.post(f"exceptions/{case['id']}/resolutions/confirm_not_received", {"params": {}})
        return f"they never got it; answered {answered.status}"

    # What partners do

    def _partner_acts(self, pick: int) -> str:
        rows = self._partners.unfinished
        if not rows:
            return "nothing to do"
        one = rows[pick % len(rows)]
        return f"{one.partner} has it {self._partners.act(one, pick // 7)}"

    def _callback(self, pick: int) -> str:
        """One of their messages arrives, in whatever order; some once more later."""
        waiting = self._partners.bag.waiting
        if not waiting:
            return "nothing waits"
        message = waiting[pick % len(waiting)]
        answered = self._partners.bag.bring(message, self._front)
        if pick % 6 == 0 and message not in waiting:
            waiting.append(message)
        return f"{message.type} of {message.partner} is answered {answered.status}"

    def _mood(self, pick: int) -> str:
        partner, mood = list(business.PARTNERS)[pick % 2], MOODS[pick // 2 % len(MOODS)]
        self._partners.moods.set(partner, mood)
        return f"{partner} will {mood.mode} {mood.times} times"

    def _answer(self, request: Request) -> Any:
        response = self._partners.answer(request)
        self._say(
            f"  {request.method} {request.path.rsplit('/', 1)[-1]} to {request.path.split('/')[2]}: {response.status}"
        )
        return response

    def _around(self, moment: str) -> None:
        if moment == "request":
            self._statements.before_call()
        elif self._meanwhile is not None:
            action, self._meanwhile = self._meanwhile, None
            self._in_between(action)

    def _in_between(self, action: Action) -> None:
        """Somebody else acts: knows the time, and nothing of what the caller is doing."""
        theirs = self._outside.copy()
        theirs.run(clock.sleep, (clock.now() - theirs.run(clock.now)).total_seconds())
        outcome = theirs.run(getattr(self, f"_{action.kind}"), action.pick)
        self._say(f"  meanwhile {action.kind}: {outcome}")
        clock.sleep((theirs.run(clock.now) - clock.now()).total_seconds())

    def _later(self, seconds: float, request: Request) -> None:
        # The name of what they will have is all that is late; a look-up or a cancellation that came too late does nothing.
        self._late.append((clock.now() + timedelta(seconds=seconds), request))
        self._say(f"  no answer in time to {request.method} {request.path}")

    # Time

    def _wait(self, pick: int) -> str:
        seconds = WAITS_S[pick % len(WAITS_S)]
        self._pass(seconds)
        return f"{seconds} s"

    def _pass(self, seconds: float) -> None:
        clock.sleep(seconds)
        due = [request for at, request in self._late if at <= clock.now()]
        self._late = [(at, request) for at, request in self._late if at > clock.now()]
        for request in due:
            self.wire.arrive_late(request)

    # The end

    def come_to_rest(self) -> None:
        """Nothing breaks any more, everybody finishes what they have: until there is nothing left to do."""
        self._say("peace")
        for code in business.PARTNERS:
            self._partners.moods.set(code, None)
        for _ in range(ROUNDS):
            if not self._busy_round():
                return
        self._result.problems.append("it never comes to rest")

    def _busy_round(self) -> bool:
        busy = bool(self._late)
        for sent in self._orders:
            if not sent.ref:
                self._say(self._send(sent))
                busy = True
        for message in list(self._partners.bag.waiting):
            self._say(f"{message.type}: {self._partners.bag.bring(message, self._front).status}")
            busy = True
        for task in (housekeeping.expire, housekeeping.wake_and_escalate_cases):
            task()
        busy = runner.drain("steps") + runner.drain("partners") + runner.drain("steps") > 0 or busy
        if not busy:
            busy = self._everybody_works_on()
        soon = StepRun.objects.filter(state__in=[RunState.DUE, RunState.RUNNING]).exists()
        self._pass(61)
        return busy or soon

    def _everybody_works_on(self) -> bool:
        rows = self._partners.unfinished
        for one in rows:
            self._partners.act(one, 2)
        ours = [
            row
            for row in self._front.all("fulfillment-orders?node=OWN")
            if row["state"] in ("open", "accepted", "picked", "packed")
        ]
        for row in ours:
            self._work_on(row, 0)
        sent = self._front.all("shipments?node=OWN&state=shipped")
        for shipment in sent:
            self._front.post(f"shipments/{shipment['id']}/delivered", {})
        return bool(rows or ours or sent)

    def judge(self) -> Result:
        report = check(limbo_s=0, canary=CANARY)
        self._result.problems += [f"{code}: {one}" for code, found in report.offenders.items() for one in found]
        self._result.problems += [
            f"{run.step} is parked: {run.error_code} {run.last_error[:200]}"
            for run in StepRun.objects.filter(state=RunState.PARKED)
        ]
        self._result.problems += checker.problems(
            self._front,
            self._partners.records(),
            accepted=[sent.ref for sent in self._orders],
        )
        return self._result
