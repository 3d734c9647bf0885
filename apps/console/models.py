"""What the console itself remembers: people's views of a list."""

from __future__ import annotations

from django.db import models

from apps.accounts.models import User
from apps.core import clock


class SavedView(models.Model):
    """A named set of filters of one list page, one person's own or shared. ``query`` is the address after the question mark."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=32)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000)
    shared = models.BooleanField(default=False, help_text="everybody sees it; only its owner deletes it")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "page", "name"], name="saved_view_once")]
        ordering = ["user_id", "page", "pk"]

    def __str__(self) -> str:
        return self.name
