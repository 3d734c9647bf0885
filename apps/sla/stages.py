"""The stages that are timed: what each one is, what ends it, and how its deadline may be set. Pure, no Django."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    RESPONSE = "response"
    ROUTING = "routing"
    PARTNER_ACK = "partner_ack"
    PICK_START = "pick_start"
    PACK = "pack"
    SHIP = "ship"
    DELIVERY = "delivery"
    CASE_RESPONSE = "case_response"
    CASE_RESOLUTION = "case_resolution"
    APPROVAL = "approval"


class DeadlineBasis(StrEnum):
    """What a deadline is counted from."""

    MINUTES = "minutes"
    PROMISE = "promise"
    SHIP_BY = "ship_by"
    CUTOFF = "cutoff"
    KIND = "kind"
    NONE = "none"


class Of(StrEnum):
    """What a stage is a stage of."""

    ORDER = "order"
    FULFILLMENT = "fulfillment"
    CASE = "case"
    APPROVAL = "approval"


BY_WORDS = {
    DeadlineBasis.MINUTES: "within so many minutes",
    DeadlineBasis.PROMISE: "by the delivery promised to the customer",
    DeadlineBasis.SHIP_BY: "by the ship-by of the order",
    DeadlineBasis.CUTOFF: "by the location's cutoff",
    DeadlineBasis.KIND: "within the time of the case's type",
    DeadlineBasis.NONE: "no clock",
}
PAUSES = {
    "hold": "while the order is on hold",
    "customer": "while it waits for the customer",
    "partner": "while it waits for a partner",
    "stock": "while it waits for stock",
    "approval": "while it waits for an approval",
    "time": "while it waits for a moment",
}
_CASE_PAUSES = ("customer", "partner", "stock", "approval", "time")


@dataclass(frozen=True, slots=True)
class About:
    """``said``: from when to when. ``late``: the label once it is late. What ends it stands in ``endings``."""

    label: str
    of: Of
    said: str
    late: str
    icon: str
    bys: tuple[DeadlineBasis, ...]
    pauses: tuple[str, ...] = ()

    @property
    def by_node(self) -> bool:
        return self.of is Of.FULFILLMENT


STAGES: dict[str, About] = {
    Stage.RESPONSE: About(
        "First decision", Of.ORDER, "from accepted to the first decision about it", "nothing has been decided about it",
        "inbox", (DeadlineBasis.MINUTES, DeadlineBasis.NONE), ("hold",),
    ),
    Stage.ROUTING: About(
        "Routing", Of.ORDER, "from accepted, or given back by a location, until its locations have it", "no location has it yet", "route",
        (DeadlineBasis.MINUTES, DeadlineBasis.NONE), ("hold",),
    ),
    Stage.PARTNER_ACK: About(
        "Partner acceptance", Of.FULFILLMENT, "from asked to the partner's answer", "the partner has not answered",
        "handshake", (DeadlineBasis.MINUTES, DeadlineBasis.NONE), ("hold",),
    ),
    Stage.PICK_START: About(
        "Picking", Of.FULFILLMENT, "from the location having it to picked", "it has not been picked", "basket",
        (DeadlineBasis.MINUTES, DeadlineBasis.CUTOFF, DeadlineBasis.SHIP_BY, DeadlineBasis.NONE), ("hold",),
    ),
    Stage.PACK: About(
        "Packing", Of.FULFILLMENT, "from picked to packed", "it has not been packed", "box",
        (DeadlineBasis.MINUTES, DeadlineBasis.CUTOFF, DeadlineBasis.SHIP_BY, DeadlineBasis.NONE), ("hold",),
    ),
    Stage.SHIP: About(
        "Shipping", Of.FULFILLMENT, "from the location having it to out of the door", "it has not left", "truck",
        (DeadlineBasis.MINUTES, DeadlineBasis.CUTOFF, DeadlineBasis.SHIP_BY, DeadlineBasis.PROMISE, DeadlineBasis.NONE), ("hold",),
    ),
    Stage.DELIVERY: About(
        "Delivery", Of.ORDER, "from accepted to delivered", "it has not arrived", "pin",
        (DeadlineBasis.PROMISE, DeadlineBasis.MINUTES, DeadlineBasis.NONE), ("hold",),
    ),
    Stage.CASE_RESPONSE: About(
        "Case: first response", Of.CASE, "from opened until somebody looks at it", "nobody has looked at it", "alert",
        (DeadlineBasis.KIND, DeadlineBasis.MINUTES, DeadlineBasis.NONE), _CASE_PAUSES,
    ),
    Stage.CASE_RESOLUTION: About(
        "Case: resolution", Of.CASE, "from opened until it is settled", "it is not settled", "check-circle",
        (DeadlineBasis.KIND, DeadlineBasis.MINUTES, DeadlineBasis.NONE), _CASE_PAUSES,
    ),
    Stage.APPROVAL: About(
        "Approval", Of.APPROVAL, "from proposed until decided", "nobody has decided", "check-doc",
        (DeadlineBasis.MINUTES, DeadlineBasis.NONE),
    ),
}  # fmt: skip

CASE_STAGES = (str(Stage.CASE_RESPONSE), str(Stage.CASE_RESOLUTION))


def label(stage: str) -> str:
    return STAGES[stage].label if stage in STAGES else stage.replace("_", " ")
