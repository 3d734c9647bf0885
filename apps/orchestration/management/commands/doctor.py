"""``manage.py doctor``: are the invariants true of this database?"""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.orchestration.invariants import check


class Command(BaseCommand):
    help = "Check the invariants on the live database; exits 1 and says what is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON line")
        parser.add_argument("--canary", default="", help="personal data that must turn up in no log or event")

    def handle(self, *args: Any, **options: Any) -> None:
        report = check(canary=options["canary"])
        if options["json"]:
            self.stdout.write(json.dumps({"healthy": report.healthy, "offenders": report.offenders}))
        else:
            for code, found in report.offenders.items():
                self.stdout.write(f"{code}  {'ok' if not found else 'BROKEN'}")
                for line in found:
                    self.stdout.write(f"      {line}")
        if not report.healthy:
            sys.exit(1)
