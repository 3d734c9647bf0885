"""What is done to a mapping and to quarantined messages goes by one rule, whichever door it comes through."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role, User
from apps.casework.models import ApprovalRequest
from apps.casework.services import ensure_casework
from apps.channels.models import ContractVersion
from apps.channels.services.contracts import ensure_contracts, publish_contract
from tests.api.front_door import Door
from tests.api.staff_door import StaffDoor
from tests.factories import AGENT, UserFactory, make_key

pytestmark = pytest.mark.django_db
CONTRACT = "shopify.order"
Propose = Callable[[str, str], bool]


def version(number: int) -> ContractVersion:
    return ContractVersion.objects.get(contract=CONTRACT, number=number)


def active() -> int:
    return ContractVersion.objects.get(contract=CONTRACT, active=True).number


def other_document() -> dict[str, Any]:
    return {**version(1).document, "title": "Read another way"}


@pytest.fixture(autouse=True)
def _two_versions(db: None) -> None:
    ensure_casework()
    ensure_contracts()
    publish_contract({**version(1).document, "title": "The second"}, reason="A name", actor=AGENT)


@pytest.fixture(params=["page", "api with a key", "api as a person", "shell"])
def propose(request: pytest.FixtureRequest, tmp_path: Path) -> Propose:
    """Propose or roll back through the door; whether it was taken."""
    door: Propose = {
        "page": _by_page,
        "api with a key": _by_key,
        "api as a person": _by_session,
        "shell": lambda verb, reason: _by_shell(verb, reason, tmp_path),
    }[request.param]
    return door


def _by_page(verb: str, reason: str, **who: Any) -> bool:
    client = Client()
    client.force_login(UserFactory(role=Role.OPERATIONS, **who))
    before = ApprovalRequest.objects.count()
    if verb == "propose":
        body = {"document": json.dumps(other_document()), "do": "publish", "reason": reason}
        client.post(reverse("console:mapping_save", args=[version(2).pk]), body)
    else:
        client.post(reverse("console:mapping_restore", args=[version(1).pk]), {"reason": reason})
    return ApprovalRequest.objects.count() > before


def _by_api(door: Door, verb: str, reason: str) -> bool:
    body = {"document": other_document()} if verb == "propose" else {"number": 1}
    path = {"propose": "proposals", "roll back": "rollbacks"}[verb]
    status: int = door.post(f"contracts/{CONTRACT}/{path}", {**body, "reason": reason}).status_code
    return status == 201


def _by_key(verb: str, reason: str, **who: Any) -> bool:
    return _by_api(Door(make_key(role=Role.OPERATIONS, **who)), verb, reason)


def _by_session(verb: str, reason: str, **who: Any) -> bool:
    return _by_api(StaffDoor(UserFactory(role=Role.OPERATIONS, **who)), verb, reason)


def _by_shell(verb: str, reason: str, folder: Path) -> bool:
    file = folder / "mapping.json"
    file.write_text(json.dumps(other_document()))
    which = [str(file)] if verb == "propose" else ["--roll-back", CONTRACT, "1"]
    try:
        call_command("publish_contract", *which, "--reason", reason)
    except CommandError:
        return False
    return True


@pytest.mark.parametrize(
    ("verb", "title", "restores"), [("propose", "Read another way", None), ("roll back", "Shopify order", 1)]
)
def test_every_door_needs_a_reason_and_a_second_person_before_messages_are_read_otherwise(
    propose: Propose, verb: str, title: str, restores: int | None
):
    assert not propose(verb, "  ")
    assert not ApprovalRequest.objects.exists()

    assert propose(verb, "It reads better")
    assert active() == 2
    proposal = ApprovalRequest.objects.get(state="pending")
    approver = StaffDoor(role=Role.OPERATIONS)
    approver.post(f"approvals/{proposal.public_id}/decide", {"approve": True}, match=f'"{proposal.version}"')

    published = ContractVersion.objects.get(contract=CONTRACT, active=True)
    assert (published.number, published.reason, published.restores) == (3, "It reads better", restores)
    assert published.document["title"] == title


@pytest.mark.parametrize("verb", ["propose", "roll back"])
@pytest.mark.parametrize("door", [_by_page, _by_key, _by_session])
def test_whoever_is_limited_to_places_proposes_nothing_through_any_door(door: Callable[..., bool], verb: str):
    assert not door(verb, "It reads better", nodes=["york"])
    assert not ApprovalRequest.objects.exists()


@pytest.mark.parametrize("door", [_by_page, _by_session])
def test_nobody_agrees_to_their_own_proposal(door: Callable[..., bool]):
    assert door("propose", "It reads better")
    proposal = ApprovalRequest.objects.get()
    maker = Client()
    maker.force_login(User.objects.get(public_id=proposal.made_by.partition(":")[2]))
    maker.post(
        reverse("console:approval_decide", args=[proposal.public_id]), {"verb": "approve", "version": proposal.version}
    )

    assert active() == 2


def test_what_is_active_already_is_not_rolled_back_to():
    answer = Door(make_key(role=Role.OPERATIONS)).post(
        f"contracts/{CONTRACT}/rollbacks", {"number": 2, "reason": "Again"}
    )

    assert (answer.status_code, answer.data["code"]) == (409, "version_active")
    assert not ApprovalRequest.objects.exists()
