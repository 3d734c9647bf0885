"""``manage.py seed``: fill an empty database with a realistic shop."""

from typing import Any

from django.conf import settings

from apps.demo.command import DemoCommand
from apps.demo.seeding import seed_shop, write_notes


class Command(DemoCommand):
    help = "Fill an empty database with a realistic shop; on a filled one it changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        seed_shop()
        write_notes(settings.LOCAL_DIR / "demo.json")
        self.stdout.write("The shop is seeded.")
