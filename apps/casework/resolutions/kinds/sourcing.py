"""Where the goods come from after all: another node, more parcels, part of it now, stock still to come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django_fsm import can_proceed

from apps.casework.resolutions.arrival import days_late, departures
from apps.casework.resolutions.base import Choice, Done, Effect, Params, ParamSpec, Resolution
from apps.casework.resolutions.errors import NotResolvable
from apps.casework.resolutions.facts import Facts
from apps.core.actor import Actor
from apps.core.money import show
from apps.core.text import Text
from apps.fulfillment.services import reject_fulfillment_order
from apps.fulfillment.states import RejectReason
from apps.inventory.models import StockLevel
from apps.orders.states import TERMINAL, OrderState
from apps.routing.planner.results import Plan
from apps.routing.services import instruct_routing
from apps.routing.services.instructing import ROUTABLE
from apps.routing.terms import Instruction

MOST_NODES = 8
MOST_PARCELS = 20
MOVED = "moved to another node"


def _not_routable(facts: Facts) -> str:
    order = facts.order
    if order is None:
        return Text("The case is about no order.")
    if order.state in TERMINAL or order.state not in ROUTABLE:
        state = Text.lowered(OrderState(order.state).label)
        return Text("The order is {state}; there is nothing to route.", state=state)
    if facts.contact is None:
        return Text("The order has no address to ship to.")
    if facts.planning_inputs is None:
        return Text("All of the order has a location.")
    return ""


def _under(facts: Facts, instruction: Instruction) -> Plan:
    assert facts.planning_inputs is not None
    return facts.planning_inputs.under(instruction)


def _money(facts: Facts, plan: Plan, before_minor: int) -> tuple[int, str]:
    """What it costs more than before, and the same in words."""
    more = plan.cost_minor - before_minor
    if more == 0:
        return 0, Text("no more expensive than usual")
    apart = show(abs(more), plan.cost_currency)
    return more, Text("{amount} more", amount=apart) if more > 0 else Text("{amount} less", amount=apart)


def _effect_of(facts: Facts, plan: Plan, sentence: str, message: str, *, late: bool = False) -> Effect:
    """The effect of a plan. ``late``: part of it waits for stock, so nobody knows when all of it is there."""
    order = facts.the_order
    more, _ = _money(facts, plan, facts.cost_before_minor)
    there = None if late else _arrival(facts, plan)
    return Effect(
        sentence,
        cost_minor=more,
        margin_minor=-more,
        currency=plan.cost_currency,
        new_promise=there,
        days=days_late(there, order.deliver_by),
        customer_message=message.format(when=_day(there)),
        rests_on={"from": sorted(plan.sites), "units": list(_units(plan))},
    )


def _arrival(facts: Facts, plan: Plan) -> datetime | None:
    assert facts.planning_inputs is not None
    nodes = facts.planning_inputs.situation.nodes.values()
    leaving = facts.once("departures", lambda: departures(nodes))
    return leaving.arrival(plan.sites, service_level=facts.the_order.service_level, now=facts.now)


def _day(moment: datetime | None) -> str:
    return f"{moment:%A %d %B}" if moment else "as soon as it is in stock"


def _names(plan: Plan) -> str:
    names = {candidate.site: candidate.name for candidate in plan.candidates}
    sentence = [names[site] for site in plan.sites]
    return (
        Text("{first} and {last}", first=", ".join(sentence[:-1]), last=sentence[-1])
        if len(sentence) > 1
        else "".join(sentence)
    )


def full_nodes(facts: Facts) -> list[tuple[str, str, Plan]]:
    """Nodes that could take all that has no place, cheapest first: code, name and the plan."""
    return facts.once("full_nodes", lambda: _full_nodes(facts))


def _full_nodes(facts: Facts) -> list[tuple[str, str, Plan]]:
    assert facts.planning_inputs is not None
    leaving = {row.node.code for row in facts.to_move}
    plain = facts.planning_inputs.under(Instruction())
    able = [c for c in plain.candidates if c.eligible and c.site not in leaving]
    found = [(c.site, c.name, facts.planning_inputs.under(_pinned(facts, c.site))) for c in able[:MOST_NODES]]
    return sorted((one for one in found if not one[2].shortfalls), key=lambda one: (one[2].cost_milli, one[0]))


def _pinned(facts: Facts, node: str) -> Instruction:
    assert facts.planning_inputs is not None
    return Instruction(pins=dict.fromkeys(facts.planning_inputs.line_ids, node), split_allowed=True)


class ChooseNode(Resolution):
    """Send all that is missing from one other node."""

    code = "choose_node"
    label = "Choose another location"
    counts_as = "carriage"

    def why_not(self, facts: Facts) -> str:
        sentence = _not_routable(facts)
        if not sentence and not full_nodes(facts):
            return Text("No other location has all that is missing.")
        return sentence or _fixed(facts)

    def params(self, facts: Facts) -> Sequence[ParamSpec]:
        nodes = tuple(
            Choice(code, f"{name} ({show(p.cost_minor, p.cost_currency)})") for code, name, p in full_nodes(facts)
        )
        return [ParamSpec("node", Text("Location"), "choice", choices=nodes, default=nodes[0].value if nodes else None)]

    def effect(self, facts: Facts, params: Params) -> Effect:
        name, plan = _node_plan(facts, params["node"])
        _, words = _money(facts, plan, facts.cost_before_minor)
        details = {"name": name, "cost": show(plan.cost_minor, plan.cost_currency), "more": words}
        sentence = Text("Ships from {name} for {cost}, {more}.", **details)
        if facts.to_move:
            other = facts.to_move[0].node.name
            sentence = Text(
                "Ships from {name} for {cost}, {more}; it is taken away from {other}.", other=other, **details
            )
        return _effect_of(
            facts,
            plan,
            sentence,
            "Your order is being sent from another of our locations; expect it by {when}.",
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        name, _ = _node_plan(facts, params["node"])
        _instruct(facts, _pinned(facts, params["node"]), actor)
        return Done(Text("It goes to {name}.", name=name))

    def because(self, facts: Facts, effect: Effect | None) -> str:
        _, name, plan = full_nodes(facts)[0]
        more, words = _money(facts, plan, facts.cost_before_minor)
        if more:
            return Text("{name} has all of it and would ship it for {more}", name=name, more=words)
        return Text("{name} has all of it, {more}", name=name, more=words)

    def approval(self, facts: Facts, params: Params) -> str:
        return "node_override"


def _fixed(facts: Facts) -> str:
    """Why what a node has can't be taken away any more; empty: it can."""
    for row in facts.to_move:
        if not can_proceed(row.reject) or any(line.shipped_quantity for line in row.lines.all()):
            return Text("{name} has packed or shipped it already.", name=row.node.name)
    return ""


def _node_plan(facts: Facts, node: str) -> tuple[str, Plan]:
    found = next(((name, plan) for code, name, plan in full_nodes(facts) if code == node), None)
    if found is None:
        raise NotResolvable(why=Text("That location can't serve all that is missing (any more)."))
    return found


def _instruct(facts: Facts, instruction: Instruction, actor: Actor) -> None:
    """Have it routed so. What a node has is taken away first: its claims are given up and its lines routed by what follows,
    and a partner that has it is asked to stop."""
    instruct_routing(facts.the_order.pk, instruction=instruction, reroute=not facts.to_move, actor=actor)
    for row in facts.to_move:
        reject_fulfillment_order(row.pk, reason=RejectReason.OTHER, note=MOVED, actor=actor)


SPLIT = Instruction(max_splits=MOST_PARCELS, partial="hold", split_allowed=True)


def split_plan(facts: Facts) -> Plan:
    return facts.once("split", lambda: _under(facts, SPLIT))


class Split(Resolution):
    """Send what is missing in more parcels than usual."""

    code = "split"
    label = "Split over more locations"
    counts_as = "carriage"

    def why_not(self, facts: Facts) -> str:
        sentence = _not_routable(facts)
        if not sentence and split_plan(facts).shortfalls:
            return Text("Even from all locations together it isn't all there.")
        if not sentence and len(split_plan(facts).sites) < 2:
            return Text("One location could ship it all.")
        return sentence or _fixed(facts)

    def effect(self, facts: Facts, params: Params) -> Effect:
        plan = split_plan(facts)
        _, words = _money(facts, plan, facts.cost_before_minor)
        cost = show(plan.cost_minor, plan.cost_currency)
        return _effect_of(
            facts,
            plan,
            Text(
                "Ships in {parcels} parcels from {names} for {cost}, {more}.",
                parcels=len(plan.sites),
                names=_names(plan),
                cost=cost,
                more=words,
            ),
            f"Your order comes in {len(plan.sites)} parcels; expect the last of them by {{when}}.",
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        parcels = len(split_plan(facts).sites)
        _instruct(facts, SPLIT, actor)
        return Done(Text("It ships in {count} parcels.", count=parcels))

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("all of it is there, in {count} locations", count=len(split_plan(facts).sites))

    def approval(self, facts: Facts, params: Params) -> str:
        return "node_override"


PARTIAL = Instruction(partial="ship_available", split_allowed=True)


def _units(plan: Plan) -> tuple[int, int]:
    served = sum(part.quantity for part in plan.assignments)
    return served, sum(short.quantity for short in plan.shortfalls)


def partial_plan(facts: Facts) -> Plan:
    return facts.once("partial", lambda: _under(facts, PARTIAL))


class PartialShip(Resolution):
    """Send what there is now; the rest waits for stock."""

    code = "partial_ship"
    label = "Ship what there is"
    counts_as = "carriage"

    def why_not(self, facts: Facts) -> str:
        sentence = _not_routable(facts)
        if not sentence and facts.to_move:
            return Text("A location is at work on it.")
        if not sentence and not partial_plan(facts).assignments:
            return Text("Nothing of what is missing could ship now.")
        if not sentence and not partial_plan(facts).shortfalls:
            return Text("All that is missing could ship now.")
        return sentence

    def effect(self, facts: Facts, params: Params) -> Effect:
        plan = partial_plan(facts)
        now, later = _units(plan)
        return _effect_of(
            facts,
            plan,
            Text(
                "{now} of {count} units ship now from {names} for {cost}; the rest waits for stock in a case of its own.",
                now=now,
                count=now + later,
                names=_names(plan),
                cost=show(plan.cost_minor, plan.cost_currency),
            ),
            f"We are sending {now} of {now + later} items now, by {{when}}; the rest follows as soon as it is in stock.",
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        now, later = _units(partial_plan(facts))
        instruct_routing(facts.the_order.pk, instruction=PARTIAL, actor=actor)
        return Done(Text("{now} of {count} units ship now; the rest waits for stock.", now=now, count=now + later))

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("part of it can leave today")


BACKORDER = Instruction(partial="backorder", split_allowed=True)


def backorder_plan(facts: Facts) -> Plan:
    return facts.once("backorder", lambda: _under(facts, BACKORDER))


class Backorder(Resolution):
    """Bind what is missing to stock that is still to come."""

    code = "backorder"
    label = "Backorder"
    counts_as = "carriage"

    def why_not(self, facts: Facts) -> str:
        sentence = _not_routable(facts)
        if not sentence and facts.to_move:
            return Text("A location is at work on it.")
        if not sentence and not any(part.backordered for part in backorder_plan(facts).assignments):
            return Text("No location takes backorders for what is missing.")
        return sentence

    def effect(self, facts: Facts, params: Params) -> Effect:
        plan = backorder_plan(facts)
        waiting = sum(part.quantity for part in plan.assignments if part.backordered)
        coming = Text("Nothing is announced there yet.")
        if incoming(facts):
            coming = Text("{count} are on their way there.", count=incoming(facts))
        waits = Text.counted(
            "{count} unit wait at {names} for the next delivery.",
            "{count} units wait at {names} for the next delivery.",
            waiting,
            names=_names(plan),
        )
        return _effect_of(
            facts,
            plan,
            Text.joined(" ", [waits, coming]),
            "Part of your order is on backorder; we send it {when}.",
            late=True,
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        instruct_routing(facts.the_order.pk, instruction=BACKORDER, actor=actor)
        return Done(Text("It was backordered."))

    def because(self, facts: Facts, effect: Effect | None) -> str:
        if incoming(facts):
            return Text("more is on its way")
        return Text("the customer may rather wait than lose it")


def incoming(facts: Facts) -> int:
    """Units announced where the plan would backorder them."""
    waiting = {(part.site, part.sku) for part in backorder_plan(facts).assignments if part.backordered}
    levels = StockLevel.objects.filter(node__code__in=[site for site, _ in waiting], incoming__gt=0)
    rows = levels.values_list("node__code", "sku__code", "incoming")
    return sum(units for site, sku, units in rows if (site, sku) in waiting)
