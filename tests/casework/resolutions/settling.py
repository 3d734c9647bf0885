"""What the tests of resolutions share: people with roles, rules that let them, and a case to settle."""

from __future__ import annotations

from typing import Any

from apps.accounts.caller import Caller, caller_of_user
from apps.accounts.models import Role
from apps.casework.models import CaseAction, ExceptionCase, ResolutionRule
from apps.casework.resolutions import choose_resolution
from apps.casework.resolutions.registry import RESOLUTIONS
from apps.core.models import Event
from apps.orders.models import Order
from tests.factories import UserFactory


def agent(**changes: Any) -> Caller:
    return caller_of_user(UserFactory(role=Role.AGENT, **changes))


def let(*codes: str, role: str = Role.AGENT, **limits: Any) -> None:
    """The role may do these (all, where none is named), within ``limits``."""
    for code in codes or RESOLUTIONS:
        ResolutionRule.objects.update_or_create(resolution=code, role=role, defaults=limits)


def case_of(order: Order, kind: str) -> ExceptionCase:
    """The standing or last case of that type."""
    return ExceptionCase.objects.filter(order=order, type=kind).latest("pk")


def settle(case: ExceptionCase, code: str, *, by: Caller | None = None, undo_s: int = 0, **params: Any) -> CaseAction:
    """Choose a resolution as somebody would who has just read the case."""
    action = choose_resolution(
        case.pk, code=code, params=params, expected_version=case.version, undo_s=undo_s, caller=by or agent()
    )
    assert isinstance(action, CaseAction)
    return action


def fresh(case: ExceptionCase) -> ExceptionCase:
    return ExceptionCase.objects.get(pk=case.pk)


def told(order: Order) -> list[str]:
    """Names of what happened to the order, in sequence."""
    return list(Event.objects.filter(stream=order.public_id).order_by("pk").values_list("name", flat=True))
