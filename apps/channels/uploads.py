"""Files and bulk bodies of orders, and how far taking them in has come."""

from __future__ import annotations

from django.db import models

from apps.core import clock
from apps.core.fields import PublicIdField
from apps.core.ids import new_id


def new_job_id() -> str:
    return new_id("job")


class UploadJob(models.Model):
    """A file or bulk body taken in order by order. ``total`` and ``done`` count orders.

    ``results`` of a file lists only what was not simply accepted; the body goes once everything is in the inbox. A bulk
    body stands in ``parts``, which workers take in side by side; their results come together here at the end.
    """

    public_id = PublicIdField(default=new_job_id)
    channel = models.ForeignKey("channels.Channel", on_delete=models.PROTECT)
    kind = models.CharField(max_length=8, choices=[("csv", "CSV"), ("bulk", "Bulk API")])
    file_name = models.CharField(max_length=255, blank=True)
    body = models.BinaryField()
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    results = models.JSONField(default=list)
    state = models.CharField(
        max_length=8,
        choices=[
            ("preview", "Preview"),
            ("queued", "Queued"),
            ("running", "Running"),
            ("done", "Done"),
            ("refused", "Refused"),
        ],
    )
    created_by = models.CharField(max_length=96)
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["public_id"], name="upload_job_public_id")]

    def __str__(self) -> str:
        return self.public_id


class UploadPart(models.Model):
    """A part of a bulk body: one order a line. Its body goes once it is taken in, and ``results`` say what became of it."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(UploadJob, on_delete=models.CASCADE, related_name="parts")
    first_row = models.PositiveIntegerField()
    body = models.BinaryField()
    results = models.JSONField(default=list)
    taken_in = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.job_id} from {self.first_row}"
