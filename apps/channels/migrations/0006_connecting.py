from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The index is built beside the running system."""

    atomic = False
    dependencies = [("channels", "0005_effects_of_waiting")]

    operations = [
        migrations.AddField(
            "channel",
            "reconciling",
            models.JSONField(
                blank=True,
                db_default={},
                default=dict,
                editable=False,
                help_text="orders asked for again from a date: since, until, reached, found, finished_at",
            ),
        ),
        migrations.AlterField(
            "channelnotice",
            "state",
            models.CharField(
                choices=[
                    ("pending", "To send"),
                    ("waiting", "Waits while the channel is paused"),
                    ("told", "Sent"),
                    ("refused", "Rejected by the shop"),
                ],
                default="pending",
                max_length=8,
            ),
        ),
        AddIndexConcurrently("inboxmessage", models.Index(fields=["channel", "-id"], name="inbox_latest")),
    ]
