"""``manage.py rotate_secrets``: re-encrypt every secret with the first of ``SECRETS_KEYS``."""

from __future__ import annotations

from typing import Any

from cryptography.fernet import Fernet
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.secrets import rotate_secrets


class Command(BaseCommand):
    help = "Re-encrypt every secret of channels, partners and webhooks with the first of SECRETS_KEYS."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--make-key", action="store_true", help="only print a new key, to stand first in SECRETS_KEYS"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["make_key"]:
            self.stdout.write(Fernet.generate_key().decode())
            return
        done, unreadable = rotate_secrets()
        self.stdout.write(f"{done} secrets are encrypted with the first key.")
        if unreadable:
            raise CommandError(
                f"{unreadable} secrets can't be read with these keys: keep the key they were encrypted with in "
                "SECRETS_KEYS, or type them in again."
            )
