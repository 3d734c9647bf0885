"""``manage.py publish_contract FILE``: how a channel's messages are read from now on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.channels.models import ContractVersion
from apps.channels.services.contracts import ensure_contracts, publish_contract
from apps.core.actor import Actor
from apps.core.errors import DomainError


class Command(BaseCommand):
    help = "Publish a new version of a channel contract's mapping from a JSON file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="the mapping document")
        parser.add_argument("--show", metavar="CONTRACT", help="print a contract's active document and do nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["show"]:
            self._show(options["show"])
            return
        if options["file"] is None:
            raise CommandError("Name the file with the mapping document.")
        try:
            document = json.loads(options["file"].read_text())
            version = publish_contract(document, actor=Actor("system", "publish_contract"))
        except (OSError, ValueError) as error:
            raise CommandError(f"The mapping can't be read: {error}") from None
        except DomainError as refused:
            raise CommandError(refused.sentence) from None
        self.stdout.write(f"{version.contract}: version {version.number} is active.")

    def _show(self, contract: str) -> None:
        ensure_contracts()
        row = ContractVersion.objects.filter(contract=contract, active=True).first()
        if row is None:
            known = ", ".join(
                ContractVersion.objects.filter(active=True).order_by("contract").values_list("contract", flat=True)
            )
            raise CommandError(f"There is no contract {contract}; there are {known}.")
        self.stdout.write(json.dumps(row.document, indent=2, ensure_ascii=False))
