"""``manage.py setup_casework``: the queues, kinds, limits and escalation that casework starts with."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.casework.models import CaseKind, Queue
from apps.casework.services import ensure_casework


class Command(BaseCommand):
    help = "Write what is missing of the built-in queues, case kinds, resolution limits and approval policies."

    def handle(self, *args: Any, **options: Any) -> None:
        ensure_casework()
        self.stdout.write(f"{CaseKind.objects.count()} kinds of cases go into {Queue.objects.count()} queues.")
