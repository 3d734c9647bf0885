"""The vocabulary of external effects."""

from django.db import models


class EffectKind(models.TextChoices):
    PARTNER_SUBMISSION = "partner_submission", "Handed over to a partner"


class EffectState(models.TextChoices):
    ATTEMPTED = "attempted", "Attempted"
    SUCCEEDED = "succeeded", "In effect"
    TO_COMPENSATE = "to_compensate", "To be undone"
    STUCK = "stuck", "Undoing is stuck"
    COMPENSATED = "compensated", "Undone"


# What nobody has taken back yet although it should be.
UNSETTLED = (EffectState.TO_COMPENSATE, EffectState.STUCK)
