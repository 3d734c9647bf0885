"""Whom we call, and what each kind of them is put to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from apps.outbound.health import Limits
from apps.outbound.retry_after import LONGEST
from apps.outbound.states import CounterpartKind


@dataclass(frozen=True, slots=True)
class CounterpartSettings:
    """``limits``: across all workers. ``trusted``: an administrator set its address up, it may be in a network of our own.

    ``longest_quiet``: what it may ask for. ``path_is_secret``: its address as a whole is as good as a password.
    """

    limits: Limits
    trusted: bool = True
    longest_quiet: timedelta = LONGEST
    path_is_secret: bool = False


# A call lasts as long as its client's deadline and a little more; whoever has not reported back by then is gone.
TERMS: Mapping[str, CounterpartSettings] = {
    CounterpartKind.PARTNER: CounterpartSettings(Limits()),
    CounterpartKind.SHOP: CounterpartSettings(
        Limits(lasts=timedelta(seconds=33), at_once=3, per_second=20.0, burst=200)
    ),
    CounterpartKind.WEBHOOK: CounterpartSettings(
        Limits(lasts=timedelta(seconds=23), at_once=8, per_second=50.0, burst=500),
        trusted=False,
        longest_quiet=timedelta(days=1),
        path_is_secret=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Counterpart:
    """``code``: of the shop or partner, or the public id of the endpoint. ``part``: of a partner, the node it runs; of a shop, the
    usage plan that a call counts against. ``apart``: what asks for quiet is the part, not the whole.

    ``limits``: its own, where they are not the usual ones of its kind.
    """

    kind: CounterpartKind
    code: str
    name: str
    part: str = ""
    part_name: str = ""
    apart: bool = False
    limits: Limits | None = None

    @property
    def called(self) -> str:
        """What people read."""
        return f"{self.name} · {self.part_name or self.part}" if self.part else self.name

    @property
    def terms(self) -> CounterpartSettings:
        usual = TERMS[self.kind]
        return replace(usual, limits=self.limits) if self.limits is not None else usual
