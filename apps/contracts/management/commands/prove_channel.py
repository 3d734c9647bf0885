"""Try whatever a channel's adapter declares, against the sandbox or against the shop itself."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.channels.models import Channel
from apps.contracts.services.proving import prove_channel
from apps.core.errors import DomainError

_WORDS = {True: "proven", False: "NOT PROVEN", None: "not tried"}


class Command(BaseCommand):
    help = "Prove what the adapter of a channel declares. Fails where something is not as declared."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="of the channel")
        parser.add_argument(
            "--live", action="store_true", help="the shop itself, by the channel's credentials; only read"
        )
        parser.add_argument(
            "--write", action="store_true", help="with --live: send stock too, each article what it shows already"
        )

    def handle(self, *args: Any, code: str, live: bool, write: bool, **options: Any) -> None:
        channel = Channel.objects.filter(code=code).first()
        if channel is None:
            raise CommandError(f"There is no channel {code}.")
        try:
            found = prove_channel(channel, live=live, write=write)
        except DomainError as refusal:
            raise CommandError(refusal.sentence) from refusal
        for one in found:
            if one.claimed:
                self.stdout.write(f"{one.capability:24}{_WORDS[one.proven]:12}{one.sentence}")
        if any(one.proven is False for one in found):
            raise CommandError("Something is not as declared.")
