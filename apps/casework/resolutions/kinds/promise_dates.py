"""Promising another day: what a customer was promised is when their order ships or arrives is changed."""

from __future__ import annotations

from datetime import UTC, datetime

from apps.casework.resolutions.arrival import days_late
from apps.casework.resolutions.base import Done, Effect, Params, Resolution
from apps.casework.resolutions.errors import NotResolvable
from apps.casework.resolutions.facts import Facts
from apps.core.actor import Actor
from apps.core.text import Moment, Text
from apps.orders.services import amend_order

# Said in the sentence of a change.
MOVED = {
    "ship_by": lambda before, after: Text("Ships by {before} becomes {after}", before=before, after=after),
    "deliver_by": lambda before, after: Text("Arrives by {before} becomes {after}", before=before, after=after),
}


class ChangePromise(Resolution):
    """Promise other dates. Fits no case: it is done to an order, by the API."""

    code = "change_promise"
    label = "Change the promised dates"

    def why_not(self, facts: Facts) -> str:
        return "" if facts.order else Text("The case is about no order.")

    def effect(self, facts: Facts, params: Params) -> Effect:
        """A later promise, or none, puts the order's value at stake; an earlier one costs nobody anything yet."""
        order, changes = facts.the_order, params["changes"]
        moved = {name: changes[name] for name in MOVED if name in changes and changes[name] != getattr(order, name)}
        worse = [name for name, moment in moved.items() if _is_worse(getattr(order, name), moment)]
        said = Text.joined(
            "; ", [MOVED[name](_day(getattr(order, name)), _day(moment)) for name, moment in moved.items()]
        )
        deliver_by = moved.get("deliver_by")
        return Effect(
            Text("{changes}.", changes=said) if said else Text("The promise stays."),
            margin_minor=0,
            currency=order.currency,
            new_promise=deliver_by,
            days=days_late(deliver_by, order.deliver_by),
            at_stake_minor=order.total_minor if worse else 0,
            rests_on={name: _day(getattr(order, name)) for name in moved},
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        if facts.order is None:
            raise NotResolvable(why=Text("The case is about no order."))
        amend_order(facts.order.pk, changes=params["changes"], actor=actor)
        return Done(Text("The promise was changed."))

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("the customer agreed to another day")


def _is_worse(before: datetime | None, after: datetime | None) -> bool:
    return before is not None and (after is None or after > before)


def _day(moment: datetime | None) -> str:
    return Text("{at} UTC", at=Moment(moment.astimezone(UTC))) if moment else Text("open")
