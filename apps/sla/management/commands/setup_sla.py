"""``manage.py setup_sla``: an SLA policy holds afterwards."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.sla.services import ensure_sla


class Command(BaseCommand):
    help = "Make the SLA policy that Orderyard comes with hold, where none does; run again, it changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        version = ensure_sla()
        self.stdout.write(f"SLA policy version {version.number} holds, with {len(version.content['rules'])} rules.")
