"""The panel that answers "why this node?": a stored decision, made readable. It decides nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.casework.redaction import Redaction
from apps.routing.models import RoutingDecision
from apps.routing.planner import Assignment, Candidate, Demand, Plan, PolicyContent, Site, Verdict, plan
from apps.routing.planner.decision_texts import plan_with_texts, sentence_as_text
from apps.routing.planner.distance import haversine_km
from apps.routing.planner.replay import Inputs
from apps.routing.planner.results import ShipmentCost, to_minor
from apps.ui.language import translated
from apps.ui.locale import money, number

MOST_SHOWN = 40
# The parts of a cost, in the order they are stacked: name, what people call it, tone.
PARTS = (
    ("shipment_milli", gettext_noop("Base rate"), "teal"),
    ("distance_milli", gettext_noop("Distance"), "blue"),
    ("weight_milli", gettext_noop("Weight"), "violet"),
    ("handling_milli", gettext_noop("Handling"), "amber"),
    ("pick_milli", gettext_noop("Picking"), "green"),
    ("split_milli", gettext_noop("Extra parcel"), "red"),
)


@dataclass(frozen=True, slots=True)
class StockCell:
    sku: str
    have: int
    want: int
    note: str
    ok: bool


@dataclass(frozen=True, slots=True)
class CostPart:
    """``x`` and ``width`` in per cent of the most expensive candidate's cost."""

    label: str
    tone: str
    amount: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class CandidateView:
    """One node under consideration. ``serves``/``wanted``: units it ships, or could have shipped alone.

    ``amounts``: its cost part by part, in the order of the legend. ``verdict``: (word, icon, tone).
    """

    code: str
    name: str
    kind: str
    chosen: bool
    eligible: bool
    distance: str
    stock: tuple[StockCell, ...]
    failed: tuple[Verdict, ...]
    passed: tuple[Verdict, ...]
    parts: tuple[CostPart, ...]
    amounts: tuple[str, ...]
    verdict: tuple[str, str, str]
    total: str
    total_milli: int
    serves: int
    wanted: int
    dearer: str


@dataclass(frozen=True, slots=True)
class PartShipped:
    node: str
    sku: str
    quantity: int
    backordered: bool


@dataclass(frozen=True, slots=True)
class WhyView:
    """A decision as the panel shows it."""

    decision: RoutingDecision
    sentence: str
    plan: Plan
    candidates: tuple[CandidateView, ...]
    hidden: int
    others: int
    # Another's place has a share in it, so that what it cost in all would reveal theirs.
    shared: bool
    legend: tuple[tuple[str, str], ...]
    assigned: tuple[PartShipped, ...]
    destination: str
    policy: PolicyContent
    criteria: tuple[str, ...]


def explain_decision(decision: RoutingDecision, redaction: Redaction) -> WhyView:
    """Read a stored decision. Raises InvalidRecord where it was written by a planner we no longer understand.

    Of places that are not the reader's only their number is shown, and no cost in which they have a share.
    """
    inputs = Inputs.from_json(decision.inputs)
    chosen = plan_with_texts(inputs, Plan.from_json(decision.plan))
    sites = {site.code: site for site in inputs.sites}
    ranked = sorted(chosen.candidates, key=lambda c: (c.site not in chosen.sites, not c.eligible, _lacking(c)))
    shown = ranked[:MOST_SHOWN]
    costs = {c.site: _cost_of(c, sites[c.site], inputs, chosen) for c in shown}
    dearest = max((cost.total_milli for cost, _units in costs.values() if cost), default=1) or 1
    views = [_candidate(c, sites[c.site], inputs, chosen, costs[c.site], dearest) for c in shown]
    legend = _used(views)
    views = [replace(view, amounts=_amounts(view, legend)) for view in views]
    others = [view for view in views if redaction.is_foreign(view.code)]
    views = [view for view in views if view not in others]
    views.sort(key=lambda v: (not v.chosen, not v.eligible, -v.serves, v.total_milli, v.code))
    return WhyView(
        decision=decision,
        sentence=translated(sentence_as_text(decision.sentence, inputs, chosen)),
        plan=chosen,
        candidates=tuple(views),
        hidden=len(ranked) - len(shown),
        others=len(others),
        shared=redaction.has_others(list(chosen.sites)),
        legend=tuple(legend),
        assigned=_assigned(chosen),
        destination=" ".join(
            p for p in (inputs.demand.destination.country, inputs.demand.destination.postal_code) if p
        ),
        policy=inputs.policy,
        criteria=tuple(translated(name.replace("_", " ")) for name in inputs.policy.criteria),
    )


def _lacking(candidate: Candidate) -> int:
    return sum(max((v.want or 0) - (v.have or 0), 0) for v in candidate.verdicts if v.want is not None)


def _cost_of(candidate: Candidate, site: Site, inputs: Inputs, chosen: Plan) -> tuple[ShipmentCost | None, int]:
    """What the node costs in the plan, or would have cost alone for as much as it has; with the units that buys."""
    mine = next((cost for cost in chosen.costs if cost.site == candidate.site), None)
    if mine is not None:
        return mine, mine.units
    if not candidate.eligible:
        return None, 0
    alone = plan(inputs.demand, (site,), _alone(inputs.policy), compare=False)
    return (alone.costs[0], alone.costs[0].units) if alone.costs else (None, 0)


def _alone(policy: PolicyContent) -> PolicyContent:
    return replace(policy, partial="ship_available", max_splits=1, min_shipment_value_minor=0)


def _candidate(
    candidate: Candidate, site: Site, inputs: Inputs, chosen: Plan, cost: tuple[ShipmentCost | None, int], dearest: int
) -> CandidateView:
    shipment, units = cost
    tests = [verdict for verdict in candidate.verdicts if verdict.want is None]
    stock = tuple(_stock(verdict) for verdict in candidate.verdicts if verdict.want is not None)
    is_chosen = candidate.site in chosen.sites
    return CandidateView(
        code=candidate.site,
        name=candidate.name,
        kind=site.kind,
        chosen=is_chosen,
        eligible=candidate.eligible,
        distance=_distance(inputs.demand, site),
        stock=stock,
        failed=tuple(verdict for verdict in tests if not verdict.passed),
        passed=tuple(verdict for verdict in tests if verdict.passed),
        parts=_parts(shipment, chosen.cost_currency, dearest) if shipment else (),
        amounts=(),
        verdict=_verdict(candidate, is_chosen, units, inputs.demand),
        total=money(to_minor(shipment.total_milli), chosen.cost_currency) if shipment else "",
        total_milli=shipment.total_milli if shipment else 0,
        serves=units,
        wanted=sum(line.quantity for line in inputs.demand.lines),
        dearer="" if is_chosen else _dearer(candidate.site, chosen),
    )


def _stock(verdict: Verdict) -> StockCell:
    have, want = verdict.have or 0, verdict.want or 0
    return StockCell(verdict.sku or "", have, want, translated(verdict.reason), have >= want)


def _distance(demand: Demand, site: Site) -> str:
    to = demand.destination
    if to.lat is None or to.lon is None or site.lat is None or site.lon is None:
        return ""
    return f"{number(haversine_km(to.lat, to.lon, site.lat, site.lon))} km"


def _parts(cost: ShipmentCost, currency: str, dearest: int) -> tuple[CostPart, ...]:
    parts, x = [], 0.0
    for name, label, tone in PARTS:
        milli = getattr(cost, name)
        if milli:
            width = 100 * milli / dearest
            parts.append(
                CostPart(translated(label), tone, money(to_minor(milli), currency), round(x, 2), round(width, 2))
            )
            x += width
    return tuple(parts)


def _amounts(view: CandidateView, legend: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    amounts = {part.label: part.amount for part in view.parts}
    return tuple(amounts.get(label, "") for label, _tone in legend) if view.parts else ()


def _verdict(candidate: Candidate, chosen: bool, units: int, demand: Demand) -> tuple[str, str, str]:
    """The last word on a node: (word, icon, tone)."""
    codes = {verdict.code for verdict in candidate.verdicts}
    if chosen:
        return _("Chosen"), "check-circle", "green"
    if any(not verdict.passed and verdict.want is None for verdict in candidate.verdicts):
        return _("Ruled out"), "x-circle", "red"
    if not candidate.eligible:
        if "refused" in codes:
            return _("Could not ship it before"), "undo", "red"
        if "in_doubt" in codes:
            return _("Has to be counted"), "alert", "amber"
        return (_("Not stocked"), "minus", "gray") if codes >= {"not_stocked"} else (_("None left"), "minus", "gray")
    if units < sum(line.quantity for line in demand.lines):
        return _("Not all of it"), "equal", "amber"
    return _("Could have"), "check", "gray"


def _dearer(code: str, chosen: Plan) -> str:
    """By how much the whole order would have cost more, shipped from this node alone."""
    alone = next((r for r in chosen.runner_ups if r.kind == "alone" and r.sites == (code,)), None)
    if alone is None:
        return ""
    more = to_minor(alone.cost_milli - chosen.cost_milli)
    return f"+{money(more, chosen.cost_currency)}" if more > 0 else ""


def _used(views: Sequence[CandidateView]) -> list[tuple[str, str]]:
    used = {part.label for view in views for part in view.parts}
    legend = [(translated(label), tone) for _name, label, tone in PARTS]
    return [(label, tone) for label, tone in legend if label in used]


def _assigned(chosen: Plan) -> tuple[PartShipped, ...]:
    names = {candidate.site: candidate.name for candidate in chosen.candidates}
    sums: dict[tuple[str, str, bool], int] = {}
    for part in chosen.assignments:
        key = _key(part, names)
        sums[key] = sums.get(key, 0) + part.quantity
    return tuple(PartShipped(node, sku, units, late) for (node, sku, late), units in sums.items())


def _key(part: Assignment, names: Mapping[str, str]) -> tuple[str, str, bool]:
    return names.get(part.site, part.site), part.sku, part.backordered
