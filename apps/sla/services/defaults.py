"""The policy Orderyard comes with."""

from __future__ import annotations

from apps.core.actor import SYSTEM
from apps.sla.models import SlaPolicyVersion
from apps.sla.rules import Policy, Rule, Watch
from apps.sla.selectors import active_version
from apps.sla.services.publishing import publish_sla_policy
from apps.sla.stages import DeadlineBasis, Stage

_FAST = ("express", "next_day", "same_day")
_LEADS, _FLOOR = ("lead",), ("manager",)
_WAITS = ("customer", "partner", "stock", "approval", "time")

DEFAULT_POLICY = Policy(
    rules=(
        Rule(Stage.RESPONSE, "Every order", minutes=15, pause=("hold",), alert_breached=_LEADS),
        Rule(Stage.ROUTING, "Every order", minutes=60, pause=("hold",), alert_breached=_LEADS),
        Rule(
            Stage.PARTNER_ACK, "Every partner", minutes=120, pause=("hold",), alert_breached=_LEADS,
            case_breached="partner_silent",
        ),
        Rule(
            Stage.PICK_START, "Fast deliveries", service_levels=_FAST, minutes=60, calendar="node", pause=("hold",),
            alert_warned=_FLOOR, alert_breached=_FLOOR, case_breached="pick_late",
        ),
        Rule(
            Stage.PICK_START, "All others", minutes=240, calendar="node", pause=("hold",),
            alert_breached=_FLOOR, case_breached="pick_late",
        ),
        Rule(Stage.PACK, "Every parcel", minutes=120, calendar="node", pause=("hold",), alert_breached=_FLOOR),
        Rule(
            Stage.SHIP, "By the ship-by of the order", by=DeadlineBasis.SHIP_BY, minutes=0, alert_warned=_FLOOR,
            alert_breached=_LEADS, case_warned="late_risk",
        ),
        Rule(
            Stage.SHIP, "By the location's cutoff", by=DeadlineBasis.CUTOFF, minutes=0, calendar="node", alert_warned=_FLOOR,
            alert_breached=_FLOOR, case_breached="late_risk",
        ),
        Rule(
            Stage.SHIP, "All others", minutes=1440, calendar="node", pause=("hold",),
            alert_breached=_FLOOR, case_breached="late_risk",
        ),
        Rule(
            Stage.DELIVERY, "As promised", by=DeadlineBasis.PROMISE, minutes=0, warn_percent=85, alert_breached=_LEADS,
            case_warned="late_risk", case_breached="promise_missed",
        ),
        Rule(Stage.DELIVERY, "Nothing promised", by=DeadlineBasis.NONE),
        Rule(Stage.CASE_RESPONSE, "Every case", by=DeadlineBasis.KIND, alert_warned=("owner",), alert_breached=("owner", "lead")),
        Rule(
            Stage.CASE_RESOLUTION, "Every case", by=DeadlineBasis.KIND, minutes=480, pause=_WAITS, alert_warned=("owner",),
            alert_breached=("owner", "lead"),
        ),
        Rule(Stage.APPROVAL, "Every proposal", minutes=240, alert_breached=("manager",), mail=True),
    ),
    watches=(
        Watch("backlog", over=200),
        Watch("cutoff", minutes=45),
        Watch("aging", over=0, minutes=2880, state="validated"),
    ),
)  # fmt: skip


def ensure_sla() -> SlaPolicyVersion:
    """A policy holds afterwards: the default one where there was none. Run again, it changes nothing."""
    active = active_version()
    if active is not None:
        return active
    return publish_sla_policy(
        DEFAULT_POLICY.to_json(), retime=False, note="The policy Orderyard comes with.", actor=SYSTEM
    )
