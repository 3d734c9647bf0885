"""Find out what a partner does and compare it with what its adapter declares, against the sandbox or the partner itself."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.contracts.services.proving_partners import prove_partner
from apps.core.errors import DomainError
from apps.integrations.selectors import partner_by_code

_WORDS = {True: "proven", False: "NOT PROVEN", None: "not tried"}


class Command(BaseCommand):
    help = "Prove what the adapter of a partner declares. Fails where it claims more than the partner does."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="of the partner")
        parser.add_argument(
            "--live", action="store_true", help="the partner itself, by the partner's credentials; only read"
        )
        parser.add_argument(
            "--write", action="store_true", help="with --live: put test orders there too; for a test account"
        )

    def handle(self, *args: Any, code: str, live: bool, write: bool, **options: Any) -> None:
        try:
            found = prove_partner(partner_by_code(code), live=live, write=write)
        except DomainError as refusal:
            raise CommandError(refusal.sentence) from refusal
        for one in found:
            if one.claimed:
                self.stdout.write(f"{one.ability:24}{_WORDS[one.proven]:12}{one.sentence}")
            elif one.proven:
                self.stdout.write(f"{one.ability:24}{'undeclared':12}{one.sentence}")
        if any(one.claims_too_much for one in found):
            raise CommandError("The adapter claims more than the partner does.")
