"""The shape of a mapping document as it is written, stored and edited."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from apps.channels.mapping.conditions import Condition
from apps.channels.mapping.paths import PathField

MISSING_WORDS = ("default", "omit", "quarantine", "reject")
HOLD = "hold:"
# What becomes of a value that is missing or cannot be read.
Consequence = Annotated[str, Field(pattern=r"^(default|omit|quarantine|reject|hold:[a-z_]{1,24})$")]
HoldAnswer = Annotated[str, Field(pattern=r"^hold:[a-z_]{1,24}$")]
GateAnswer = Annotated[str, Field(pattern=r"^(ignore|quarantine|reject|warn|hold:[a-z_]{1,24})$")]
Name = Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StepSpec(_Part):
    name: str
    args: dict[str, Any] = Field(default_factory=dict)


class FieldRule(_Part):
    """One row of the table: where a target's value comes from, and what happens on the way."""

    target: str
    source: PathField | tuple[PathField, ...] | None = None
    transforms: tuple[StepSpec, ...] = ()
    default: Any = None
    checks: tuple[StepSpec, ...] = Field(default=(), alias="validate")
    when_missing: Consequence = "omit"
    when_invalid: Consequence = "quarantine"
    note: str = Field(min_length=1, max_length=500, description="one sentence for the person who reads the table")

    @property
    def sources(self) -> tuple[PathField, ...]:
        if self.source is None:
            return ()
        return self.source if isinstance(self.source, tuple) else (self.source,)


class SkipRule(_Part):
    """A line for which all of these hold is left out."""

    when: tuple[Condition, ...] = Field(min_length=1)
    reason: str = Field(min_length=1, max_length=200)


class LinesBlock(_Part):
    """Where the lines stand, which of them are none, and the rules for each. ``when_none_left``: see ``reason``."""

    source: PathField
    skip: tuple[SkipRule, ...] = ()
    when_none_left: Annotated[str, Field(pattern=r"^(ignore|quarantine|cancelled)$")] = "quarantine"
    none_left_reason: str = Field(default="no line is left to fulfill", max_length=300)
    fields: tuple[FieldRule, ...] = Field(min_length=1)


class RecordChoice(_Part):
    """A name for the first of several records that says something: ``ship_to`` is shipping, or else billing."""

    name: Name
    candidates: tuple[PathField, ...] = Field(min_length=1)
    has_any: tuple[PathField, ...] = Field(min_length=1, description="paths inside the candidate")


class Gate(_Part):
    """A question to the whole message before it is mapped. ``stated_at``: where that is not in a message at all, it says nothing of the
    matter, and what an earlier one was held for stands."""

    when: tuple[Condition, ...] = Field(min_length=1)
    then: GateAnswer
    reason: str = Field(min_length=1, max_length=300)
    stated_at: PathField | None = None


class Guard(_Part):
    """A value that decides whether an order may ship. Present and not readable as this, it holds the order."""

    path: PathField
    reads: Literal["moment", "yes_no", "word"]
    words: tuple[str, ...] = ()
    then: HoldAnswer = "hold:manual"


class Shape(_Part):
    """By what the message is recognized where no topic says what it is. ``grouped_by``: columns of a file which, beside the first
    that is needed, distinguish the rows of one order from another's."""

    has_all: tuple[PathField, ...] = Field(min_length=1)
    has_none: tuple[PathField, ...] = ()
    grouped_by: tuple[str, ...] = ()


class MappingDocument(_Part):
    """One version of one channel contract's mapping."""

    contract: str = Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$", max_length=64)
    version: int = Field(ge=1)
    channel_kind: str = Field(pattern=r"^[a-z0-9_]{1,32}$")
    title: str = Field(min_length=1, max_length=120)
    description: str = ""
    topics: tuple[str, ...] = ()
    shape: Shape
    tables: dict[Name, dict[str, str]] = Field(default_factory=dict)
    records: tuple[RecordChoice, ...] = ()
    gates: tuple[Gate, ...] = ()
    guards: tuple[Guard, ...] = ()
    fields: tuple[FieldRule, ...] = Field(min_length=1)
    lines: LinesBlock
