"""``manage.py create_api_key NAME --role integrator --channel partners``: make a key and show its text, this once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.errors import KeyRefused
from apps.accounts.models import Role, User
from apps.accounts.services import create_api_key
from apps.core import clock
from apps.core.actor import Actor

COMMAND = Actor("system", "command line")


class Command(BaseCommand):
    help = "Make an API key. Its text is shown this once; only a hash of it is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="who calls with it")
        parser.add_argument("--role", choices=Role.values, default=Role.INTEGRATOR)
        parser.add_argument("--scope", action="append", default=[], help="narrow to this scope; may be repeated")
        parser.add_argument("--channel", action="append", default=[], help="narrow to this channel; may be repeated")
        parser.add_argument("--node", action="append", default=[], help="narrow to this node; may be repeated")
        parser.add_argument("--days", type=int, help="how many days it is valid; without end if not said")
        parser.add_argument("--owner", help="user name of who answers for it")
        parser.add_argument("--quota", type=int, default=12_000, help="requests a minute; 0: no limit")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] is not None and options["days"] < 1:
            raise CommandError("--days counts from 1.")
        days = options["days"]
        try:
            key, text = create_api_key(
                name=options["name"],
                role=options["role"],
                scopes=options["scope"],
                channels=options["channel"],
                nodes=options["node"],
                expires_at=clock.now() + timedelta(days=days) if days else None,
                quota_per_minute=options["quota"],
                owner=_person(options["owner"]),
                actor=COMMAND,
            )
        except KeyRefused as refused:
            raise CommandError(refused.sentence) from None
        self.stderr.write(f"{key.public_id} is made. Keep its text; it is not shown again:")
        self.stdout.write(text)


def _person(username: str | None) -> User | None:
    if not username:
        return None
    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise CommandError(f"Nobody active has the user name {username}.")
    return found
