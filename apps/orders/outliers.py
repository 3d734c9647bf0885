"""What orders of a channel usually come to, and how far out of that one is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt

# From so many orders on there is a habit; the latest so many count.
ENOUGH, REMEMBERED = 50, 2_000
# A channel whose orders differ much anyway, as those of wholesalers do, is left that much more room.
SPREAD = 4.0
LEAST_UNITS = 10


@dataclass(frozen=True, slots=True)
class UsualFigures:
    """Means and variances of the logarithms of what orders come to and of their units, in one currency.

    Of logarithms, because a habit that one enormous order lifts would let the next one pass.
    """

    orders: int = 0
    value_mean: float = 0.0
    value_variance: float = 0.0
    units_mean: float = 0.0
    units_variance: float = 0.0

    def merged(self, other: UsualFigures) -> UsualFigures:
        """With later orders; the older fade away."""
        if not other.orders:
            return self
        weight = other.orders / (min(self.orders, REMEMBERED) + other.orders)
        value = _merged(self.value_mean, self.value_variance, other.value_mean, other.value_variance, weight)
        units = _merged(self.units_mean, self.units_variance, other.units_mean, other.units_variance, weight)
        return UsualFigures(self.orders + other.orders, *value, *units)


NO_HABIT = UsualFigures()


@dataclass(frozen=True, slots=True)
class Outlier:
    """So many times as much as ``usual``."""

    times: int
    usual: int


def _merged(mean: float, variance: float, other: float, its_variance: float, weight: float) -> tuple[float, float]:
    apart = other - mean
    return mean + weight * apart, (1 - weight) * variance + weight * its_variance + weight * (1 - weight) * apart**2


def value_beyond(usual: UsualFigures, value: int, times: int) -> Outlier | None:
    """How far a value is beyond the habit; None: within it, or there is none yet. ``times`` 0: nothing ever is."""
    return _beyond(usual.orders, usual.value_mean, usual.value_variance, value, times)


def units_beyond(usual: UsualFigures, units: int, times: int) -> Outlier | None:
    if units < LEAST_UNITS:
        return None
    return _beyond(usual.orders, usual.units_mean, usual.units_variance, units, times)


def _beyond(orders: int, mean: float, variance: float, amount: int, times: int) -> Outlier | None:
    if times < 1 or orders < ENOUGH or amount < 1:
        return None
    if log(amount) <= mean + max(log(times), SPREAD * sqrt(max(variance, 0.0))):
        return None
    usual = max(round(exp(mean)), 1)
    return Outlier(round(amount / usual), usual)
