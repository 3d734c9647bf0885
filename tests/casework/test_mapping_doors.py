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
from apps.casework.models import ApprovalRequest, ResolutionRule
from apps.casework.services import ensure_casework
from apps.channels.models import ContractVersion, InboxMessage, Verdict
from apps.channels.services.contracts import ensure_contracts, publish_contract
from apps.contracts.models import ReplayJob
from apps.contracts.services.replaying import replay_part
from tests.api.front_door import Door
from tests.api.staff_door import StaffDoor
from tests.factories import AGENT, ChannelFactory, UserFactory, make_key

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


# Reading quarantined messages again


def _quarantined() -> list[InboxMessage]:
    channel = ChannelFactory(shopify=True)
    problems = [{"path": "created_at", "problem": "is not a date and time"}]
    return [
        InboxMessage.objects.create(
            channel=channel, dedupe_key=f"q{number}", body=b"{}", verdict=Verdict.QUARANTINED, problems=problems
        )
        for number in range(2)
    ]


def _key(door: Door) -> str:
    key: str = door.get("quarantine").data["items"][0]["key"]
    return key


def _pressed(role: str, name: str, *args: str) -> int:
    client = Client()
    client.force_login(UserFactory(role=role))
    return client.post(reverse(f"console:{name}", args=args)).status_code


def _one_by_page(role: str, message: InboxMessage) -> int:
    return _pressed(role, "inbox_replay", message.public_id)


def _one_by_api(role: str, message: InboxMessage) -> int:
    status: int = Door(make_key(role=role)).post(f"inbox/{message.public_id}/replay").status_code
    return status


def _all_by_page(role: str, message: InboxMessage) -> int:
    return _pressed(role, "replay_start", _key(Door(make_key(role=Role.OPERATIONS))))


def _all_by_api(role: str, message: InboxMessage) -> int:
    key = _key(Door(make_key(role=Role.OPERATIONS)))
    status: int = Door(make_key(role=role)).post(f"quarantine/{key}/replay").status_code
    return status


@pytest.mark.parametrize(("door", "count"), [(_one_by_page, 1), (_one_by_api, 1), (_all_by_page, 2), (_all_by_api, 2)])
def test_through_every_door_messages_are_read_again_by_whom_the_table_of_limits_names_and_by_nobody_else(
    door: Callable[[str, InboxMessage], int], count: int
):
    message, _other = _quarantined()
    ResolutionRule.objects.filter(resolution="read_again").exclude(role=Role.OPERATIONS).delete()

    door(Role.LEAD, message)
    assert InboxMessage.objects.filter(verdict=Verdict.QUARANTINED).count() == 2
    assert not ReplayJob.objects.exists()

    assert door(Role.OPERATIONS, message) in (200, 202, 302)
    replay_jobs = ReplayJob.objects.all()
    for job in replay_jobs:
        replay_part(job.public_id, actor=AGENT)
    assert InboxMessage.objects.filter(verdict=Verdict.WAITING).count() == count


def test_a_job_is_followed_and_stopped_by_api_as_on_its_page():
    _quarantined()
    door = Door(make_key(role=Role.OPERATIONS))
    job = door.post(f"quarantine/{_key(door)}/replay").data

    assert (job["total"], job["sent"], job["state"], job["path"]) == (2, 0, "running", "created_at")
    assert door.post(f"replays/{job['id']}/stop").data["state"] == "stopped"
    assert door.get(f"replays/{job['id']}").data["state"] == "stopped"
    assert Door(make_key(role=Role.AGENT)).post(f"replays/{job['id']}/stop").status_code == 403
    assert door.get("replays/rpl_unknown").status_code == 404
    assert door.post("quarantine/0123456789abcdef/replay").status_code == 409


def test_the_messages_of_a_kind_are_listed_by_its_key():
    first, second = _quarantined()
    problems = [{"path": "currency", "problem": "is missing"}]
    InboxMessage.objects.create(
        channel=first.channel, dedupe_key="other", body=b"{}", verdict=Verdict.QUARANTINED, problems=problems
    )
    door = Door(make_key(role=Role.OPERATIONS))
    keys = {one["path"]: one["key"] for one in door.get("quarantine").data["items"]}

    def listed(query: str = "") -> list[str]:
        return [one["id"] for one in door.get(f"quarantine/{keys['created_at']}/messages{query}").data["items"]]

    assert listed() == [second.public_id, first.public_id]
    assert listed("?limit=1") == [second.public_id]
    assert door.get("quarantine/0123456789abcdef/messages").status_code == 404
    assert Door(make_key(role=Role.OPERATIONS, nodes=["N1"])).get("quarantine/0/messages").status_code in (403, 404)


def _withdrawn_by_page(maker: User, row: ApprovalRequest) -> None:
    client = Client()
    client.force_login(maker)
    client.post(reverse("console:approval_withdraw", args=[row.public_id]))


def _withdrawn_by_api(maker: User, row: ApprovalRequest) -> None:
    StaffDoor(maker).post(f"approvals/{row.public_id}/withdraw")


@pytest.mark.parametrize("withdraw", [_withdrawn_by_page, _withdrawn_by_api])
def test_through_every_door_its_maker_discards_a_proposal_and_nobody_else(
    withdraw: Callable[[User, ApprovalRequest], None],
):
    assert _by_session("propose", "It reads better")
    proposal = ApprovalRequest.objects.get()

    withdraw(UserFactory(role=Role.OPERATIONS), proposal)
    assert ApprovalRequest.objects.get().state == "pending"
    withdraw(User.objects.get(public_id=proposal.made_by.partition(":")[2]), proposal)

    assert ApprovalRequest.objects.get().state == "withdrawn"
    assert active() == 2
