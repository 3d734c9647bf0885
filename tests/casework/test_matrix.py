"""Every verb through every door by every role: done, proposed or refused as its row of the table says, whatever the door."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.accounts.models import Role
from apps.casework.models import ApprovalPolicy, ApprovalRequest, ResolutionRule
from apps.casework.resolutions.verbs import CASE_DOORS, VERBS
from apps.core.process_cache import clear_process_cache
from tests.casework.situations import COSTLESS, DRIVERS, LOOKED_AT_ELSEWHERE, SITUATIONS, may_enter
from tests.factories import make_policy

pytestmark = pytest.mark.django_db

CASE_ALSO = tuple(door for door in CASE_DOORS if door != "console:cases_bulk")
KINDS = ("resolution", "price_override", "cancel_after_release", "stock_count")
ROWS = ("free", "beyond", "none")
ROLES = (Role.AGENT, Role.LEAD, Role.MANAGER, Role.OPERATIONS, Role.INTEGRATOR)


def cells() -> Iterator[tuple[str, str, str, str]]:
    for code in SITUATIONS:
        yield from ((code, door, role, row) for door in VERBS[code].doors for role in ROLES for row in ROWS)
        in_case = CASE_ALSO if code != "change_promise" else ()
        # In a case all verbs go through one service: one role that may enter and one that may not.
        yield from (
            (code, door, role, row) for door in in_case for role in (Role.AGENT, Role.INTEGRATOR) for row in ROWS
        )


def set_row(code: str, role: str, row: str) -> None:
    rule = ResolutionRule.objects.create(resolution=code, role=role, most_minor=0 if row == "beyond" else None)
    if row == "none":
        # Taken away, and not merely never given: that would be the built-in row.
        rule.delete()
    clear_process_cache()


def expected(code: str, door: str, role: str, row: str) -> str:
    if row == "none" or not may_enter(door, role):
        return "refused"
    return "proposed" if row == "beyond" and code not in COSTLESS else "done"


@pytest.mark.parametrize(("code", "door", "role", "row"), list(cells()))
def test_the_table_of_limits_decides_whatever_the_door(code: str, door: str, role: str, row: str):
    make_policy()
    for kind in KINDS:
        ApprovalPolicy.objects.create(kind=kind, roles=[Role.LEAD, Role.MANAGER])
    it = SITUATIONS[code]()
    set_row(code, role, row)

    DRIVERS[door][1](code, it, role)

    proposed = ApprovalRequest.objects.filter(state="pending").exists()
    found = "proposed" if proposed else "done" if it.is_done() else "refused"
    assert found == expected(code, door, role, row)
    assert not (proposed and it.is_done())


def test_no_verb_with_a_door_of_its_own_is_left_out():
    with_doors = {code for code, verb in VERBS.items() if verb.doors}

    assert with_doors - SITUATIONS.keys() - LOOKED_AT_ELSEWHERE == set()
    assert {door for code in SITUATIONS for door in VERBS[code].doors} <= DRIVERS.keys()
