"""What every command of the demo begins with: it works in the embedded run and nowhere else."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class DemoCommand(BaseCommand):
    """Its people have a password that everybody knows, so it must not touch an installation that others can reach."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        if not settings.EMBEDDED:
            raise CommandError(
                "This belongs to the demo, whose passwords everybody knows: it is refused outside the embedded run. "
                "Use `make demo`; a real installation begins with `createsuperuser`."
            )
        return super().execute(*args, **options)
