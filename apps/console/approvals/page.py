"""Proposals before the people who decide them: what would change, side by side, and whether this person may decide."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.accounts.caller import Caller
from apps.accounts.models import User
from apps.casework.approvals.registry import name_of
from apps.casework.approvals.selectors import (
    administrators,
    agreed_by,
    approvals_for,
    can_decide,
    those_asked,
    waiting_for,
)
from apps.casework.models import ApprovalRequest, ApprovalVote
from apps.casework.resolutions.direct.mappings import KIND as MAPPING
from apps.casework.states import ApprovalState
from apps.console.shell.people import Person, people
from apps.console.shell.visibility import cases_for, orders_for
from apps.ui.language import choices, translated
from apps.ui.locale import money, percent, written
from apps.ui.template_functions import days_off

SHELVES = (
    ("", gettext_noop("Waiting for you")),
    ("pending", gettext_noop("All waiting")),
    ("mine", gettext_noop("Proposed by you")),
    ("ended", gettext_noop("Decided")),
)
MOST_SHOWN, MOST_NAMED = 100, 5
REASONS_AGAINST = (
    gettext_noop("Too expensive"),
    gettext_noop("Not what the customer would want"),
    gettext_noop("The customer has to be asked first"),
    gettext_noop("Wait for the stock"),
    gettext_noop("Another location can do it"),
    gettext_noop("Not explained well enough"),
    gettext_noop("Something else"),
)
REASONS_FOR = (
    "",
    gettext_noop("The customer agreed"),
    gettext_noop("Worth keeping the promise"),
    gettext_noop("Small amount"),
)
_MAPPING_AGAINST = (
    gettext_noop("It reads other messages wrong"),
    gettext_noop("Tried on too few messages"),
    gettext_noop("The source should send it right"),
    gettext_noop("Not explained well enough"),
    gettext_noop("Something else"),
)
_MAPPING_FOR = (
    "",
    gettext_noop("Tried on the last messages"),
    gettext_noop("It reads what was quarantined"),
    gettext_noop("The source has changed"),
)
# What is shown under a name of its own, in this order; the rest follows under its own key.
_LABELS = {
    "the shape": gettext_noop("Recognized by"),
    "problem": gettext_noop("As it is"),
    "resolution": gettext_noop("Resolution"),
    "name": gettext_noop("Item"),
    "sku": gettext_noop("SKU"),
    "units": gettext_noop("Units"),
    "unit_price": gettext_noop("Price each"),
    "listed": gettext_noop("Listed at"),
    "margin": gettext_noop("Margin"),
    "deliver_by": gettext_noop("Promise date"),
    "node": gettext_noop("From"),
    "available": gettext_noop("In stock"),
    "category": gettext_noop("Category"),
    "attributes": gettext_noop("Attributes"),
    "likeness": gettext_noop("Likeness"),
    "because": gettext_noop("Why it fits"),
}
# What a row of a mapping consists of, as the table of the mapping calls it.
_RULE_PARTS = {
    "source": gettext_noop("From the message"),
    "transforms": gettext_noop("On the way"),
    "validate": gettext_noop("Checks"),
    "default": gettext_noop("Default"),
    "when_missing": gettext_noop("When missing"),
    "when_invalid": gettext_noop("When unreadable"),
}
_RULE_PART = re.compile(rf"(^|; )({'|'.join(_RULE_PARTS)}): ")
# Shown even where neither side says anything: that it is open is worth knowing.
ALWAYS = {"deliver_by", "margin"}
_HIDDEN = {"currency", "picture", "image", "picture_url", "image_url"}


@dataclass(frozen=True, slots=True)
class Pair:
    """One thing, before and after. ``same``: it does not change."""

    label: str
    before: str
    after: str

    @property
    def same(self) -> bool:
        return self.before == self.after


@dataclass(frozen=True, slots=True)
class Fact:
    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """A proposal, ready to print. ``why_not`` empty: this person may decide it now."""

    row: ApprovalRequest
    kind: str
    maker: Person
    title: str
    facts: list[Fact]
    why_not: str
    mine: bool


@dataclass(frozen=True, slots=True)
class EffectLabels:
    """What the page calls the effect and the two sides: a proposal that was decided is no longer an if."""

    effect: str
    before: str
    after: str


_WORDS = {
    ApprovalState.PENDING: EffectLabels(gettext_noop("Outcome"), gettext_noop("Now"), gettext_noop("If approved")),
    ApprovalState.APPROVED: EffectLabels(
        gettext_noop("What came of it"), gettext_noop("Before"), gettext_noop("Since it was approved")
    ),
}
_NOT_DONE = EffectLabels(
    gettext_noop("What would have come of it"), gettext_noop("As it was"), gettext_noop("Had it been approved")
)


@dataclass(frozen=True, slots=True)
class ApprovalPage:
    """``sees_order``, ``sees_case``: whether the person may open what it is about."""

    sees_order: bool
    sees_case: bool
    view: ApprovalView
    words: EffectLabels
    pairs: list[Pair]
    picture_before: str
    picture_after: str
    votes: list[tuple[str, bool, str, datetime]]
    who_decides: str


def shelf(caller: Caller, which: str) -> QuerySet[ApprovalRequest]:
    """The proposals of one shelf, what expires first on top where they wait."""
    if which == "ended":
        return approvals_for(caller).exclude(state=ApprovalState.PENDING)
    if which == "mine":
        return approvals_for(caller).filter(made_by=str(caller.actor))
    rows = approvals_for(caller).filter(state=ApprovalState.PENDING) if which == "pending" else waiting_for(caller)
    return rows.order_by("expires_at", "pk")


def shelves_of(caller: Caller) -> list[tuple[str, str, int | None]]:
    """(shelf, label, how many wait there); what has ended is not counted."""
    return [
        (which, label, None if which == "ended" else shelf(caller, which).order_by().count())
        for which, label in choices(SHELVES)
    ]


def approval_views(rows: Iterable[ApprovalRequest], caller: Caller, user: User) -> list[ApprovalView]:
    found = list(rows)
    who = people({row.made_by for row in found})
    return [_view(row, caller, user, who[row.made_by]) for row in found]


def _view(row: ApprovalRequest, caller: Caller, user: User, maker: Person) -> ApprovalView:
    allowed, why = can_decide(row, caller, user)
    if allowed and "approvals:decide" not in caller.scopes:
        why = _("Your role doesn’t decide approvals.")
    return ApprovalView(
        row,
        translated(name_of(row.kind)),
        maker,
        title_of(row),
        facts_of(row),
        translated(why),
        row.made_by == str(caller.actor),
    )


def title_of(row: ApprovalRequest) -> str:
    """What it comes down to, in one line."""
    before, after = row.before, row.after
    item = next((str(after[key]) for key in ("name", "item", "title", "resolution", "sku") if after.get(key)), "")
    was = next((str(before[key]) for key in ("name", "item", "title", "sku") if before.get(key)), "")
    if item and was and item != was:
        return _("{item} instead of {earlier}").format(item=item, earlier=was)
    return translated(item or row.reason or name_of(row.kind))


def facts_of(row: ApprovalRequest) -> list[Fact]:
    """Effect in money and days, and what the customer is sent."""
    effect, currency = row.effect, row.effect.get("currency") or row.currency
    found = []
    if row.amount_minor and row.currency:
        found.append(Fact("tag", _("{amount} in all").format(amount=money(row.amount_minor, row.currency))))
    for key, label in (
        ("cost_minor", _("costs us {amount}")),
        ("margin_minor", _("margin {amount}")),
        ("less_minor", _("the customer pays less by {amount}")),
    ):
        minor = effect.get(key)
        if isinstance(minor, int) and minor and currency:
            amount = _signed(minor, currency) if key == "margin_minor" else money(minor, currency)
            found.append(Fact("equal", label.format(amount=amount)))
    days = effect.get("days")
    if isinstance(days, int):
        found.append(Fact("truck", days_off(days) if days else _("arrives the same day")))
    if effect.get("consent"):
        found.append(Fact("user", translated(str(effect["consent"]))))
    if effect.get("customer_message"):
        found.append(Fact("mail", _("the customer gets: “{message}”").format(message=effect["customer_message"])))
    return found


def _signed(minor: int, currency: str) -> str:
    return f"{'+' if minor > 0 else '−'}{money(abs(minor), currency)}"


def read_approval_page(row: ApprovalRequest, caller: Caller, user: User) -> ApprovalPage:
    counts = {user.pk for user in agreed_by(row)} if row.state == ApprovalState.PENDING else None
    votes = [
        (_voter(vote.user, vote.approve and counts is not None and vote.user_id not in counts), *_said_of(vote))
        for vote in row.votes.all()
    ]
    return ApprovalPage(
        row.order is not None and orders_for(caller).filter(pk=row.order.pk).exists(),
        row.case is not None and cases_for(caller).filter(pk=row.case.pk).exists(),
        approval_views([row], caller, user)[0],
        _words_of(row),
        pairs_of(row),
        _picture(row.before),
        _picture(row.after),
        votes,
        who_decides(row),
    )


def reasons_for(kind: str) -> list[tuple[str, str]]:
    """The reasons for a yes to choose from, as value and label."""
    return choices((one, one) for one in (_MAPPING_FOR if kind == MAPPING else REASONS_FOR))


def reasons_against(kind: str) -> list[tuple[str, str]]:
    """The reasons for a no to choose from, as value and label."""
    return choices((one, one) for one in (_MAPPING_AGAINST if kind == MAPPING else REASONS_AGAINST))


def who_decides(row: ApprovalRequest) -> str:
    """Who may decide it now, by name; empty once it is decided."""
    if row.state != ApprovalState.PENDING:
        return ""
    asked, others = list(islice(those_asked(row), MOST_NAMED)), list(islice(administrators(row), MOST_NAMED))
    names = ", ".join(map(str, [*asked, *others][:MOST_NAMED]))
    if len(asked) + len(others) < row.needed:
        return _(
            "Nobody can: too few people here have the role for it, and no other administrator is here. Operations have been notified."
        )
    if len(asked) < row.needed:
        return _("{people}. Too few people here have the role for it, so an administrator can decide it.").format(
            people=names
        )
    said = (
        _("{people} and others, or an administrator")
        if len(asked) == MOST_NAMED
        else _("{people}, or an administrator")
    )
    return said.format(people=", ".join(map(str, asked)))


def _words_of(row: ApprovalRequest) -> EffectLabels:
    words = _WORDS.get(ApprovalState(row.state), _NOT_DONE)
    return EffectLabels(translated(words.effect), translated(words.before), translated(words.after))


def _said_of(vote: ApprovalVote) -> tuple[bool, str, datetime]:
    return vote.approve, vote.reason, vote.voted_at


def _voter(user: User, outdated: bool) -> str:
    name = _("{user} (no longer counts: may not decide this any more)")
    return name.format(user=user) if outdated else str(user)


def pairs_of(row: ApprovalRequest) -> list[Pair]:
    """Everything either side says, the well-known things first."""
    keys = [key for key in (*row.before, *row.after) if key not in _HIDDEN]
    known = list(_LABELS)
    ranked = sorted(dict.fromkeys(keys), key=lambda key: known.index(_stem(key)) if _stem(key) in known else len(known))
    pairs = [(key, Pair(_label(key, row), _said(key, row.before, row), _said(key, row.after, row))) for key in ranked]
    return [pair for key, pair in pairs if (pair.before, pair.after) != ("—", "—") or _stem(key) in ALWAYS]


def _stem(key: str) -> str:
    return key.removesuffix("_minor")


def _label(key: str, row: ApprovalRequest) -> str:
    if row.kind == MAPPING and key not in _LABELS and key != "title":
        # The name of a field of ours, as the table of the mapping shows it.
        return key
    return translated(_LABELS.get(_stem(key)) or _stem(key).replace("_", " ").capitalize())


def _said(key: str, side: Mapping[str, Any], row: ApprovalRequest) -> str:
    value = side.get(key)
    if value is None or value == "":
        return "—"
    if key.endswith("_minor") and isinstance(value, int):
        return money(value, str(side.get("currency") or row.currency))
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if key == "likeness" and isinstance(value, int | float):
        return percent(value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {one}" for name, one in value.items()) or "—"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "—"
    if row.kind == MAPPING:
        return _RULE_PART.sub(lambda found: f"{found[1]}{translated(_RULE_PARTS[found[2]])}: ", str(value))
    return _date(value) if isinstance(value, str) else str(value)


def _date(text: str) -> str:
    """A moment the way people say it, anything else as it is."""
    if len(text) < 10 or text[4:5] != "-":
        return text.replace("_", " ") if text.islower() and " " not in text else text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return written(moment, "%-d %B %Y")


def _picture(side: Mapping[str, Any]) -> str:
    """Only a picture of our own: no page asks another host."""
    url = next((str(side[key]) for key in ("picture", "image", "picture_url", "image_url") if side.get(key)), "")
    return url if url.startswith("/") and not url.startswith("//") else ""


def groups_of(views: Sequence[ApprovalView]) -> list[tuple[str, list[ApprovalView], str, list[tuple[str, str]]]]:
    """(kind, its proposals that this person may decide, their total in words, reasons for a no): what may be decided together."""
    found: dict[tuple[str, str], list[ApprovalView]] = {}
    for view in views:
        if not view.why_not:
            found.setdefault((view.row.kind, view.row.currency), []).append(view)
    return [
        (
            translated(name_of(kind)),
            group,
            money(sum(one.row.amount_minor for one in group), currency) if currency else "",
            reasons_against(kind),
        )
        for (kind, currency), group in found.items()
        if len(group) > 1
    ]
