"""How much a channel may sell, as it is sent to a shop and read back. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One thing a shop sells, by what that shop calls it.

    ``external_id``: of the variant, offer or listing; ``stock_id``: what its stock is kept under, where that is another;
    ``code``: the SKU as it stands there.
    """

    external_id: str
    stock_id: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """``available`` units are to be shown for an article. ``shown``: what the shop was last known to show; None: unknown.
    A shop that compares first takes the figure only if it still shows that. ``ref``: the same in every attempt to send it."""

    article: Article
    available: int
    shown: int | None
    ref: str


_NO_REASON = Text("The shop gives no reason: look at the listing there.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureResult:
    """What a shop made of one figure. Neither ``taken`` nor refused in words: it shows something else by now, so it has to be
    read and sent again.

    ``refusal``: in the shop's words, for good: this article needs a person. ``shows``: what it shows now, where it says so.
    """

    article: Article
    taken: bool
    refusal: str = ""
    shows: int | None = None


def refused(article: Article, words: str) -> FigureResult:
    """For good, in the shop's words."""
    return FigureResult(article=article, taken=False, refusal=words or _NO_REASON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a shop shows for an article; ``available`` None: it has no such article, or does not count it."""

    article: Article
    available: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLimits:
    """``batch``: figures in one call; ``compares``: the shop can be sent what it should still show."""

    batch: int = 1
    compares: bool = False
