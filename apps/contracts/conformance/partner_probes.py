"""What is tried of each ability of a partner; each returns a sentence about what was seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from apps.contracts.conformance.bench import NotProven, ProbeSkipped
from apps.contracts.conformance.partner_bench import LINE, PartnerBench, said_in_words
from apps.core import clock
from apps.core.errors import DomainError
from apps.core.ids import new_id
from apps.core.signatures import SecretUnusable, SignatureRefused
from apps.core.text import Text
from apps.integrations.framework.adapter import CallbackSignature
from apps.integrations.framework.base import (
    Failed,
    Found,
    Missing,
    Outstanding,
    PartnerResponse,
    RateLimited,
    Refused,
    StockFigure,
    StockTaken,
    Stopped,
    StopUndecided,
    Submitted,
    Unsure,
    Updates,
)
from apps.network.models import Capability

CONFIRMS_WITHIN_S, LOOKS_EVERY_S = 3.0, 0.2
# How a call is spoiled, and what its answer may become. That a call failed is no answer to what it asked.
_SPOILED: tuple[tuple[str, tuple[type[PartnerResponse], ...]], ...] = (
    ("too_many", (RateLimited,)),
    ("fail", (Failed, Unsure)),
    ("lock_out", (Refused,)),
)


def submit(bench: PartnerBench) -> str:
    """Throttled, broken, locked out, cut short, lost, slow, refused and taken."""
    bench.may_write()
    spoiled = _known_for_what_it_is(bench, lambda: bench.submit(bench.new_key()))
    if bench.faults is not None:
        for mode in ("lose_ack", "garbage"):
            bench.faults.spoil(mode)
            _expect(bench.submit(bench.new_key()), (Unsure,), Text("a lost answer"))
        bench.faults.heal()
        bench.faults.spoil("slow")
        _expect(bench.submit(bench.new_key()), (Submitted,), Text("a slow answer"))
        bench.faults.heal()
    key, said = bench.handed_over()
    if not said.reference:
        raise NotProven(Text("it does not say what it calls an order"))
    if bench.faults is not None and bench.faults.taken(key) != 1:
        raise NotProven(Text("of one order it has {count}", count=bench.faults.taken(key)))
    nothing = {**bench.message(bench.new_key()), "lines": []}
    empty = bench.ask("submit", lambda client: client.submit(nothing, key=str(nothing["fulfillment_order"])))
    _expect(empty, (Refused,), Text("an order without lines"))
    return Text.joined(" ", (Text("An order was taken once, and one without lines refused."), spoiled))


def accept_reject(bench: PartnerBench) -> str:
    bench.may_write()
    if bench.faults is None:
        raise ProbeSkipped(Text("a real partner can’t be made to refuse an order"))
    bench.faults.spoil("reject")
    said = bench.submit(bench.new_key())
    _expect(said, (Refused,), Text("a refusal"))
    if isinstance(said, Refused) and not said.reason:
        raise NotProven(Text("a refusal has no reason"))
    return Text("An order that it refused is known as refused, with its reason.")


def look_up(bench: PartnerBench) -> str:
    unheard_of = bench.new_key()
    _expect(_look(bench, unheard_of), (Missing,), Text("a key nobody has sent"))
    spoiled = _known_for_what_it_is(bench, lambda: _look(bench, unheard_of))
    if bench.faults is not None:
        bench.faults.spoil("garbage")
        _expect(_look(bench, unheard_of), (Unsure, Failed, Refused), Text("an answer cut short"))
        bench.faults.heal()
    if not bench.writes:
        return Text.joined(" ", (Text("A key that nobody has sent is missing there."), spoiled))
    key, taken = bench.handed_over()
    found = _look(bench, key)
    if not isinstance(found, Found) or found.reference != taken.reference:
        raise NotProven(Text("an order that it has was answered with {answer}", answer=said_in_words(found)))
    if bench.faults is not None:
        lost = bench.new_key()
        bench.faults.spoil("lose_ack")
        bench.submit(lost)
        bench.faults.heal()
        _expect(_look(bench, lost), (Found,), Text("an order whose answer was lost"))
    return Text.joined(
        " ", (Text("It knows by key what it has, after a lost answer too, and what it has not."), spoiled)
    )


def deduplicates(bench: PartnerBench) -> str:
    key, first = bench.handed_over()
    again = bench.submit(key)
    if not isinstance(again, Submitted):
        raise NotProven(Text("the same order again was answered with {answer}", answer=said_in_words(again)))
    if again.reference != first.reference:
        raise NotProven(Text("the same key again made a second order"))
    if bench.faults is not None:
        lost = bench.new_key()
        bench.faults.spoil("lose_ack")
        bench.submit(lost)
        bench.faults.heal()
        bench.submit(lost)
        if any(bench.faults.taken(one) != 1 for one in (key, lost)):
            raise NotProven(Text("what was sent twice under one key would ship twice"))
    return Text("An order sent again under its key, also after a lost answer, is one order.")


def cancel(bench: PartnerBench) -> str:
    key, taken = bench.handed_over()
    for _ in range(2):
        said = bench.ask("cancel", lambda client: client.cancel(taken.reference, key=f"{key}:cancel"))
        _expect(said, (Stopped, StopUndecided), Text("a cancellation"))
    stranger = bench.ask("cancel", lambda client: client.cancel("NOBODY-KNOWS-IT", key=f"{key}:x"))
    if isinstance(stranger, Stopped):
        raise NotProven(Text("it says that it stopped an order that it never had"))
    if bench.faults is not None:
        bench.faults.spoil("refuse_cancel")
        late, sent = bench.handed_over()
        said = bench.ask("cancel", lambda client: client.cancel(sent.reference, key=f"{late}:cancel"))
        _expect(said, (Refused,), Text("a cancellation that came too late"))
    return Text("An order was stopped, twice without harm; one that came too late is known as refused.")


def partial_cancel(bench: PartnerBench) -> str:
    key, taken = bench.handed_over()
    for _ in range(2):
        said = bench.ask(
            "cancel_lines", lambda client: client.cancel_lines(taken.reference, {LINE: 1}, key=f"{key}:cancel:1")
        )
        _expect(said, (Stopped, StopUndecided), Text("a cancellation of one unit"))
    return Text("A unit was left out, asked twice without harm.")


def updates(bench: PartnerBench) -> str:
    asked = [Outstanding(bench.new_key(), "NOBODY-KNOWS-IT")]
    if bench.writes:
        key, taken = bench.handed_over()
        asked = [Outstanding(key, taken.reference)]
    said = bench.ask("updates", lambda client: client.fetch_updates(asked, cursor=""))
    if not isinstance(said, Updates):
        raise NotProven(Text("asked what has happened it answers {answer}", answer=said_in_words(said)))
    again = bench.ask("updates", lambda client: client.fetch_updates(asked, cursor=said.cursor))
    _expect(again, (Updates,), Text("being asked once more"))
    spoiled = _known_for_what_it_is(
        bench, lambda: bench.ask("updates", lambda client: client.fetch_updates(asked, cursor=""))
    )
    return Text.joined(" ", (Text("It says what has happened, and says it again where it is asked again."), spoiled))


def confirms(bench: PartnerBench) -> str:
    key, taken = bench.handed_over()
    state, until = taken.state, clock.monotonic() + CONFIRMS_WITHIN_S
    while state == "received" and clock.monotonic() < until:
        clock.sleep(LOOKS_EVERY_S)
        found = _look(bench, key) if bench.adapter.declares(Capability.LOOK_UP) else None
        state = found.state if isinstance(found, Found) else state
    if state == "received":
        raise ProbeSkipped(Text("it has not confirmed yet; it has the day for it"))
    return Text("It said that it has the order.")


def stock(bench: PartnerBench) -> str:
    bench.may_write()
    figures = [StockFigure(bench.sku, 5)]
    for _ in range(2):
        said = bench.ask("stock", lambda client: client.push_inventory(bench.location, figures, key=bench.new_key()))
        _expect(said, (StockTaken,), Text("a stock figure"))
    return Text("A figure was taken, twice without harm.")


def callbacks(bench: PartnerBench) -> str:
    signature, read = bench.adapter.signature, bench.adapter.read_callback
    if signature is None or read is None:
        raise NotProven(Text("it reads no callbacks"))
    for body in bench.examples:
        read(body)
        for broken in (body[: len(body) // 2], b"", b"[]", b'{"hello": "there"}'):
            try:
                read(broken)
            except DomainError:
                continue
            raise NotProven(Text("a message cut short or of another kind was read as a whole one"))
    _signed(signature, bench.secret or new_id("sec"), bench.examples[0])
    return Text(
        "{count} examples were read; messages forged, changed, unsigned, cut short or of another kind are refused.",
        count=len(bench.examples),
    )


def _signed(signature: CallbackSignature, secret: str, body: bytes) -> None:
    headers = signature.sign(secret, body, message_id="msg_1", at=clock.now())
    signature.verify(secret, headers, body, clock.now())
    forged: tuple[tuple[str, Mapping[str, str], bytes], ...] = (
        (new_id("sec"), headers, body),
        (secret, {}, body),
        (secret, headers, body[:-1] + b" }"),
    )
    for by, given, what in forged:
        try:
            signature.verify(by, given, what, clock.now())
        except (SignatureRefused, SecretUnusable):
            continue
        raise NotProven(Text("a message that was forged, changed or not signed passed"))


def _look(bench: PartnerBench, key: str) -> PartnerResponse:
    return bench.ask("look_up", lambda client: client.look_up(key))


def _expect(said: PartnerResponse, wanted: tuple[type[PartnerResponse], ...], what: str) -> None:
    if not isinstance(said, wanted):
        raise NotProven(Text("{what} became {answer}", what=what, answer=said_in_words(said)))


def _known_for_what_it_is(bench: PartnerBench, call: Callable[[], PartnerResponse]) -> str:
    """Has a call throttled, broken and locked out. Empty for a partner that can't be spoiled."""
    if bench.faults is None:
        return ""
    for mode, wanted in _SPOILED:
        bench.faults.heal()
        bench.faults.spoil(mode)
        _expect(call(), wanted, Text("a call that was spoiled ({mode})", mode=mode))
    bench.faults.heal()
    return Text("Throttled, broken and locked out calls are known for what they are.")
