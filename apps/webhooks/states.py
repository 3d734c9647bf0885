"""The words of webhooks."""

from __future__ import annotations

from datetime import timedelta

from django.db import models


class DeliveryState(models.TextChoices):
    PENDING = "pending", "To be delivered"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Given up"
    HELD = "held", "Kept until the endpoint is switched on again"


# When each attempt is made, counted from the one before it: 0, 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
SCHEDULE = tuple(timedelta(seconds=s) for s in (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400))
