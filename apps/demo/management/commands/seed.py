"""``manage.py seed``: fill an empty database with a realistic shop."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.demo.seeding import notes, seed_shop, write_notes


class Command(BaseCommand):
    help = "Fill an empty database with a realistic shop; on a filled one it changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        seed_shop()
        if settings.EMBEDDED:
            write_notes(settings.LOCAL_DIR / "demo.json")
        else:
            # With servers of its own the product may have no folder it can write to.
            self._tell()
        self.stdout.write("The shop is seeded.")

    def _tell(self) -> None:
        told = notes()
        for login in told["logins"]:
            self.stdout.write(f"{login['username']:<8} {login['password']:<16} {login['role']:<12} {login['sees']}")
        self.stdout.write(f"API key: {told['api_key']}")
