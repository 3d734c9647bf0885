"""``manage.py publish_policy [FILE] [--channel CODE]``: the rules by which orders are routed from now on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.routing.services import DEFAULT_POLICY, publish_policy
from apps.routing.services.trying import would_change


class Command(BaseCommand):
    help = "Publish a routing policy: a JSON file of rules, or, without one, the rules Orderyard comes with."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="the rules as JSON; what is left out keeps its default")
        parser.add_argument("--channel", default="", help="the channel they hold for; for all others if not said")
        parser.add_argument("--show", action="store_true", help="print the rules Orderyard comes with and do nothing")
        parser.add_argument(
            "--try", type=int, dest="last", help="publish nothing; say what they change in so many decisions"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["show"]:
            self.stdout.write(json.dumps(DEFAULT_POLICY, indent=2))
            return
        actor = Actor("system", "publish_policy")
        try:
            document = json.loads(options["file"].read_text()) if options["file"] else {}
            content = {**DEFAULT_POLICY, **document}
            if options["last"]:
                self._try(content, options["channel"], options["last"])
                return
            version = publish_policy(channel=options["channel"], content=content, actor=actor)
        except (OSError, ValueError) as error:
            raise CommandError(f"The rules can't be read: {error}") from None
        except DomainError as refused:
            raise CommandError(refused.sentence) from None
        where = f"the channel {version.channel}" if version.channel else "every channel without rules of its own"
        self.stdout.write(f"Version {version.number} holds for {where}.")

    def _try(self, content: dict[str, Any], channel: str, last: int) -> None:
        count = 0
        for one in would_change(content, channel=channel, last=last):
            count += 1
            self.stdout.write(f"{one.order}: {' '.join(one.was)} -> {' '.join(one.would_be)}")
        self.stdout.write(f"{count} of the last {last} decisions would have been others; nothing was published.")
