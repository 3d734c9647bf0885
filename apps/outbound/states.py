"""The words of calls to other systems."""

from __future__ import annotations

from django.db import models


class CounterpartKind(models.TextChoices):
    SHOP = "shop", "Shop"
    PARTNER = "partner", "Partner"
    WEBHOOK = "webhook", "Webhook endpoint"


class CallOutcome(models.TextChoices):
    OK = "ok", "Answered"
    REFUSED = "refused", "Refused"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Outcome unknown"
    SKIPPED = "skipped", "Not sent"
