"""How much a channel may sell of a SKU, term by term. Pure.

    what its nodes have free             on hand − reserved − safety − doubt
    − what is sold and has no place yet  held orders, and those that wait for stock
    − what other channels are guaranteed
    − what is kept back                  the buffer
    + what is on its way                 where it sells ahead
    + what it may oversell

then the floor (few are shown as none), the cap (many as fewer), and never below none. A set has as many as its scarcest part
makes. The terms of a figure add up to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

# No shop counts further, nor does the column it is kept in.
MOST_SHOWN = 1_000_000_000


class TermName(StrEnum):
    ON_HAND = "on_hand"
    RESERVED = "reserved"
    SAFETY = "safety"
    DOUBT = "doubt"
    PARTS = "parts"
    UNPLACED = "unplaced"
    OTHERS = "others"
    BUFFER = "buffer"
    INCOMING = "incoming"
    OVERSELL = "oversell"
    NOT_SOLD = "not_sold"
    SHORT = "short"
    FLOOR = "floor"
    CAP = "cap"


@dataclass(frozen=True, slots=True)
class Term:
    """Units added to the figure, or taken off it where negative."""

    name: TermName
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AtNode:
    """A SKU at one node. ``backorderable``: claims beyond what is there wait for what comes, and take nothing from other nodes."""

    node: int
    on_hand: int
    reserved: int = 0
    safety: int = 0
    incoming: int = 0
    in_doubt: bool = False
    backorderable: bool = False

    @property
    def unclaimed(self) -> int:
        """Below none where more is promised than there is: those orders take from other nodes."""
        left = self.on_hand - self.reserved
        return max(left, 0) if self.backorderable else left

    @property
    def doubted(self) -> int:
        return max(self.unclaimed, 0) if self.in_doubt else 0

    @property
    def kept(self) -> int:
        """Safety stock, as far as it is there: no node keeps back what lies at another."""
        return min(self.safety, max(self.unclaimed - self.doubted, 0))

    @property
    def free(self) -> int:
        return self.unclaimed - self.doubted - self.kept

    @property
    def coming(self) -> int:
        """What is on its way and not waited for by claims without stock."""
        owed = max(self.reserved - self.on_hand, 0) if self.backorderable else 0
        return max(self.incoming - owed, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The rule that holds for a channel and SKU; ``scope``: what it was made for, and empty where there is none."""

    scope: str = ""
    sold_here: bool = True
    buffer_units: int = 0
    buffer_percent: int = 0
    cap: int | None = None
    floor: int = 0
    guaranteed: int = 0
    oversell: int = 0
    sells_ahead: bool = False


NO_RULE = Rule()


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantee:
    """So many units another channel is kept, of what lies at its nodes."""

    channel: int
    units: int
    nodes: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """Units sold to orders that claim no stock yet, because they are held or wait; they may come from any of ``nodes``."""

    units: int
    nodes: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuStock:
    """One counted SKU, at every node, with all that is guaranteed of it to whichever channel, and all that is sold of it
    without a place."""

    at: Sequence[AtNode] = ()
    guarantees: Sequence[Guarantee] = ()
    unplaced: Sequence[Unplaced] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a set: how many one set takes; ``pile`` None: it is not counted. ``rule``: the channel's for the part itself."""

    sku: int
    each: int
    pile: SkuStock | None
    rule: Rule = NO_RULE


@dataclass(frozen=True, slots=True, kw_only=True)
class PartShare:
    """What a part lets the channel sell: ``units`` of it, which make so many ``sets``."""

    sku: int
    each: int
    units: int
    sets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sellable:
    """``units`` None: not counted, so the channel is sent no figure. ``parts``: of a set, each with what it allows."""

    units: int | None
    terms: Sequence[Term] = ()
    rule: Rule = NO_RULE
    at: Sequence[AtNode] = ()
    guarantees: Sequence[Guarantee] = ()
    parts: Sequence[PartShare] = field(default=())

    def of(self, name: TermName) -> int:
        return sum(term.units for term in self.terms if term.name == name)


def sellable(channel: int, nodes: frozenset[int], pile: SkuStock | None, rule: Rule) -> Sellable:
    """What ``channel``, which sells from ``nodes``, may show of a SKU that is no set."""
    if pile is None:
        return Sellable(units=None, rule=rule)
    here = [one for one in pile.at if one.node in nodes]
    theirs = _guaranteed_to_others(channel, nodes, pile)
    terms = [
        Term(TermName.ON_HAND, sum(one.on_hand for one in here)),
        # As the nodes count it: claims without stock, where those may wait, take nothing from what is there.
        Term(TermName.RESERVED, sum(one.unclaimed - one.on_hand for one in here)),
        Term(TermName.SAFETY, -sum(one.kept for one in here)),
        Term(TermName.DOUBT, -sum(one.doubted for one in here)),
        Term(TermName.UNPLACED, -sum(one.units for one in pile.unplaced if one.nodes & nodes)),
        Term(TermName.OTHERS, -sum(one.units for one in theirs)),
    ]
    coming = sum(one.coming for one in here)
    return _ruled(terms, coming, rule, at=here, guarantees=theirs)


def sellable_set(channel: int, nodes: frozenset[int], parts: Sequence[Part], rule: Rule) -> Sellable:
    """The same of a set; one of whose parts none is counted is not counted itself."""
    shares = [_share(channel, nodes, part) for part in parts if part.pile is not None]
    if not shares:
        return Sellable(units=None, rule=rule)
    made = min(share.sets for share in shares)
    return _ruled([Term(TermName.PARTS, made)], 0, rule, parts=shares)


def _share(channel: int, nodes: frozenset[int], part: Part) -> PartShare:
    """What the rule of the part keeps back is kept back from sets too; how it is shown by itself is no matter here."""
    alone = Rule(
        buffer_units=part.rule.buffer_units,
        buffer_percent=part.rule.buffer_percent,
        sells_ahead=part.rule.sells_ahead,
    )
    units = sellable(channel, nodes, part.pile, alone).units or 0
    return PartShare(sku=part.sku, each=part.each, units=units, sets=units // part.each)


def _guaranteed_to_others(channel: int, nodes: frozenset[int], pile: SkuStock) -> list[Guarantee]:
    """Each as far as it can come from what both sell from: what lies elsewhere is not taken from here."""
    found = []
    for one in pile.guarantees:
        shared = sum(at.free for at in pile.at if at.node in nodes & one.nodes)
        units = min(one.units, max(shared, 0))
        if one.channel != channel and units:
            found.append(Guarantee(channel=one.channel, units=units, nodes=one.nodes))
    return found


def _ruled(
    terms: list[Term],
    coming: int,
    rule: Rule,
    *,
    at: Sequence[AtNode] = (),
    guarantees: Sequence[Guarantee] = (),
    parts: Sequence[PartShare] = (),
) -> Sellable:
    there = sum(term.units for term in terms)
    percent = -(-max(there, 0) * rule.buffer_percent // 100)
    terms = [
        *terms,
        Term(TermName.BUFFER, -max(rule.buffer_units, percent)),
        Term(TermName.INCOMING, coming if rule.sells_ahead else 0),
        Term(TermName.OVERSELL, rule.oversell),
    ]
    units, shown = sum(term.units for term in terms), list[Term]()
    for name, most in _limits(units, rule).items():
        shown.append(Term(name, most - units))
        units = most
    kept = tuple(term for term in (*terms, *shown) if term.units or term.name in (TermName.ON_HAND, TermName.PARTS))
    return Sellable(units=units, terms=kept, rule=rule, at=tuple(at), guarantees=tuple(guarantees), parts=tuple(parts))


def _limits(units: int, rule: Rule) -> Mapping[TermName, int]:
    """What each limit leaves, one after the other."""
    if not rule.sold_here:
        return {TermName.NOT_SOLD: 0}
    left = max(units, 0)
    floored = left if left >= rule.floor else 0
    capped = min(floored, MOST_SHOWN if rule.cap is None else rule.cap)
    return {TermName.SHORT: left, TermName.FLOOR: floored, TermName.CAP: capped}


def narrowest(rules: Sequence[tuple[int | None, str, Rule]], *, sku: int, category: str) -> Rule:
    """Of one channel's rules, each with its SKU or category, the one that holds: whole, nothing is mixed."""
    best, rank = NO_RULE, 0
    for of_sku, of_category, rule in rules:
        if of_sku is not None:
            fits = 3 if of_sku == sku else 0
        elif of_category:
            fits = 2 if of_category == category else 0
        else:
            fits = 1
        if fits > rank:
            best, rank = rule, fits
    return best
