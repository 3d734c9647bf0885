"""Spoiled calls: each is answered by the error that says whether asking again makes sense, and nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.channels.errors import ShopBusy, ShopRefused, ShopUnreachable
from apps.channels.framework.shop import Shop
from apps.contracts.conformance.bench import Bench, Faults, NotProven
from apps.core.text import Text, within

SLOW_S = 0.2
_LOST = (ShopBusy, ShopUnreachable)
# Throttled, broken, down, and credentials that are none. The error each has to become.
_SPOILED: tuple[tuple[int, tuple[type[Exception], ...]], ...] = (
    (429, (ShopBusy, ShopUnreachable)),
    (500, _LOST),
    (503, _LOST),
    (401, (ShopRefused,)),
)


def refuses_rightly(bench: Bench, call: Callable[[Shop], Any]) -> str:
    """Has a reading call throttled, broken and refused. Returns what was seen; empty for a shop that can't be spoiled."""
    if bench.faults is None:
        return ""
    for status, wanted in _SPOILED:
        bench.faults.heal()
        bench.faults.spoil(status, writes=False, after=False)
        try:
            call(bench.client())
        except wanted:
            continue
        except Exception as error:
            # Any other error, of whatever kind, is the finding: the adapter let it through.
            raise NotProven(
                within(
                    Text(
                        "an answer of {status} became {fault}: {error}",
                        status=status,
                        fault=type(error).__name__,
                        error=error,
                    ),
                    300,
                )
            ) from error
        # An adapter with tokens of its own may fetch a fresh one and ask again.
        if not (status == 401 and bench.adapter.oauth is not None):
            raise NotProven(Text("an answer of {status} was taken for an answer", status=status))
    bench.faults.heal()
    _knows_half_an_answer(bench, bench.faults, call)
    _waits(bench, bench.faults, call)
    return Text("Throttled, broken, slow and refused calls, and answers cut short, are known for what they are.")


def _knows_half_an_answer(bench: Bench, faults: Faults, call: Callable[[Shop], Any]) -> None:
    faults.garble()
    try:
        call(bench.client())
    except (*_LOST, ShopRefused):
        return
    except Exception as error:
        # As above: whatever else an adapter raises is the finding.
        raise NotProven(
            within(Text("an answer cut short became {fault}: {error}", fault=type(error).__name__, error=error), 300)
        ) from error
    finally:
        faults.heal()
    raise NotProven(Text("an answer cut short was taken for an answer"))


def _waits(bench: Bench, faults: Faults, call: Callable[[Shop], Any]) -> None:
    faults.delay(SLOW_S)
    try:
        call(bench.client())
    except Exception as error:
        # As above: a slow answer is an answer, so any error is the finding.
        raise NotProven(
            within(Text("a slow answer became {fault}: {error}", fault=type(error).__name__, error=error), 300)
        ) from error
    finally:
        faults.heal()


def once_though_lost(bench: Bench, say: Callable[[Shop, bool], Any], mark: str) -> str:
    """Loses the response to a writing call and sends it again, looking first: the shop received it once. ``mark``: a text by which it is
    known there; empty: it leaves none."""
    if bench.faults is None:
        say(bench.client(), False)
        say(bench.client(), True)
        return Text("Sent, and sent once more without harm.")
    bench.faults.spoil(503, writes=True, after=True)
    try:
        say(bench.client(), False)
    except _LOST:
        pass
    else:
        raise NotProven(Text("the answer was lost and nobody noticed"))
    bench.faults.heal()
    before = bench.faults.received(mark) if mark else 0
    if mark and not before:
        raise NotProven(Text("the shop got nothing of it"))
    say(bench.client(), True)
    if mark and bench.faults.received(mark) != before:
        raise NotProven(Text("after a lost answer the shop got it twice"))
    return Text("The answer was lost and it was sent again; the shop has it once.")
