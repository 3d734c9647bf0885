"""``manage.py publish_contract FILE --reason WHY``: how a channel's messages are to be read from now on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.casework.models import ApprovalRequest
from apps.casework.resolutions.direct.mappings import propose_mapping, propose_rollback
from apps.casework.states import ApprovalState
from apps.channels.models import ContractVersion
from apps.channels.services.contracts import ensure_contracts
from apps.core.actor import Actor
from apps.core.errors import DomainError

_COMMAND = Actor("system", "publish_contract")


class Command(BaseCommand):
    help = (
        "Propose a channel contract's mapping from a JSON file, or an earlier version of it, as the next version. "
        "Somebody who may decide it publishes it; where the approval policy asks nobody, it is published at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="the mapping document")
        parser.add_argument("--reason", default="", help="why: whoever decides reads it, and it stays with the version")
        parser.add_argument("--show", metavar="CONTRACT", help="print a contract's active document and do nothing")
        parser.add_argument(
            "--roll-back", nargs=2, metavar=("CONTRACT", "VERSION"), help="propose an earlier version once more"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["show"]:
            self.stdout.write(json.dumps(_version(options["show"]).document, indent=2, ensure_ascii=False))
            return
        try:
            row = _propose(options)
        except (OSError, ValueError) as error:
            raise CommandError(f"The mapping can't be read: {error}") from None
        except DomainError as refused:
            raise CommandError(refused.sentence) from None
        self.stdout.write(_said(row))


def _propose(options: dict[str, Any]) -> ApprovalRequest:
    if options["roll_back"]:
        contract, number = options["roll_back"]
        return propose_rollback(_version(contract, int(number)), reason=options["reason"], actor=_COMMAND)
    if options["file"] is None:
        raise CommandError("Name the file with the mapping document.")
    document = json.loads(options["file"].read_text())
    return propose_mapping(document, reason=options["reason"], actor=_COMMAND)


def _said(row: ApprovalRequest) -> str:
    if row.state == ApprovalState.PENDING:
        return f"Proposed as {row.public_id}: it is published once somebody has agreed."
    version = ContractVersion.objects.get(contract=row.payload["document"]["contract"], active=True)
    return f"{version.contract}: version {version.number} is active."


def _version(contract: str, number: int | None = None) -> ContractVersion:
    """The version of this number; None: the active one."""
    ensure_contracts()
    which = {"active": True} if number is None else {"number": number}
    row = ContractVersion.objects.filter(contract=contract, **which).first()
    if row is None:
        known = ", ".join(
            ContractVersion.objects.filter(active=True).order_by("contract").values_list("contract", flat=True)
        )
        named = contract if number is None else f"{contract} v{number}"
        raise CommandError(f"There is no contract {named}; there are {known}.")
    return row
