"""Contracts that messages of channels are read by, from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.api.v1.base import PageOf, Shape
from apps.channels.models import ContractVersion
from apps.channels.services.contract_trials import ReadingDifference


class ContractSummary(Shape):
    """One version of a contract's mapping. ``restores``: the number of the earlier version that it is again."""

    contract: str
    number: int
    active: bool
    reason: str
    restores: int | None
    made_by: str
    made_at: datetime


class ContractOut(ContractSummary):
    """``document``: the mapping itself."""

    document: dict[str, Any]


class ContractPage(PageOf[ContractSummary]):
    """Versions of contracts."""


class TrialOut(Shape):
    """A message that would be read otherwise. ``values``: of the order, as path, before and after."""

    message: str
    was: str
    would_be: str
    fields: list[str]
    values: list[tuple[str, str, str]]


class TrialsOut(Shape):
    """``tried``: messages read both ways."""

    tried: int
    otherwise: list[TrialOut]


def _version(row: ContractVersion) -> dict[str, Any]:
    return {
        "contract": row.contract,
        "number": row.number,
        "active": row.active,
        "reason": row.reason,
        "restores": row.restores,
        "made_by": row.created_by,
        "made_at": row.created_at,
    }


def contract_summary(row: ContractVersion) -> ContractSummary:
    return ContractSummary(**_version(row))


def contract_version(row: ContractVersion) -> ContractOut:
    return ContractOut(**_version(row), document=row.document)


def trials(count: int, found: list[ReadingDifference]) -> TrialsOut:
    return TrialsOut(
        tried=count,
        otherwise=[
            TrialOut(
                message=one.message.public_id,
                was=one.was,
                would_be=one.would_be,
                fields=list(one.fields),
                values=list(one.values),
            )
            for one in found
        ],
    )
