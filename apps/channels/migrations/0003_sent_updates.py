from django.db import migrations, models

ACTIVE = {
    "default": True,
    "help_text": "Off: its messages are refused, and no updates are sent to it.",
    "verbose_name": "takes orders",
}


class Migration(migrations.Migration):
    """Renames attributes and labels only: columns and stored values stay, since workers of 0.1.0 may still run."""

    dependencies = [("channels", "0002_shops")]

    operations = [
        migrations.AlterField("channel", "active", models.BooleanField(**ACTIVE)),
        migrations.AlterField("historicalchannel", "active", models.BooleanField(**ACTIVE)),
        migrations.AlterField(
            "channelnotice",
            "told_units",
            models.JSONField(
                blank=True,
                db_column="told_units",
                default=dict,
                help_text="of a shipment reported in part: units by the shop's line id",
            ),
        ),
        migrations.RenameField("channelnotice", "told_units", "reported_units"),
        migrations.AlterField(
            "channelnotice", "told_at", models.DateTimeField(blank=True, db_column="told_at", null=True)
        ),
        migrations.RenameField("channelnotice", "told_at", "sent_at"),
        migrations.AlterField(
            "channelnotice",
            "state",
            models.CharField(
                choices=[("pending", "To send"), ("told", "Sent"), ("refused", "Rejected by the shop")],
                default="pending",
                max_length=8,
            ),
        ),
    ]
