"""The words of SLA."""

from django.db import models

from apps.sla.stages import STAGES


class TimerState(models.TextChoices):
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    MET = "met", "In time"
    MISSED = "missed", "Too late"
    VOID = "void", "No longer needed"


STANDING = (TimerState.RUNNING, TimerState.PAUSED)


class PolicyState(models.TextChoices):
    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    RETIRED = "retired", "Retired"


STAGE_CHOICES = [(str(stage), about.label) for stage, about in STAGES.items()]
