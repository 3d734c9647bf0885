"""What became of a message: an order, a question for a person, a refusal, or nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from apps.core.text import Text
from apps.orders.canonical import CanonicalOrder


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a message, for a person: where it is, what is wrong, what to do about it."""

    path: str
    problem: str
    what_to_do: str


@dataclass(frozen=True, slots=True)
class FieldWarning:
    """Something read with a doubt: it did not stop the order. Never holds personal data."""

    path: str
    target: str
    message: str


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """The order is good, but the document asks that it be held for this reason."""

    reason: str
    path: str
    note: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Mapped:
    """``unsaid``: what the document would hold an order for and this message says nothing of, neither yes nor no."""

    order: CanonicalOrder
    warnings: tuple[FieldWarning, ...]
    holds: tuple[HoldRequest, ...]
    contract: str
    version: int
    unsaid: tuple[HoldRequest, ...] = ()


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Perhaps an order, but not one we can read. Kept for a person; replayed once the cause is fixed."""

    findings: tuple[Finding, ...]
    contract: str = ""
    version: int = 0

    @property
    def reason(self) -> str:
        first = self.findings[0]
        said, more = Text.joined(": ", (first.path, first.problem)), len(self.findings) - 1
        return (
            Text.counted("{problem} (and {count} more)", "{problem} (and {count} more)", more, problem=said)
            if more
            else said
        )


@dataclass(frozen=True, slots=True)
class Rejected:
    """Refused for good, by a rule of the document."""

    reason: str
    findings: tuple[Finding, ...] = ()
    contract: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Ignored:
    """Understood, and nothing for us to do."""

    reason: str
    contract: str = ""
    version: int = 0


class NoticeKind(StrEnum):
    CANCELLED = "cancelled"
    EMPTIED = "emptied"
    NAMED = "named"
    PING = "ping"
    PRIVACY = "privacy"


@dataclass(frozen=True, slots=True)
class Notice:
    """A message that says something without bringing an order: gone at the source, which one to look at, "are you there"."""

    kind: NoticeKind
    external_id: str
    reason: str


Outcome = Mapped | Quarantined | Rejected | Ignored | Notice


def quarantine(path: str, problem: str, what_to_do: str) -> Quarantined:
    """A quarantine with a single finding."""
    return Quarantined(findings=(Finding(path, problem, what_to_do),))
