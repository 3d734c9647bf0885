"""Where a listing's figure stands."""

from __future__ import annotations

from django.db import models


class FigureState(models.TextChoices):
    """``CURRENT``: the channel was sent the figure that holds. ``WAITING``: another is to be sent. ``REFUSED``: the channel does not
    take figures for it, a person has to look."""

    CURRENT = "current", "Up to date"
    WAITING = "waiting", "To be sent"
    REFUSED = "refused", "Refused"
