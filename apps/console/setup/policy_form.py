"""The form of a routing policy: every setting in words, and what came back as the planner reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.console.setup.limits_table import amount, as_hundredths
from apps.console.shell.errors import FormIncomplete
from apps.routing.planner.problem import CRITERION_NAMES, PolicyContent
from apps.ui.language import translated
from apps.ui.locale import number

CRITERIA = (
    ("least_cost", gettext_noop("Least cost")),
    ("fewest_shipments", gettext_noop("Fewest parcels")),
    ("nearest", gettext_noop("Nearest to the customer")),
    ("node_priority", gettext_noop("Preference set on the location")),
    ("most_stock", gettext_noop("Most stock")),
    ("given_order", gettext_noop("The order of locations given below")),
    ("same_country", gettext_noop("Same country as the customer")),
)
PARTIAL = (
    ("ship_available", gettext_noop("Ship what there is, and go on looking for the rest")),
    ("backorder", gettext_noop("Backorder the rest where a location takes backorders")),
    ("hold", gettext_noop("Hold the whole order until all of it is there")),
)
UNTRACKED = (
    ("listed_nodes", gettext_noop("From locations that list them")),
    ("any_node", gettext_noop("From any location")),
)
DISTANCE = (
    ("assume", gettext_noop("Assume the distance given above")),
    ("exclude", gettext_noop("Leave the location out")),
)
NUMBERS = {
    "max_splits": (gettext_noop("Parcels at most"), 1, 20),
    "low_confidence_buffer_units": (gettext_noop("Take off an old count: units"), 0, 10_000),
    "low_confidence_buffer_percent": (gettext_noop("… or percent, whichever is more"), 0, 100),
    "assumed_distance_km": (gettext_noop("Distance assumed (km)"), 0, 20_000),
    "node_budget": (gettext_noop("Search steps at most"), 100, 1_000_000),
}
MONEY = {
    "split_penalty_minor": gettext_noop("Each parcel beyond the first counts as more expensive by"),
    "min_shipment_value_minor": gettext_noop("Each part of a split is worth at least"),
}
MORE_NODES = 4


@dataclass(frozen=True, slots=True)
class PolicyForm:
    """What the form shows. ``places``: one select for each place in the order of locations, with room for more."""

    content: PolicyContent
    money: dict[str, tuple[str, str]]
    numbers: dict[str, tuple[str, int, int, int]]
    ranks: list[str]
    places: list[str]


def policy_form(content: PolicyContent) -> PolicyForm:
    return PolicyForm(
        content,
        {name: (translated(label), amount(getattr(content, name))) for name, label in MONEY.items()},
        {
            name: (translated(label), least, most, getattr(content, name))
            for name, (label, least, most) in NUMBERS.items()
        },
        [*content.criteria, *[""] * (len(CRITERION_NAMES) - len(content.criteria))],
        [*content.node_order, *[""] * MORE_NODES],
    )


def read_policy(posted: QueryDict) -> dict[str, Any]:
    """The content as it was filled in. Raises FormIncomplete for what is no number or amount."""
    content: dict[str, Any] = {name: _number(posted, name) for name in NUMBERS}
    content |= {name: _money(posted, name) for name in MONEY}
    content |= {name: posted.get(name, "") for name in ("partial", "untracked", "unknown_distance")}
    content["require_in_shipping_zone"] = posted.get("require_in_shipping_zone") == "1"
    content["criteria"] = _once(posted.getlist("criteria"))
    content["node_order"] = _once(posted.getlist("node_order"))
    return content


def _once(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


def _number(posted: QueryDict, name: str) -> int:
    label, least, most = NUMBERS[name]
    text = posted.get(name, "").strip()
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not least <= int(text) <= most:
        setting = translated(label).lstrip("… ")
        problem = _("{setting}: a whole number from {least} to {most}.")
        raise FormIncomplete(
            problem=problem.format(setting=f"{setting[:1].upper()}{setting[1:]}", least=least, most=number(most))
        )
    return int(text)


def _money(posted: QueryDict, name: str) -> int:
    text = posted.get(name, "").strip()
    minor = as_hundredths(text) if text else 0
    if minor is None:
        raise FormIncomplete(problem=_("{setting}: an amount such as 1.50.").format(setting=translated(MONEY[name])))
    return minor


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """(setting, then, now) for what differs."""
    names = sorted(before.keys() | after.keys())
    pairs = [(name, before.get(name), after.get(name)) for name in names]
    return [
        (translated(name.replace("_", " ")), _said(then), _said(now))
        for name, then, now in pairs
        if _said(then) != _said(now)
    ]


def _said(value: Any) -> Any:
    return ", ".join(map(str, value)) or _("nothing") if isinstance(value, list | tuple) else value
