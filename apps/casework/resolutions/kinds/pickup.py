"""Which store a customer collects from, where the channel's words name none of ours."""

from __future__ import annotations

from collections.abc import Sequence

from apps.casework.resolutions.base import Choice, Done, Effect, Params, ParamSpec, Resolution
from apps.casework.resolutions.errors import NotResolvable
from apps.casework.resolutions.facts import Facts
from apps.core.actor import Actor
from apps.core.text import Text
from apps.network.selectors import pickup_nodes
from apps.orders.services import choose_pickup_store
from apps.orders.services.revising import REVISABLE
from apps.orders.states import OrderState


class ChooseStore(Resolution):
    """Say at which store the customer collects the order."""

    code = "choose_store"
    label = "Choose the store"

    def why_not(self, facts: Facts) -> str:
        if facts.order is None:
            return Text("The case is about no order.")
        if facts.order.state not in REVISABLE:
            state = Text.lowered(OrderState(facts.order.state).label)
            return Text("The order is {state}; its store can't be chosen here any more.", state=state)
        return "" if _stores(facts) else Text("No location hands orders over the counter.")

    def params(self, facts: Facts) -> Sequence[ParamSpec]:
        order = facts.the_order
        said = order.pickup_location or order.shipping_method
        choices = tuple(Choice(code, name) for code, name in _stores(facts).items())
        return [
            ParamSpec(
                "node",
                Text("Store"),
                "choice",
                choices=choices,
                help=said and Text("The channel says: {said}", said=said),
            )
        ]

    def effect(self, facts: Facts, params: Params) -> Effect:
        name = _stores(facts).get(params["node"])
        if name is None:
            raise NotResolvable(why=Text("That store does not hand orders over (any more)."))
        return Effect(
            Text("The customer collects the order at {name}; it is checked again and goes on.", name=name),
            currency=facts.currency,
            customer_message=f"You can collect your order at {name}; we tell you when it is ready.",
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        name = _stores(facts)[params["node"]]
        choose_pickup_store(facts.the_order.pk, node=params["node"], actor=actor)
        return Done(Text("It is collected at {name}.", name=name))

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("the store is all that keeps the order back")


def _stores(facts: Facts) -> dict[str, str]:
    return facts.once("pickup_nodes", lambda: {node.code: f"{node.name}, {node.city}" for node in pickup_nodes()})
