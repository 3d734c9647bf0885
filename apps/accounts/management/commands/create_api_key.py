"""``manage.py create_api_key NAME --role integrator --channel partners``: make a key and show its text, this once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import Role
from apps.accounts.permissions import scopes_of
from apps.accounts.services import create_api_key
from apps.core import clock


class Command(BaseCommand):
    help = "Make an API key. Its text is shown this once; only a hash of it is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="who calls with it")
        parser.add_argument("--role", choices=Role.values, default=Role.INTEGRATOR)
        parser.add_argument("--scope", action="append", default=[], help="narrow to this scope; may be repeated")
        parser.add_argument("--channel", action="append", default=[], help="narrow to this channel; may be repeated")
        parser.add_argument("--node", action="append", default=[], help="narrow to this node; may be repeated")
        parser.add_argument("--days", type=int, help="how many days it is valid; without end if not said")
        parser.add_argument("--quota", type=int, default=12_000, help="requests a minute; 0: no limit")

    def handle(self, *args: Any, **options: Any) -> None:
        unknown = set(options["scope"]) - scopes_of(options["role"])
        if unknown:
            raise CommandError(f"The role {options['role']} has no scope {', '.join(sorted(unknown))}.")
        key, text = create_api_key(
            name=options["name"],
            role=options["role"],
            scopes=options["scope"],
            channels=options["channel"],
            nodes=options["node"],
            expires_at=clock.now() + timedelta(days=options["days"]) if options["days"] else None,
            quota_per_minute=options["quota"],
        )
        self.stderr.write(f"{key.public_id} is made. Keep its text; it is not shown again:")
        self.stdout.write(text)
