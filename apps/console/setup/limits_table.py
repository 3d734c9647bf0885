"""The table of resolutions and limits, as it is read and as it is filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.accounts.models import Role
from apps.casework.models import ResolutionRule
from apps.casework.resolutions.registry import RESOLUTIONS
from apps.casework.services.role_limits import Limit, fingerprint
from apps.console.shell.errors import FormIncomplete
from apps.ui.language import translated

# An administrator may do everything.
COLUMNS = (Role.AGENT, Role.LEAD, Role.MANAGER, Role.OPERATIONS, Role.INTEGRATOR)
DIGITS = 2
AMOUNTS = ("most", "margin")
_AMOUNT = re.compile(r"(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class LimitCell:
    """What one role may do about one resolution; ``rule`` None: nothing without approval."""

    role: str
    label: str
    rule: ResolutionRule | None

    @property
    def most(self) -> str:
        return amount(self.rule.most_minor) if self.rule else ""

    @property
    def most_margin(self) -> str:
        return amount(self.rule.most_margin_loss_minor) if self.rule else ""

    @property
    def said(self) -> str:
        """The limit in words."""
        if self.rule is None:
            return _("No")
        return _("Up to {amount}").format(amount=self.most) if self.most else _("Yes")

    @property
    def provisos(self) -> list[str]:
        """What else must hold."""
        rule = self.rule
        if rule is None:
            return []
        said = [_("margin down by {amount} at most").format(amount=self.most_margin)] if self.most_margin else []
        said += [_("only {categories}").format(categories=", ".join(rule.categories))] if rule.categories else []
        said += [_("own stores only")] if rule.own_nodes_only else []
        return said + ([_("applied automatically")] if rule.automatic else [])


@dataclass(frozen=True, slots=True)
class Row:
    """One resolution. ``seen``: what the form must bring back to be saved."""

    code: str
    label: str
    cells: list[LimitCell]
    seen: str

    def form(self) -> list[SubmittedLimits]:
        """What the form begins with."""
        return [_as_written(cell) for cell in self.cells]


@dataclass(frozen=True, slots=True)
class SubmittedLimits:
    """What stands in one role's part of the form. ``wrong``: what is wrong with it, by field."""

    role: str
    label: str
    may: bool
    most: str
    margin: str
    categories: tuple[str, ...]
    own: bool
    automatic: bool
    wrong: Mapping[str, str] = field(default_factory=dict)


def _as_written(cell: LimitCell) -> SubmittedLimits:
    rule = cell.rule
    if rule is None:
        return SubmittedLimits(cell.role, cell.label, False, "", "", (), False, False)
    return SubmittedLimits(
        cell.role,
        cell.label,
        True,
        cell.most,
        cell.most_margin,
        tuple(rule.categories),
        rule.own_nodes_only,
        rule.automatic,
    )


def written(form: QueryDict) -> list[SubmittedLimits]:
    """The form as somebody sent it, to be shown again with what is wrong."""
    return [_written(form, role) for role in COLUMNS]


def _written(form: QueryDict, role: Role) -> SubmittedLimits:
    def text(name: str) -> str:
        return form.get(f"{role}-{name}", "")

    def ticked(name: str) -> bool:
        return text(name) == "on"

    wrong = {name: said for name in AMOUNTS if ticked("may") and (said := _problem(text(name)))}
    return SubmittedLimits(
        role.value,
        translated(str(role.label)),
        ticked("may"),
        text("most"),
        text("margin"),
        _categories_in(form, role),
        ticked("own"),
        ticked("automatic"),
        wrong,
    )


def table() -> list[Row]:
    """Every resolution with what each role may do, in the order they are offered."""
    by_code: dict[str, dict[str, ResolutionRule]] = {}
    for rule in ResolutionRule.objects.all():
        by_code.setdefault(rule.resolution, {})[rule.role] = rule
    codes = [*RESOLUTIONS, *sorted(by_code.keys() - RESOLUTIONS.keys())]
    return [_row(code, by_code.get(code, {})) for code in codes]


def _row(code: str, rules: Mapping[str, ResolutionRule]) -> Row:
    cells = [LimitCell(role.value, translated(str(role.label)), rules.get(role)) for role in COLUMNS]
    return Row(code, label_of(code), cells, fingerprint(rules.values()))


def label_of(code: str) -> str:
    known = RESOLUTIONS.get(code)
    return translated(known.label if known else code.replace("_", " ").capitalize())


def amount(minor: int | None) -> str:
    """``amount(2500) == "25.00"``; empty: no limit. In whatever the order's currency is."""
    return "" if minor is None else f"{Decimal(minor).scaleb(-DIGITS):,.{DIGITS}f}"


def limits_in(form: QueryDict) -> dict[str, Limit | None]:
    """What a filled-in row says for each role. Raises FormIncomplete."""
    return {role.value: _limit_in(form, role) for role in COLUMNS}


def _limit_in(form: QueryDict, role: Role) -> Limit | None:
    if form.get(f"{role}-may") != "on":
        return None
    return Limit(
        most_minor=_minor(form.get(f"{role}-most", ""), role),
        most_margin_loss_minor=_minor(form.get(f"{role}-margin", ""), role),
        categories=_categories_in(form, role),
        own_nodes_only=form.get(f"{role}-own") == "on",
        automatic=form.get(f"{role}-automatic") == "on",
    )


def _categories_in(form: QueryDict, role: Role) -> tuple[str, ...]:
    words = ",".join(form.getlist(f"{role}-categories")).split(",")
    return tuple(dict.fromkeys(word.strip()[:64] for word in words if word.strip()))


def as_hundredths(text: str) -> int | None:
    """``as_hundredths("1.50") == 150``; None: it is no amount."""
    return None if not text.strip() or _problem(text) else int(_exact(text))


def _minor(text: str, role: Role) -> int | None:
    said = _problem(text)
    if said:
        raise FormIncomplete(problem=f"{translated(str(role.label))}: {said}")
    return int(_exact(text)) if text.strip() else None


def _problem(text: str) -> str:
    """ "25", "25.00" and "1,250.00" are amounts; "7,50" is none, because to some it is 7.50 and to others 750."""
    exact = _exact(text)
    if not text.strip() or (exact.is_finite() and exact == exact.to_integral_value() and 0 <= exact <= 10**12):
        return ""
    said = _("“{text}” is no amount. Write it with a point, such as 25.00, or leave it empty for no limit.")
    return said.format(text=text.strip()[:16])


def _exact(text: str) -> Decimal:
    plain = text.strip()
    return Decimal(plain.replace(",", "")).scaleb(DIGITS) if _AMOUNT.fullmatch(plain) else Decimal("NaN")
